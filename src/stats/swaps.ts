import { logChoose } from "./numeric.ts";

/** The sessions of two groups in one stratum. */
export interface TwoGroups {
  a: readonly number[];
  b: readonly number[];
}

/**
 * All labellings of the sessions of two groups: at index m those that swap m sessions, by the gap (sum of the whole
 * numbers that left group a minus sum of those that came), with the number of labellings that give it.
 */
export type SwapCounts = Map<number, number>[];

/** Counts all labellings of all strata; null when it would take more than about `work` additions. Values must be whole. */
export function swapsOfStrata(strata: readonly TwoGroups[], work: number): SwapCounts | null {
  const logTotal = strata.reduce((sum, { a, b }) => sum + logChoose(a.length + b.length, a.length), 0);
  if (logTotal > 600) return null;
  const budget = new Budget(work);
  let all: SwapCounts | null = [new Map([[0, 1]])];
  for (const stratum of strata) {
    const own = swapsOf(stratum, budget);
    all = own && all && crossed(all, own, budget);
    if (all === null) return null;
  }
  return all;
}

class Budget {
  #left: number;

  constructor(work: number) {
    this.#left = work;
  }

  /** False once more was asked for than there is. */
  spend(work: number): boolean {
    this.#left -= work;
    return this.#left >= 0;
  }
}

function swapsOf({ a, b }: TwoGroups, budget: Budget): SwapCounts | null {
  const leaving = subsetSums(a, Math.min(a.length, b.length), budget);
  const coming = leaving && subsetSums(b, Math.min(a.length, b.length), budget);
  if (leaving === null || coming === null) return null;
  const swaps: SwapCounts = [];
  for (const [size, left] of leaving.entries()) {
    const came = coming[size] ?? new Map<number, number>();
    if (!budget.spend(left.size * came.size)) return null;
    const gaps = new Map<number, number>();
    for (const [x, waysOut] of left) for (const [y, waysIn] of came) add(gaps, x - y, waysOut * waysIn);
    swaps.push(gaps);
  }
  return swaps;
}

/** At index k: the sums of all subsets of k values, k up to `largest`, with how many subsets give each. */
function subsetSums(values: readonly number[], largest: number, budget: Budget): Map<number, number>[] | null {
  const sums = Array.from({ length: largest + 1 }, () => new Map<number, number>());
  sums[0]?.set(0, 1);
  for (const value of values) {
    for (let size = largest; size > 0; size--) {
      const smaller = sums[size - 1] ?? new Map<number, number>();
      const target = sums[size] ?? new Map<number, number>();
      if (!budget.spend(smaller.size)) return null;
      for (const [sum, ways] of smaller) add(target, sum + value, ways);
    }
  }
  return sums;
}

function crossed(first: SwapCounts, second: SwapCounts, budget: Budget): SwapCounts | null {
  const out: SwapCounts = Array.from({ length: first.length + second.length - 1 }, () => new Map<number, number>());
  for (const [m, gaps] of first.entries()) {
    for (const [n, others] of second.entries()) {
      const target = out[m + n];
      if (target === undefined || !budget.spend(gaps.size * others.size)) return null;
      for (const [x, waysX] of gaps) for (const [y, waysY] of others) add(target, x + y, waysX * waysY);
    }
  }
  return out;
}

function add(counts: Map<number, number>, key: number, ways: number): void {
  counts.set(key, (counts.get(key) ?? 0) + ways);
}
