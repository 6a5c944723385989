import type { Severity, Tier } from "./verdict.ts";

/** What the catalogue tells about one exploit, without the code that runs it. Every exploit has these fields. */
export interface CatalogueEntry {
  /** Stable for ever, such as `T1-01`. */
  id: string;
  slug: string;
  tier: Tier;
  area: string;
  title: string;
  severity: Severity;
  /** MITRE CWE, such as `CWE-306`. */
  cwe: string;
  /** OWASP ASVS 5.0 requirement or API Security Top 10 (2023) entry. */
  standard: string;
  /** Which prompt states it, beginning with its number (`4: ...`), or `nobody asked`. */
  prompt: string;
  control: string;
  attack: string;
  defendedWhen: string;
  why: string;
  fix: string;
}
