import { normalQuantile } from "./numeric.ts";
import type { Interval } from "./rates.ts";

/** Numbers in [0, 1); pass a seeded one so that a report comes out the same twice. */
export type Random = () => number;

export interface BootstrapResult {
  estimate: number;
  interval: Interval;
  draws: number;
  /** Standard deviation of the statistic over the draws. */
  standardError: number;
  /**
   * True when it is too narrow to be taken at its word: a stratum has fewer than 8 sessions. With three the 95 %
   * percentile interval cannot leave the range of the three, and held the truth in 62 to 75 of 100 simulated studies
   * (tests/stats/coverage.test.ts).
   */
  tooFewSessions: boolean;
}

/**
 * Percentile bootstrap (Efron and Tibshirani 1993, ch. 13) over whole sessions: each draw takes, in every stratum, as
 * many sessions as it has, with replacement. All tests of a session stay together, so that their dependence is kept.
 * Ends are the type-7 quantiles of the draws.
 */
export function bootstrap<T>(input: {
  strata: readonly (readonly T[])[];
  statistic: (strata: readonly (readonly T[])[]) => number;
  random: Random;
  draws?: number;
  level?: number;
}): BootstrapResult {
  const { strata, statistic, random, draws = 2000, level = 0.95 } = input;
  const results = new Float64Array(draws);
  for (let d = 0; d < draws; d++) {
    results[d] = statistic(strata.map((sessions) => sessions.map(() => pick(sessions, random))));
  }
  results.sort();
  const centre = results.reduce((sum, r) => sum + r, 0) / draws;
  const squares = results.reduce((sum, r) => sum + (r - centre) ** 2, 0);
  return {
    estimate: statistic(strata),
    interval: { low: quantile(results, (1 - level) / 2), high: quantile(results, (1 + level) / 2), level },
    draws,
    standardError: Math.sqrt(squares / Math.max(1, draws - 1)),
    tooFewSessions: strata.some((sessions) => sessions.length < 8),
  };
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** Type 7 of Hyndman and Fan (1996), the default of R and NumPy; `sorted` ascending and not empty. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1);
  const low = Math.floor(position);
  const a = sorted[low] ?? Number.NaN;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] ?? Number.NaN;
  return a + (b - a) * (position - low);
}

/** Half-width of the 95 % interval around a share that was itself estimated from `draws` random draws. */
export function monteCarloError(p: number, draws: number): number {
  return normalQuantile(0.975) * Math.sqrt((p * (1 - p)) / draws);
}
