import type { CatalogueEntry, Evidence, Plan, SessionResult } from "../model/index.ts";

/** All that a report is made of. */
export interface ReportInput {
  plan: Plan;
  /** `evaluation` may be read from disk whenever it is asked for: ask once, keep what is needed. */
  sessions: readonly SessionResult[];
  /** The stored evidence of one verdict; null when none was kept. */
  evidence: (session: SessionResult, exploitId: string) => Evidence | null;
  /** The exploits of the study's scenario, in the order in which they are to be shown. */
  catalogue: readonly CatalogueEntry[];
  /** What a person wrote about an agent, by the agent's name: `notes/<agent>.md` in the run's folder. */
  notes?: ReadonlyMap<string, string>;
  /** The stand-alone script that repeats what the evidence shows. */
  curl: (evidence: Evidence) => string;
}
