import type { Evidence, Plan, SessionResult, Severity, Tier } from "../model/index.ts";

/** What reports tell about one exploit. Every exploit of the catalogue has these fields. */
export interface CatalogueEntry {
  id: string;
  slug: string;
  tier: Tier;
  area: string;
  title: string;
  severity: Severity;
  cwe: string;
  standard: string;
  prompt: string;
  control: string;
  attack: string;
  defendedWhen: string;
  why: string;
  fix: string;
}

/** All that a report is made of. */
export interface ReportInput {
  plan: Plan;
  sessions: readonly SessionResult[];
  /** The stored evidence of one verdict; null when none was kept. */
  evidence: (session: SessionResult, exploitId: string) => Evidence | null;
  /** The exploits of the study's scenario, in the order in which they are to be shown. */
  catalogue: readonly CatalogueEntry[];
  /** The stand-alone script that repeats what the evidence shows. */
  curl: (evidence: Evidence) => string;
}
