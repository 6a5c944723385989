import {
  noncentralStudentCdf,
  normalCdf,
  normalQuantile,
  solveIncreasing,
  studentQuantile,
  sumOfSquares,
} from "./numeric.ts";
import { effectivePairs, reaches, smallestP } from "./permutation.ts";
import type { TwoGroups } from "./swaps.ts";
import { exactConditionalP } from "./tables.ts";

/** What a comparison of this many sessions could have shown. */
export type Detectable =
  /** Differences of `size` or more, in the unit of the values, with the power asked for. */
  | { kind: "effect"; size: number; deviation: number; df: number; power: number; alpha: number }
  /** Even the clearest outcome has `smallestP` above alpha: no difference, however large, could have been shown. */
  | { kind: "nothing"; smallestP: number; alpha: number }
  /** One session in each place: the spread between sessions is unknown, and with it what could be shown. */
  | { kind: "unknown-spread" }
  /** All sessions of a place agree: no spread was seen from which to tell. */
  | { kind: "no-spread" };

/**
 * The smallest difference of two group means that the design shows with the power asked for: two-sided t test at
 * `alpha`, noncentral t (Cohen 1988, ch. 2; statsmodels' `TTestIndPower`), with the standard deviation pooled within
 * groups and strata. The permutation test needs very nearly the same.
 */
export function minimumDetectable(
  strata: readonly TwoGroups[],
  { power = 0.8, alpha = 0.05 }: { power?: number; alpha?: number } = {},
): Detectable {
  const sizes = strata.map(({ a, b }) => ({ a: a.length, b: b.length }));
  const least = smallestP(sizes);
  if (!reaches(least, alpha)) return { kind: "nothing", smallestP: least, alpha };
  const cells = strata.flatMap(({ a, b }) => [a, b]);
  const df = cells.reduce((sum, cell) => sum + cell.length - 1, 0);
  if (df < 1) return { kind: "unknown-spread" };
  const squares = cells.reduce((sum, cell) => sum + sumOfSquares(cell), 0);
  const largest = cells.flat().reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const deviation = Math.sqrt(squares / df);
  if (deviation <= largest * 1e-12) return { kind: "no-spread" };
  const standardError = deviation / Math.sqrt(effectivePairs(sizes));
  return { kind: "effect", size: standardError * detectableShift(df, power, alpha), deviation, df, power, alpha };
}

/** The difference, in standard errors, that a two-sided t test shows with this power. */
const shifts = new Map<string, number>();

function detectableShift(df: number, power: number, alpha: number): number {
  const key = JSON.stringify([df, power, alpha]);
  const known = shifts.get(key) ?? solveShift(df, power, alpha);
  shifts.set(key, known);
  return known;
}

function solveShift(df: number, power: number, alpha: number): number {
  const critical = studentQuantile(1 - alpha / 2, df);
  if (df > 5000) return critical + normalQuantile(power);
  const powerOf = (shift: number) =>
    1 - noncentralStudentCdf(critical, df, shift) + noncentralStudentCdf(-critical, df, shift);
  return solveIncreasing(powerOf, power);
}

/**
 * The smallest drop or rise from the share `from` that one exploit's row could show between `a` and `b` sessions, as
 * the other share; null when not even the far end could be shown. Exact power of Fisher's test, not stratified; above
 * 60 sessions a group Cohen's arcsine approximation (1988, ch. 6). The direction with more room is taken.
 */
export function minimumDetectableShare(input: {
  a: number;
  b: number;
  from: number;
  power?: number;
  alpha?: number;
}): number | null {
  const { a, b, from, power = 0.8, alpha = 0.05 } = input;
  if (a < 1 || b < 1) return null;
  const powerAt = Math.max(a, b) > 60 ? arcsinePower(a, b, alpha) : fisherPower(a, b, alpha);
  const towards = from < 0.5 ? 1 : 0;
  const gap = Math.abs(towards - from);
  const shareAt = (distance: number) => from + Math.sign(towards - from) * distance;
  if (powerAt(from, towards) < power) return null;
  return shareAt(
    Math.min(
      gap,
      solveIncreasing((d) => powerAt(from, shareAt(Math.min(d, gap))), power),
    ),
  );
}

function arcsinePower(a: number, b: number, alpha: number): (from: number, to: number) => number {
  const critical = normalQuantile(1 - alpha / 2);
  return (from, to) => {
    const h = Math.abs(2 * Math.asin(Math.sqrt(to)) - 2 * Math.asin(Math.sqrt(from)));
    const shift = h * Math.sqrt((a * b) / (a + b));
    return normalCdf(shift - critical) + normalCdf(-shift - critical);
  };
}

function fisherPower(a: number, b: number, alpha: number): (from: number, to: number) => number {
  const shown: [number, number][] = [];
  for (let x = 0; x <= a; x++) {
    for (let y = 0; y <= b; y++) {
      const p = exactConditionalP([{ a: { defended: x, of: a }, b: { defended: y, of: b } }]);
      if (reaches(p, alpha)) shown.push([x, y]);
    }
  }
  return (from, to) => {
    const [chancesA, chancesB] = [binomial(a, from), binomial(b, to)];
    return shown.reduce((sum, [x, y]) => sum + (chancesA[x] ?? 0) * (chancesB[y] ?? 0), 0);
  };
}

function binomial(n: number, share: number): number[] {
  if (share <= 0 || share >= 1) return Array.from({ length: n + 1 }, (_, k) => (k === (share <= 0 ? 0 : n) ? 1 : 0));
  const chances = [(1 - share) ** n];
  for (let k = 1; k <= n; k++) chances.push((((chances[k - 1] ?? 0) * (n - k + 1)) / k) * (share / (1 - share)));
  return chances;
}
