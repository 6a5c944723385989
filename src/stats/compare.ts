import type { Random } from "./bootstrap.ts";
import { holm } from "./correction.ts";
import { type Detectable, minimumDetectable } from "./detectable.ts";
import { mean } from "./numeric.ts";
import { hasBoth, type Method, permutationTest, reaches } from "./permutation.ts";
import type { Interval } from "./rates.ts";
import {
  FACTORS,
  type Factor,
  groupBy,
  placeKey,
  type SessionScore,
  type SessionValue,
  type TestCount,
  totalOf,
} from "./sessions.ts";

/** One side of a comparison: only the sessions that have a counterpart. */
export interface Side {
  name: string;
  sessions: number;
  /** Plain mean over these sessions. */
  mean: number;
  /** Null for measures that do not count tests. */
  tests: TestCount | null;
}

/** Two agents, baselines or conditions, with everything that its sentence needs. */
export interface Comparison {
  kind: "compared";
  factor: Factor;
  a: Side;
  b: Side;
  /** a minus b, within strata; see `permutationTest`. */
  difference: number;
  interval: Interval | null;
  p: number;
  /** After Holm's correction; equal to `p` for a single comparison. */
  adjustedP: number;
  /** Among how many comparisons. */
  comparisons: number;
  method: Method;
  smallestP: number;
  detectable: Detectable;
  /** Places (the other two factors, crossed) in which both sides have sessions. */
  strata: number;
  /** Sessions left out, since the other side has none in their place. */
  unpaired: number;
}

/** The two sides never met in the same place: comparing them would compare the places. */
export interface NotComparable {
  kind: "not-comparable";
  factor: Factor;
  a: string;
  b: string;
}

export interface CompareOptions {
  /** Used only where counting all labellings is too much. */
  random: Random;
  /** 0.95 unless told. */
  level?: number;
  /** Random labellings where counting is too much. */
  draws?: number;
}

/**
 * Compares two levels of a factor by session, stratified by the other two factors: never one session's tests against
 * another's as if they were independent.
 */
export function compareLevels(
  values: readonly (SessionValue | SessionScore)[],
  factor: Factor,
  [a, b]: readonly [string, string],
  options: CompareOptions,
): Comparison | NotComparable {
  const others = FACTORS.filter((f) => f !== factor);
  const places = [
    ...groupBy(
      values.filter((v) => v[factor] === a || v[factor] === b),
      (v) => placeKey(v, others),
    ).values(),
  ];
  const groups = places.map((place) => ({
    a: place.filter((v) => v[factor] === a),
    b: place.filter((v) => v[factor] === b),
  }));
  const used = groups.filter((g) => g.a.length > 0 && g.b.length > 0);
  if (used.length === 0) return { kind: "not-comparable", factor, a, b };
  const strata = used.map((g) => ({ a: g.a.map((v) => v.value), b: g.b.map((v) => v.value) })).filter(hasBoth);
  const { random, level = 0.95, draws } = options;
  const test = permutationTest(strata, { random, level, ...(draws === undefined ? {} : { draws }) });
  const sideA = used.flatMap((g) => g.a);
  const sideB = used.flatMap((g) => g.b);
  return {
    kind: "compared",
    factor,
    a: sideOf(a, sideA),
    b: sideOf(b, sideB),
    ...test,
    adjustedP: test.p,
    comparisons: 1,
    detectable: minimumDetectable(strata, { alpha: 1 - level }),
    strata: used.length,
    unpaired: groups.reduce((sum, g) => sum + g.a.length + g.b.length, 0) - sideA.length - sideB.length,
  };
}

/** All pairs of levels of a factor, in order of appearance, with Holm's correction over those that can be compared. */
export function compareAll(
  values: readonly (SessionValue | SessionScore)[],
  factor: Factor,
  options: CompareOptions,
): (Comparison | NotComparable)[] {
  const results = pairsOf(values.map((v) => v[factor])).map((pair) => compareLevels(values, factor, pair, options));
  return withHolm(results);
}

/** Holm's correction over any family of comparisons: several tiers, several factors. */
export function withHolm(family: readonly (Comparison | NotComparable)[]): (Comparison | NotComparable)[] {
  const compared = family.filter((c) => c.kind === "compared");
  const adjusted = new Map<Comparison, number>();
  holm(compared.map((c) => c.p)).forEach((p, i) => {
    const comparison = compared[i];
    if (comparison) adjusted.set(comparison, p);
  });
  return family.map((c) =>
    c.kind === "compared" ? { ...c, adjustedP: adjusted.get(c) ?? c.p, comparisons: compared.length } : c,
  );
}

/**
 * True when the data carry a direction: the interval excludes zero and the corrected p value reaches 1 - level. Words
 * like "better" are allowed then and only then.
 */
export function isShown(found: { interval: Interval | null; adjustedP: number }): boolean {
  const { interval, adjustedP } = found;
  if (interval === null) return false;
  return (interval.low > 0 || interval.high < 0) && reaches(adjustedP, 1 - interval.level);
}

function sideOf(name: string, values: readonly (SessionValue | SessionScore)[]): Side {
  const scores = values.filter((v) => "of" in v);
  const tests = scores.length === values.length ? totalOf(scores) : null;
  return { name, sessions: values.length, mean: mean(values.map((v) => v.value)), tests };
}

function pairsOf(levels: readonly string[]): [string, string][] {
  const distinct = [...new Set(levels)];
  return distinct.flatMap((a, i) => distinct.slice(i + 1).map((b): [string, string] => [a, b]));
}
