import { choose, logChoose } from "./numeric.ts";
import { type Interval, wilson } from "./rates.ts";
import type { TestCount } from "./sessions.ts";

/** One exploit, one stratum: how many sessions of each group defended. */
export interface TwoByTwo {
  a: TestCount;
  b: TestCount;
}

export interface TablesResult {
  /** Mantel and Haenszel's risk difference, share a minus share b, strata weighted n_a n_b / (n_a + n_b). */
  difference: number;
  /** At `level`, see `differenceInterval`. It is another method than `p`, so the two can disagree near the border. */
  interval: Interval;
  /** Exact, two-sided. */
  p: number;
  /** The smallest p that these group sizes can give. */
  smallestP: number;
  /** Strata that have sessions of both groups; the others say nothing. */
  strata: number;
}

/**
 * Exact conditional test of 2 x 2 tables over strata: Cochran-Mantel-Haenszel, exact (Agresti 2002, 6.7.5; R's
 * `mantelhaen.test(exact = TRUE)`); with one stratum Fisher's exact test. Two-sided: all outcomes that are no more
 * likely than the one seen. Null when no stratum has sessions of both groups.
 */
export function compareTables(tables: readonly TwoByTwo[], level = 0.95): TablesResult | null {
  const usable = tables.filter(({ a, b }) => a.of > 0 && b.of > 0);
  if (usable.length === 0) return null;
  return {
    ...differenceInterval(usable, level),
    p: exactConditionalP(usable),
    smallestP: smallestTableP(usable.map(({ a, b }) => ({ a: a.of, b: b.of }))),
    strata: usable.length,
  };
}

/** P of the exact conditional test. Tables with one empty group change nothing. */
export function exactConditionalP(tables: readonly TwoByTwo[]): number {
  let chances: Chances = { first: 0, p: [1] };
  for (const table of tables) chances = convolved(chances, hypergeometric(table));
  const seen = tables.reduce((sum, { a }) => sum + a.defended, 0);
  const atSeen = chances.p[seen - chances.first] ?? 0;
  return Math.min(
    1,
    chances.p.filter((p) => p <= atSeen * (1 + 1e-7)).reduce((sum, p) => sum + p, 0),
  );
}

/**
 * Risk difference with an interval: Wilson intervals of each group and stratum, combined by MOVER (Zou, Huang and
 * Zhang 2009); with one stratum it is Newcombe's (1998) hybrid score interval, method 10.
 */
function differenceInterval(tables: readonly TwoByTwo[], level: number): { difference: number; interval: Interval } {
  const total = tables.reduce((sum, { a, b }) => sum + (a.of * b.of) / (a.of + b.of), 0);
  let [difference, down, up] = [0, 0, 0];
  for (const { a, b } of tables) {
    const weight = (a.of * b.of) / (a.of + b.of) / total;
    const [shareA, shareB] = [a.defended / a.of, b.defended / b.of];
    const [inA, inB] = [wilson(a.defended, a.of, level), wilson(b.defended, b.of, level)];
    difference += weight * (shareA - shareB);
    down += weight ** 2 * ((shareA - inA.low) ** 2 + (inB.high - shareB) ** 2);
    up += weight ** 2 * ((inA.high - shareA) ** 2 + (shareB - inB.low) ** 2);
  }
  return { difference, interval: { low: difference - Math.sqrt(down), high: difference + Math.sqrt(up), level } };
}

/** Chances of `first`, `first + 1`, ... */
interface Chances {
  first: number;
  p: number[];
}

/** Of the defended sessions, how many fall to group a, all splits being equally likely. Below 1e-20 is left out. */
function hypergeometric({ a, b }: TwoByTwo): Chances {
  const defended = a.defended + b.defended;
  const lowest = Math.max(0, defended - b.of);
  const highest = Math.min(a.of, defended);
  const logAll = logChoose(a.of + b.of, defended);
  const p: number[] = [];
  for (let x = lowest; x <= highest; x++) {
    p.push(Math.exp(logChoose(a.of, x) + logChoose(b.of, defended - x) - logAll));
  }
  const from = p.findIndex((v) => v > 1e-20);
  const to = p.findLastIndex((v) => v > 1e-20);
  const kept = p.slice(from, to + 1);
  const sum = kept.reduce((s, v) => s + v, 0);
  return { first: lowest + from, p: kept.map((v) => v / sum) };
}

function convolved(first: Chances, second: Chances): Chances {
  const p = new Array<number>(first.p.length + second.p.length - 1).fill(0);
  // By index: a report of many sessions spends a second here with iterators.
  for (let i = 0; i < first.p.length; i++) {
    const x = first.p[i] as number;
    for (let j = 0; j < second.p.length; j++) p[i + j] = (p[i + j] as number) + x * (second.p[j] as number);
  }
  return trimmed({ first: first.first + second.first, p });
}

/** Without the tails below 1e-20, which no p value shows. */
function trimmed({ first, p }: Chances): Chances {
  const from = p.findIndex((v) => v > 1e-20);
  const to = p.findLastIndex((v) => v > 1e-20);
  return { first: first + from, p: p.slice(from, to + 1) };
}

/** Reached when one group defends always and the other never; then one of all labellings, or two when sizes match. */
function smallestTableP(sizes: readonly { a: number; b: number }[]): number {
  if (sizes.reduce((sum, { a, b }) => sum + logChoose(a + b, a), 0) > 700) return 0;
  const ways = sizes.reduce((product, { a, b }) => product * choose(a + b, a), 1);
  return Math.min(1, (sizes.every(({ a, b }) => a === b) ? 2 : 1) / ways);
}
