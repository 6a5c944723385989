import type { CatalogueEntry, RunView, SessionRow, VerdictKind } from "../../../src/model/index.ts";
import { VERDICT_LETTERS } from "../../../src/model/view.ts";

/** What the matrix shows; each field is a parameter of the address, and an empty one filters nothing. */
export interface Filters {
  agent: string[];
  baseline: string[];
  condition: string[];
  tier: string[];
  verdict: VerdictKind[];
  measured: "" | "yes" | "no";
  /** Words that a session's id, or a test's id, title, area or CWE must all have. */
  q: string;
}

const list = (params: URLSearchParams, name: string): string[] => (params.get(name) ?? "").split(",").filter(Boolean);

export function filtersOf(params: URLSearchParams): Filters {
  const measured = params.get("measured");
  return {
    agent: list(params, "agent"),
    baseline: list(params, "baseline"),
    condition: list(params, "condition"),
    tier: list(params, "tier"),
    verdict: list(params, "verdict").filter((kind): kind is VerdictKind => kind in VERDICT_LETTERS),
    measured: measured === "yes" || measured === "no" ? measured : "",
    q: params.get("q") ?? "",
  };
}

export interface Shown {
  rows: SessionRow[];
  /** Places in the run's columns. */
  columns: number[];
}

/**
 * The sessions and tests that the filters leave. Words apply to tests when any test has them all, else to sessions. With
 * a verdict chosen, only sessions and tests that have one such verdict among the others are left.
 */
export function filtered(run: RunView, all: readonly SessionRow[], filters: Filters): Shown {
  const words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text: string) => words.every((word) => text.includes(word));
  const byTest = words.length > 0 && run.columns.some((entry) => has(testText(entry)));
  let columns = run.columns.flatMap((entry, place) =>
    (filters.tier.length === 0 || filters.tier.includes(String(entry.tier))) && (!byTest || has(testText(entry)))
      ? [place]
      : [],
  );
  const one = (wanted: readonly string[], value: string) => wanted.length === 0 || wanted.includes(value);
  let rows = all.filter(
    (row) =>
      one(filters.agent, row.agent) &&
      one(filters.baseline, row.baseline) &&
      one(filters.condition, row.condition) &&
      (filters.measured === "" || (filters.measured === "yes") === (row.verdicts !== "")) &&
      (byTest || words.length === 0 || has(row.id.toLowerCase())),
  );
  if (filters.verdict.length > 0) {
    const letters = new Set<string | undefined>(filters.verdict.map((kind) => VERDICT_LETTERS[kind]));
    const left = columns;
    rows = rows.filter(({ verdicts }) => left.some((column) => letters.has(verdicts[column])));
    columns = columns.filter((column) => rows.some(({ verdicts }) => letters.has(verdicts[column])));
  }
  return { rows, columns };
}

const texts = new WeakMap<CatalogueEntry, string>();

function testText(entry: CatalogueEntry): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const { id, slug, title, area, cwe, severity } = entry;
  const text = `${id} ${slug} ${title} ${area} ${cwe} ${severity}`.toLowerCase();
  texts.set(entry, text);
  return text;
}
