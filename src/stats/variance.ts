import { mean, sumOfSquares } from "./numeric.ts";
import { FACTORS, type Factor, groupBy, placeKey, type SessionValue } from "./sessions.ts";

export interface Component {
  source: Factor | "interaction" | "replicate";
  squares: number;
  df: number;
  /** Part of all variance between sessions, 0 to 1; the shares add up to 1. Biased upwards when sessions are few. */
  share: number;
  /**
   * The share less what chance alone is expected to give (epsilon squared, Kelley 1935), at least 0. Null for the
   * replicates themselves, and without replicates.
   */
  beyondChance: number | null;
}

export interface VarianceComponents {
  /** Baseline, agent and condition (those with two levels or more), what they do only together, and the replicates. */
  components: Component[];
  sessions: number;
  squares: number;
  /** All combinations of levels are there, with equally many sessions: then no order of the factors matters. */
  balanced: boolean;
  /** True when no place has two sessions: interaction and replicates then cannot be told apart, both are in `replicate`. */
  withoutReplicates: boolean;
}

/**
 * How much of the variance between sessions each factor explains: sums of squares of the analysis of variance.
 * Unbalanced designs have no one answer; there each factor gets its mean increase over all orders in which the factors
 * can enter (Lindeman, Merenda and Gold 1980; the Shapley value), which equals the usual sums when balanced.
 * Null with fewer than two sessions, or when all sessions agree: there is no variance to explain.
 */
export function varianceComponents(values: readonly SessionValue[]): VarianceComponents | null {
  const numbers = values.map((v) => v.value);
  const squares = values.length < 2 ? 0 : sumOfSquares(numbers);
  const size = numbers.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  if (squares <= (size * 1e-12) ** 2 * values.length) return null;
  const factors = FACTORS.filter((f) => levelsOf(values, f) > 1);
  const cells = [...groupBy(values, (v) => placeKey(v)).values()];
  const within = cells.reduce((sum, cell) => sum + sumOfSquares(cell.map((v) => v.value)), 0);
  const dfWithin = values.length - cells.length;
  const explained = subsetsOf(factors).map((subset) => ({ subset, squares: explainedBy(values, subset) }));
  const lookUp = (subset: readonly Factor[]) =>
    explained.find((e) => e.subset.length === subset.length && subset.every((f) => e.subset.includes(f)))?.squares ?? 0;
  const additive = lookUp(factors);
  const dfAdditive = factors.reduce((sum, f) => sum + levelsOf(values, f) - 1, 0);
  const noise = dfWithin > 0 ? within / dfWithin : null;
  const component = (source: Component["source"], own: number, df: number): Component => ({
    source,
    squares: own,
    df,
    share: own / squares,
    beyondChance: noise === null || source === "replicate" ? null : Math.max(0, (own - df * noise) / squares),
  });
  const main = factors.map((f) => component(f, averageIncrease(f, factors, lookUp), levelsOf(values, f) - 1));
  const withoutReplicates = dfWithin === 0;
  const dfBetween = Math.max(0, cells.length - 1 - dfAdditive);
  const between = Math.max(0, squares - within - additive);
  const interaction = factors.length > 1 && !withoutReplicates ? [component("interaction", between, dfBetween)] : [];
  const rest = withoutReplicates
    ? component("replicate", squares - additive, dfBetween)
    : component("replicate", within, dfWithin);
  const combinations = factors.reduce((product, f) => product * levelsOf(values, f), 1);
  return {
    components: [...main, ...interaction, rest],
    sessions: values.length,
    squares,
    balanced: cells.length === combinations && cells.every((c) => c.length === cells[0]?.length),
    withoutReplicates,
  };
}

function levelsOf(values: readonly SessionValue[], factor: Factor): number {
  return new Set(values.map((v) => v[factor])).size;
}

function subsetsOf(factors: readonly Factor[]): Factor[][] {
  const subsets: Factor[][] = [[]];
  for (const factor of factors) subsets.push(...subsets.map((s) => [...s, factor]));
  return subsets;
}

/** Mean over all orders of what a factor adds to those before it. */
function averageIncrease(
  factor: Factor,
  factors: readonly Factor[],
  explained: (subset: readonly Factor[]) => number,
): number {
  const m = factors.length;
  return subsetsOf(factors.filter((f) => f !== factor)).reduce((sum, before) => {
    const orders = (factorial(before.length) * factorial(m - before.length - 1)) / factorial(m);
    return sum + orders * (explained([...before, factor]) - explained(before));
  }, 0);
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** Sum of squares that the main effects of some factors explain: least squares on dummy columns, by Gram-Schmidt. */
function explainedBy(values: readonly SessionValue[], factors: readonly Factor[]): number {
  const centre = mean(values.map((v) => v.value));
  const response = Float64Array.from(values, (v) => v.value - centre);
  const basis: Float64Array[] = [Float64Array.from(values, () => 1 / Math.sqrt(values.length))];
  let squares = 0;
  for (const factor of factors) {
    for (const level of new Set(values.map((v) => v[factor]))) {
      const column = Float64Array.from(values, (v) => (v[factor] === level ? 1 : 0));
      const before = Math.sqrt(dot(column, column));
      for (let pass = 0; pass < 2; pass++) for (const b of basis) subtract(column, b, dot(column, b));
      const length = Math.sqrt(dot(column, column));
      if (length < before * 1e-9) continue;
      const unit = column.map((x) => x / length);
      basis.push(unit);
      squares += dot(response, unit) ** 2;
    }
  }
  return squares;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] ?? 0) * (y[i] ?? 0);
  return sum;
}

function subtract(target: Float64Array, direction: Float64Array, times: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) - times * (direction[i] ?? 0);
}
