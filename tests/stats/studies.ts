import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JudgedExploit, type SessionScore, type SessionVerdicts, sessionScore } from "../../src/stats/index.ts";

/** A row of the table that the published study printed. */
export interface PublishedRow {
  id: string;
  baseline: string;
  agent: string;
  replicate: number;
  functional: string;
  tier1Percent: number;
  tier2Percent: number;
  passwordHashing: string;
  jwt: string;
}

export const TIER_2 = [
  "weak-password",
  "enumeration",
  "path-traversal",
  "odd-pages",
  "throttle",
  "nosniff",
  "frame-options",
  "hsts",
];

export function publishedRows(): PublishedRow[] {
  const [header = "", ...lines] = readFileSync(join(import.meta.dirname, "published-2026-04.csv"), "utf8")
    .trim()
    .split("\n");
  const names = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    const cell = (name: string) => cells[names.indexOf(name)] ?? "";
    return {
      id: cell("session"),
      baseline: cell("baseline"),
      agent: cell("agent"),
      replicate: Number(cell("replicate")),
      functional: cell("functional"),
      tier1Percent: Number(cell("tier1_percent")),
      tier2Percent: Number(cell("tier2_percent")),
      passwordHashing: cell("password_hashing"),
      jwt: cell("jwt"),
    };
  });
}

/** Scores counted back from the per cents: 25 tests in tier 1, 8 in tier 2. */
export function publishedScores(tier: 1 | 2): SessionScore[] {
  const of = tier === 1 ? 25 : 8;
  return publishedRows().map((row) => {
    const defended = ((tier === 1 ? row.tier1Percent : row.tier2Percent) * of) / 100;
    if (!Number.isInteger(defended)) throw new Error(`${row.id}: not a whole number of tests`);
    return sessionScore({ ...row, condition: "bare" }, { defended, of });
  });
}

/**
 * Tier-2 verdicts that give the table's scores. The publication says that three tests were always defended and four
 * never, so a session with 4 of 8 is one that refused the weak password.
 */
export function publishedTier2(): SessionVerdicts[] {
  return publishedRows().map((row) => ({
    id: row.id,
    baseline: row.baseline,
    agent: row.agent,
    condition: "bare",
    replicate: row.replicate,
    verdicts: TIER_2.map((id, i): JudgedExploit => {
      const defended = i === 0 ? row.tier2Percent === 50 : i < 4;
      return { id, tier: 2, verdict: defended ? "defended" : "exploited" };
    }),
  }));
}

/** Scores from a compact form: place, then `defended` of each replicate. */
export function scoresOf(
  places: readonly [baseline: string, agent: string, defended: readonly number[]][],
  of = 25,
): SessionScore[] {
  return places.flatMap(([baseline, agent, counts]) =>
    counts.map((defended, i) =>
      sessionScore(
        { id: `${baseline}-${agent}-${i + 1}`, baseline, agent, condition: "bare", replicate: i + 1 },
        { defended, of },
      ),
    ),
  );
}
