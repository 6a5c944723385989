import { mean, normalCdf, normalQuantile, sumOfSquares } from "./numeric.ts";
import type { Interval } from "./rates.ts";
import type { TwoGroups } from "./swaps.ts";

/** From so many sessions on each side the labellings' distribution is taken as normal. */
const ENOUGH = 100;

export function isLarge(strata: readonly TwoGroups[]): boolean {
  const side = (of: "a" | "b") => strata.reduce((sum, stratum) => sum + stratum[of].length, 0);
  return side("a") >= ENOUGH && side("b") >= ENOUGH;
}

/**
 * The stratified permutation test of `permutationTest` by its normal approximation (Hoeffding's 1951 combinatorial
 * central limit theorem): the difference over its standard error among all labellings, whose variance within a stratum
 * is S^2 (1/n_a + 1/n_b), S^2 being that of all values of the stratum. The interval holds the shifts of group a that
 * the same test does not refuse, so it excludes zero exactly when p <= 1 - level. Strata have sessions of both groups.
 */
export function normalPermutation(
  strata: readonly TwoGroups[],
  level: number,
): { difference: number; p: number; interval: Interval } {
  const total = strata.reduce((sum, { a, b }) => sum + (a.length * b.length) / (a.length + b.length), 0);
  const parts = strata.map(({ a, b }) => {
    const pairs = (a.length * b.length) / (a.length + b.length);
    return {
      weight: pairs / total,
      pairs,
      difference: mean(a) - mean(b),
      within: sumOfSquares(a) + sumOfSquares(b),
      df: a.length + b.length - 1,
    };
  });
  const difference = parts.reduce((sum, part) => sum + part.weight * part.difference, 0);
  /** In standard errors, when group a is shifted back by `shift`. */
  const distance = (shift: number): number => {
    const variance = parts.reduce(
      (sum, part) =>
        sum + (part.weight ** 2 * ((part.within + part.pairs * (part.difference - shift) ** 2) / part.df)) / part.pairs,
      0,
    );
    return variance > 0 ? (difference - shift) / Math.sqrt(variance) : 0;
  };
  const p = Math.min(1, 2 * normalCdf(-Math.abs(distance(0))));
  const critical = normalQuantile(0.5 + level / 2);
  return {
    difference,
    p,
    interval: {
      low: edge(difference, -1, distance, critical),
      high: edge(difference, 1, distance, critical),
      level,
    },
  };
}

/** The last shift on one side of the difference that the test does not refuse, by halving. */
function edge(from: number, side: 1 | -1, distance: (shift: number) => number, critical: number): number {
  let inside = 0;
  let outside = 1e-9;
  while (Math.abs(distance(from + side * outside)) <= critical && outside < 1e12) {
    inside = outside;
    outside *= 2;
  }
  for (let i = 0; i < 80; i++) {
    const middle = (inside + outside) / 2;
    if (Math.abs(distance(from + side * middle)) <= critical) inside = middle;
    else outside = middle;
  }
  return from + side * inside;
}
