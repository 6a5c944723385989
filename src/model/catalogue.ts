import type { Severity, Tier } from "./verdict.ts";

<<<<<<< HEAD
/** What the catalogue tells about one exploit, without the code that runs it. Every exploit has these fields. */
export interface CatalogueEntry {
  /** Stable for ever, such as `T1-01`. */
=======
/** What reports tell about one exploit. Every exploit of the catalogue has these fields. */
export interface CatalogueEntry {
>>>>>>> 80eee51 (A viewer: unprompted view shows a run in the browser, live, from the headline to the request that proves it)
  id: string;
  slug: string;
  tier: Tier;
  area: string;
  title: string;
  severity: Severity;
<<<<<<< HEAD
  /** MITRE CWE, such as `CWE-306`. */
  cwe: string;
  /** OWASP ASVS 5.0 requirement or API Security Top 10 (2023) entry. */
  standard: string;
  /** Which prompt states it, beginning with its number (`4: ...`), or `nobody asked`. */
=======
  cwe: string;
  standard: string;
>>>>>>> 80eee51 (A viewer: unprompted view shows a run in the browser, live, from the headline to the request that proves it)
  prompt: string;
  control: string;
  attack: string;
  defendedWhen: string;
  why: string;
  fix: string;
}
