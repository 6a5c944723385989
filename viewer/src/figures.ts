import type { CatalogueEntry, SessionRow, Tier, VerdictKind } from "../../src/model/index.ts";
import { NO_VERDICT, VERDICT_LETTERS } from "../../src/model/view.ts";
import { type ClusteredRate, clusteredWilson } from "../../src/stats/rates.ts";
import { outcomeOf, replayKey, type SessionScore, sessionScore, type TestCount } from "../../src/stats/sessions.ts";

/** Every figure of the pages comes from the letters of the rows and the functions of stats: nothing is kept by hand. */

const KIND_OF = new Map<string, VerdictKind>(
  Object.entries(VERDICT_LETTERS).map(([kind, letter]) => [letter, kind as VerdictKind]),
);

/** A session's verdict on the test in a column; null when there is none. */
export function verdictAt(row: SessionRow, column: number): VerdictKind | null {
  const letter = row.verdicts[column];
  return letter === undefined || letter === NO_VERDICT ? null : (KIND_OF.get(letter) ?? null);
}

export interface Counts extends TestCount {
  tested: number;
  exploited: number;
}

/** Counts verdicts as the published measure does: all but `not-applicable` are planned, only `defended` scores. */
export function countVerdicts(verdicts: Iterable<VerdictKind | null>): Counts {
  const counts: Counts = { defended: 0, of: 0, tested: 0, exploited: 0 };
  for (const verdict of verdicts) {
    if (verdict === null) continue;
    const planned = outcomeOf(verdict, "planned");
    if (planned === null) continue;
    counts.of++;
    counts.defended += planned;
    if (outcomeOf(verdict, "tested") !== null) counts.tested++;
    if (verdict === "exploited") counts.exploited++;
  }
  return counts;
}

/** The same for one test over many sessions, letter by letter: ten thousand in a fraction of a millisecond. */
export function columnCounts(rows: readonly SessionRow[], column: number): Counts {
  const byCode = new Uint32Array(128);
  for (const { verdicts } of rows) {
    const code = verdicts.charCodeAt(column);
    if (code < 128) byCode[code] = (byCode[code] ?? 0) + 1;
  }
  const counts: Counts = { defended: 0, of: 0, tested: 0, exploited: 0 };
  for (const [letter, verdict] of KIND_OF) {
    const one = countVerdicts([verdict]);
    const times = byCode[letter.charCodeAt(0)] ?? 0;
    counts.defended += times * one.defended;
    counts.of += times * one.of;
    counts.tested += times * one.tested;
    counts.exploited += times * one.exploited;
  }
  return counts;
}

export const isMeasured = (row: SessionRow): boolean => row.verdicts !== "";

/** The sessions that statistics may count: measured, and the same recording replayed again in one place once. */
export function sampleRows(rows: readonly SessionRow[]): SessionRow[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    if (!isMeasured(row)) return false;
    const key = replayKey(row);
    if (key === null) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const scores = new WeakMap<SessionRow, Map<Tier, SessionScore | null>>();

function ensure<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** A session's score in a tier; null when no test of it was planned. */
export function scoreIn(row: SessionRow, tier: Tier, columns: readonly CatalogueEntry[]): SessionScore | null {
  const known = ensure(scores, row, () => new Map<Tier, SessionScore | null>());
  const before = known.get(tier);
  if (before !== undefined) return before;
  const counts = countVerdicts(columns.map((entry, i) => (entry.tier === tier ? verdictAt(row, i) : null)));
  const score = counts.of > 0 ? sessionScore(row, counts) : null;
  known.set(tier, score);
  return score;
}

export function scoresOf(rows: readonly SessionRow[], tier: Tier, columns: readonly CatalogueEntry[]): SessionScore[] {
  return rows.map((row) => scoreIn(row, tier, columns)).filter((score) => score !== null);
}

/** The rate of a tier over sessions, clustered by session; null when nothing was measured. */
export function rateOf(
  rows: readonly SessionRow[],
  tier: Tier,
  columns: readonly CatalogueEntry[],
): ClusteredRate | null {
  const all = scoresOf(sampleRows(rows), tier, columns);
  return all.length ? clusteredWilson(all) : null;
}

export function tiersOf(columns: readonly CatalogueEntry[]): Tier[] {
  return ([1, 2, 3] as const).filter((tier) => columns.some((entry) => entry.tier === tier));
}
