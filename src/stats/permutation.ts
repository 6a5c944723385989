import type { Random } from "./bootstrap.ts";
import { toGrid } from "./grid.ts";
import { isLarge, normalPermutation } from "./normal.ts";
import { choose, logChoose, mean } from "./numeric.ts";
import type { Interval } from "./rates.ts";
import { type SwapCounts, swapsOfStrata, type TwoGroups } from "./swaps.ts";

/** How a p value came about. */
export type Method =
  | { kind: "exact"; assignments: number }
  /** `standardError` is that of the p value: sqrt(p (1 - p) / draws). */
  | { kind: "monte-carlo"; draws: number; standardError: number }
  /** See `normalPermutation`. */
  | { kind: "normal" };

export interface PermutationResult {
  /** Mean of a minus mean of b, averaged over strata with weights n_a n_b / (n_a + n_b). */
  difference: number;
  /** Two-sided: twice the smaller tail, at most 1. */
  p: number;
  /** Excludes zero exactly when p <= 1 - level. Null when too few sessions leave it unbounded. */
  interval: Interval | null;
  /** The smallest p that these group sizes can give, whatever the sessions do. */
  smallestP: number;
  method: Method;
}

/**
 * Stratified permutation test for a difference of means: within each stratum every way to hand out the two labels is
 * as likely as the one seen. With the weights above it is the Cochran-Mantel-Haenszel statistic on session values
 * (Mantel 1963). The interval inverts the test: the shifts of group a that the test does not refuse (Tritchler 1984;
 * Garthwaite 1996), so it assumes that the groups differ by a shift.
 *
 * Exact by counting all labellings (the shift algorithm of Streitberg and Roehmel 1986) while that is cheap, else by
 * `draws` random labellings plus the one seen, p = (k + 1) / (draws + 1) (Phipson and Smyth 2010). From 100 sessions on
 * each side, unless `draws` or `exactWork` is given, by its normal approximation.
 *
 * Throws a RangeError when no stratum has sessions of both groups; strata with one group only are ignored.
 */
export function permutationTest(
  strata: readonly TwoGroups[],
  options: { random: Random; level?: number; draws?: number; exactWork?: number },
): PermutationResult {
  const { random, level = 0.95, exactWork = 1_000_000 } = options;
  const usable = strata.filter(hasBoth);
  if (usable.length === 0) throw new RangeError("no stratum has sessions of both groups");
  if (isLarge(usable) && options.draws === undefined && options.exactWork === undefined) {
    return {
      ...normalPermutation(usable, level),
      smallestP: smallestP(usable.map(sizesOf)),
      method: { kind: "normal" },
    };
  }
  const grid = toGrid(usable.flatMap(({ a, b }) => [...a, ...b]));
  const onGrid = regroup(usable, grid.steps);
  const counts = swapsOfStrata(onGrid, exactWork);
  const draws = options.draws ?? suitableDraws(usable);
  const swaps = counts ? fromCounts(counts) : drawSwaps(onGrid, draws, random);
  const { p, interval } = judge(swaps, grid.unit, level);
  return {
    difference: stratifiedDifference(usable),
    p,
    interval,
    smallestP: smallestP(usable.map(sizesOf)),
    method: counts
      ? { kind: "exact", assignments: swaps.total }
      : { kind: "monte-carlo", draws, standardError: Math.sqrt((p * (1 - p)) / draws) },
  };
}

/** The smallest two-sided p of a stratified permutation test: 2 over the number of labellings, at most 1. */
export function smallestP(sizes: readonly { a: number; b: number }[]): number {
  if (sizes.reduce((sum, { a, b }) => sum + logChoose(a + b, a), 0) > 700) return 0;
  return Math.min(1, 2 / sizes.reduce((product, { a, b }) => product * choose(a + b, a), 1));
}

/** Sum over strata of n_a n_b / (n_a + n_b): the weights' total, and the precision of the difference. */
export function effectivePairs(sizes: readonly { a: number; b: number }[]): number {
  return sizes.reduce((sum, { a, b }) => sum + (a * b) / (a + b), 0);
}

export function sizesOf(stratum: TwoGroups): { a: number; b: number } {
  return { a: stratum.a.length, b: stratum.b.length };
}

export function hasBoth(stratum: TwoGroups): boolean {
  return stratum.a.length > 0 && stratum.b.length > 0;
}

function stratifiedDifference(strata: readonly TwoGroups[]): number {
  const total = effectivePairs(strata.map(sizesOf));
  return strata.reduce((sum, s) => sum + (effectivePairs([sizesOf(s)]) / total) * (mean(s.a) - mean(s.b)), 0);
}

/** `steps` holds the values of all strata one after the other, group a before group b. */
function regroup(strata: readonly TwoGroups[], steps: readonly number[]): TwoGroups[] {
  let start = 0;
  return strata.map(({ a, b }) => {
    const middle = start + a.length;
    const end = middle + b.length;
    const groups = { a: steps.slice(start, middle), b: steps.slice(middle, end) };
    start = end;
    return groups;
  });
}

/**
 * Labellings, each told by what it swaps: `moved` sessions leave group a for b and as many come back, and `gap` is the
 * sum of those that left minus the sum of those that came.
 */
interface Swaps {
  moved: ArrayLike<number>;
  gap: ArrayLike<number>;
  /** How many labellings each entry stands for. */
  ways: ArrayLike<number>;
  total: number;
}

function fromCounts(counts: SwapCounts): Swaps {
  const moved: number[] = [];
  const gap: number[] = [];
  const ways: number[] = [];
  counts.forEach((byGap, m) => {
    for (const [g, count] of byGap) {
      moved.push(m);
      gap.push(g);
      ways.push(count);
    }
  });
  return { moved, gap, ways, total: ways.reduce((a, b) => a + b, 0) };
}

/** About 4 million single draws in all, between 2,000 and 20,000 labellings. */
function suitableDraws(strata: readonly TwoGroups[]): number {
  const perDraw = strata.reduce((sum, { a, b }) => sum + Math.min(a.length, b.length), 0);
  return Math.max(1999, Math.min(19_999, Math.floor(4e6 / perDraw)));
}

function drawSwaps(strata: readonly TwoGroups[], draws: number, random: Random): Swaps {
  const moved = new Float64Array(draws + 1);
  const gap = new Float64Array(draws + 1);
  for (const { a, b } of strata) {
    const [small, large, sign] = a.length <= b.length ? [a, b, 1] : [b, a, -1];
    const values = Float64Array.from([...small, ...large]);
    const order = Uint32Array.from(values, (_, i) => i);
    const own = small.reduce((sum, v) => sum + v, 0);
    for (let d = 1; d <= draws; d++) {
      let came = 0;
      let sum = 0;
      for (let i = 0; i < small.length; i++) {
        const j = i + Math.floor(random() * (order.length - i));
        const chosen = order[j] ?? 0;
        order[j] = order[i] ?? 0;
        order[i] = chosen;
        sum += values[chosen] ?? 0;
        if (chosen >= small.length) came++;
      }
      moved[d] = (moved[d] ?? 0) + came;
      gap[d] = (gap[d] ?? 0) + sign * (own - sum);
    }
  }
  return { moved, gap, ways: new Float64Array(draws + 1).fill(1), total: draws + 1 };
}

/**
 * A labelling that swaps m sessions with gap g is at least as far in favour of a as the one seen, once group a is
 * shifted down by d, exactly when d >= g / m. So the two tails at d = 0 are counts of signs, and the interval's ends
 * are order statistics of g / m.
 */
function judge(swaps: Swaps, unit: number, level: number): { p: number; interval: Interval | null } {
  const { moved, gap, ways, total } = swaps;
  const alpha = 1 - level;
  let above = 0;
  let below = 0;
  let unmoved = 0;
  const thresholds: { at: number; ways: number }[] = [];
  for (let i = 0; i < moved.length; i++) {
    const [m, g, w] = [moved[i] ?? 0, gap[i] ?? 0, ways[i] ?? 0];
    if (g <= 0) above += w;
    if (g >= 0) below += w;
    if (m === 0) unmoved += w;
    else thresholds.push({ at: g / m, ways: w });
  }
  thresholds.sort((x, y) => x.at - y.at);
  const low = firstNotRefused(thresholds, unmoved, total, alpha);
  const high = firstNotRefused(thresholds.reverse(), unmoved, total, alpha);
  const p = Math.min(1, (2 * Math.min(above, below)) / total);
  if (low === null || high === null) return { p, interval: null };
  return { p, interval: { low: low * unit, high: high * unit, level } };
}

/** Null when even the end of the line is not refused. */
function firstNotRefused(
  thresholds: readonly { at: number; ways: number }[],
  unmoved: number,
  total: number,
  alpha: number,
): number | null {
  let tail = unmoved;
  if (!refused(tail, total, alpha)) return null;
  for (const { at, ways } of thresholds) {
    tail += ways;
    if (!refused(tail, total, alpha)) return at;
  }
  return null;
}

function refused(tail: number, total: number, alpha: number): boolean {
  return reaches((2 * tail) / total, alpha);
}

/** Whether p counts as at or below alpha. `1 - level` is rarely a round number, so a billionth above still does. */
export function reaches(p: number, alpha: number): boolean {
  return p <= alpha + 1e-9;
}
