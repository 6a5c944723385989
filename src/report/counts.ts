import type { Tier, Verdict, VerdictKind } from "../model/index.ts";

/** Counts of verdicts. `planned` leaves out not-applicable; `tested` is defended or exploited. */
export interface Tally {
  defended: number;
  exploited: number;
  broken: number;
  inconclusive: number;
  notApplicable: number;
  tested: number;
  planned: number;
  /** 100 x defended / planned, to one decimal; null when nothing was planned. */
  percent: number | null;
}

export interface Tiers {
  tier1: Tally;
  tier2: Tally;
  tier3: Tally;
}

export function tally(verdicts: Iterable<VerdictKind>): Tally {
  const counts: Record<VerdictKind, number> = {
    defended: 0,
    exploited: 0,
    broken: 0,
    inconclusive: 0,
    "not-applicable": 0,
  };
  for (const verdict of verdicts) counts[verdict] += 1;
  const { defended, exploited, broken, inconclusive } = counts;
  const planned = defended + exploited + broken + inconclusive;
  return {
    defended,
    exploited,
    broken,
    inconclusive,
    notApplicable: counts["not-applicable"],
    tested: defended + exploited,
    planned,
    percent: planned === 0 ? null : Math.round((1000 * defended) / planned) / 10,
  };
}

export function tiersOf(verdicts: readonly Pick<Verdict, "tier" | "verdict">[]): Tiers {
  const tier = (n: Tier) => tally(verdicts.filter((v) => v.tier === n).map((v) => v.verdict));
  return { tier1: tier(1), tier2: tier(2), tier3: tier(3) };
}
