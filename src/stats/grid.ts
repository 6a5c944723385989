/** Values written as `base + unit * steps[i]` with whole steps, so that equal sums compare equal. */
export interface Grid {
  unit: number;
  steps: number[];
}

/**
 * Puts values on a common grid: shares of 25 tests become whole numbers of tests. Exact where they have a common step
 * of at least a ten-millionth of their range; else rounded to a 2^30th of the range.
 */
export function toGrid(values: readonly number[]): Grid {
  const base = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const range = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - base;
  if (!(range > 0)) return { unit: 1, steps: values.map(() => 0) };
  let step = range;
  for (const value of values) step = commonStep(step, value - base, range * 1e-9);
  const unit = step < range * 1e-7 ? range / 2 ** 30 : range / Math.round(range / step);
  return { unit, steps: values.map((v) => Math.round((v - base) / unit)) };
}

/** Euclid's algorithm on lengths; what is below `tolerance` counts as nothing. */
function commonStep(a: number, b: number, tolerance: number): number {
  let [large, small] = [a, b];
  while (small > tolerance) [large, small] = [small, large % small];
  return large;
}
