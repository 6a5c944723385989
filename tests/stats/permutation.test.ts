import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { permutationTest, smallestP } from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";
import reference from "./reference.json" with { type: "json" };

const noRandom = () => {
  throw new Error("an exact test needs no random number");
};
const shares = fc.integer({ min: 0, max: 25 }).map((k) => k / 25);
const group = fc.array(shares, { minLength: 1, maxLength: 4 });
const strata = fc.array(fc.record({ a: group, b: group }), { minLength: 1, maxLength: 3 });

describe.each(reference.permutation)("enumeration in NumPy agrees: $assignments labellings, p = $p", (known) => {
  test("difference and p", () => {
    const result = permutationTest(known.strata, { random: noRandom });
    expect(result.difference).toBeCloseTo(known.difference, 12);
    expect(result.p).toBeCloseTo(known.p, 12);
    if (known.scipy !== undefined) expect(result.p).toBeCloseTo(known.scipy, 12);
    expect(result.method).toEqual({ kind: "exact", assignments: known.assignments });
  });

  test.each([0.8, 0.95] as const)("inverted interval at %f", (level) => {
    const expected = known.intervals[`${level}`];
    const { interval } = permutationTest(known.strata, { random: noRandom, level });
    if (expected === null) return expect(interval).toBeNull();
    expect(interval?.low).toBeCloseTo(expected[0] ?? Number.NaN, 6);
    expect(interval?.high).toBeCloseTo(expected[1] ?? Number.NaN, 6);
  });

  test("random labellings come within four standard errors", () => {
    const { p, method } = permutationTest(known.strata, { random: seededRandom(7), exactWork: 0, draws: 19_999 });
    expect(method).toMatchObject({ kind: "monte-carlo", draws: 19_999 });
    const error = method.kind === "monte-carlo" ? method.standardError : 0;
    expect(Math.abs(p - known.p)).toBeLessThan(4 * error + 0.02);
  });
});

describe("for any sessions", () => {
  test("p and interval tell the same story", () => {
    fc.assert(
      fc.property(strata, fc.constantFrom(0.8, 0.9, 0.95), (places, level) => {
        const { p, interval, smallestP: least } = permutationTest(places, { random: noRandom, level });
        const excludesZero = interval !== null && (interval.low > 0 || interval.high < 0);
        expect(excludesZero).toBe(p <= 1 - level + 1e-9);
        expect(interval !== null).toBe(least <= 1 - level + 1e-9);
        expect(p).toBeGreaterThanOrEqual(least - 1e-12);
        expect(p).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("so do they for random labellings", () => {
    fc.assert(
      fc.property(strata, fc.integer(), (places, seed) => {
        const { p, interval } = permutationTest(places, { random: seededRandom(seed), exactWork: 0, draws: 199 });
        const excludesZero = interval !== null && (interval.low > 0 || interval.high < 0);
        expect(excludesZero).toBe(p <= 0.05 + 1e-9);
        expect(p).toBeGreaterThanOrEqual(2 / 200);
        if (p < 1) expect((p * 200) / 2).toBeCloseTo(Math.round((p * 200) / 2), 9);
      }),
    );
  });

  test("swapping the groups turns the sign", () => {
    fc.assert(
      fc.property(strata, (places) => {
        const one = permutationTest(places, { random: noRandom, level: 0.8 });
        const other = permutationTest(
          places.map(({ a, b }) => ({ a: b, b: a })),
          { random: noRandom, level: 0.8 },
        );
        expect(other.p).toBeCloseTo(one.p, 12);
        expect(other.difference).toBeCloseTo(-one.difference, 12);
        if (one.interval) expect(other.interval?.low).toBeCloseTo(-one.interval.high, 9);
      }),
    );
  });

  test("shifting a stratum changes nothing, scaling scales", () => {
    fc.assert(
      fc.property(strata, fc.double({ min: 0.01, max: 1000, noNaN: true }), (places, scale) => {
        const one = permutationTest(places, { random: noRandom });
        const move = (values: number[], s: number) => values.map((v) => (v + s) * scale);
        const other = permutationTest(
          places.map(({ a, b }, s) => ({ a: move(a, s), b: move(b, s) })),
          { random: noRandom },
        );
        expect(other.p).toBeCloseTo(one.p, 9);
        expect(other.difference / scale).toBeCloseTo(one.difference, 9);
      }),
    );
  });
});

test("the same seed gives the same answer", () => {
  const places = [{ a: [0.3, 0.8, 0.5], b: [0.1, 0.4] }];
  const run = () => permutationTest(places, { random: seededRandom(3), exactWork: 0, draws: 500 });
  expect(run()).toEqual(run());
});

test("the smallest p is two labellings, or one over nothing to compare", () => {
  expect(smallestP([{ a: 3, b: 3 }])).toBe(0.1);
  expect(
    smallestP([
      { a: 3, b: 3 },
      { a: 3, b: 3 },
    ]),
  ).toBe(0.005);
  expect(smallestP([{ a: 1, b: 1 }])).toBe(1);
  expect(smallestP([{ a: 5000, b: 5000 }])).toBe(0);
});

test("counts exactly far beyond enumeration", () => {
  const a = Array.from({ length: 15 }, (_, i) => (10 + (i % 7)) / 25);
  const b = Array.from({ length: 15 }, (_, i) => (8 + ((i * 3) % 9)) / 25);
  const { method, p } = permutationTest([{ a, b }], { random: noRandom });
  expect(method).toEqual({ kind: "exact", assignments: 155_117_520 });
  const drawn = permutationTest([{ a, b }], { random: seededRandom(11), exactWork: 0, draws: 19_999 });
  expect(Math.abs(drawn.p - p)).toBeLessThan(0.02);
});

test("groups that never meet cannot be tested", () => {
  expect(() => permutationTest([{ a: [1], b: [] }], { random: noRandom })).toThrow(RangeError);
});
