import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clusteredWilson, sessionScore, spreadOf, stepOf, tally, wilson } from "../../src/stats/index.ts";
import reference from "./reference.json" with { type: "json" };
import { scoresOf } from "./studies.ts";

const counts = fc
  .integer({ min: 1, max: 400 })
  .chain((of) => fc.tuple(fc.integer({ min: 0, max: of }), fc.constant(of)));

describe("wilson", () => {
  test("statsmodels agrees", () => {
    for (const [k = 0, n = 0, level = 0, low = 0, high = 0] of reference.wilson) {
      expect(wilson(k, n, level).low).toBeCloseTo(low, 11);
      expect(wilson(k, n, level).high).toBeCloseTo(high, 11);
    }
  });

  test("holds the rate, stays within 0 and 1, mirrors", () => {
    fc.assert(
      fc.property(counts, ([k, n]) => {
        const { low, high } = wilson(k, n);
        expect(low).toBeLessThanOrEqual(k / n);
        expect(high).toBeGreaterThanOrEqual(k / n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(wilson(n - k, n).low).toBeCloseTo(1 - high, 12);
      }),
    );
  });

  test("no trial says nothing", () => expect(wilson(0, 0)).toEqual({ low: 0, high: 1, level: 0.95 }));
});

describe("clusteredWilson", () => {
  test.each(reference.clustered)("the formula, computed with NumPy", ({ strata, low, high, designEffect }) => {
    const scores = strata.flatMap((stratum, s) =>
      stratum.map(([defended = 0, of = 0], i) =>
        sessionScore(
          { id: `${s}-${i}`, baseline: `${s}`, agent: "a", condition: "bare", replicate: i },
          { defended, of },
        ),
      ),
    );
    const rate = clusteredWilson(scores);
    expect(rate.interval?.low).toBeCloseTo(low, 9);
    expect(rate.interval?.high).toBeCloseTo(high, 9);
    expect(rate.designEffect).toBeCloseTo(designEffect, 9);
  });

  test("is never narrower than if tests were independent", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 2, maxLength: 12 }), (defended) => {
        const rate = clusteredWilson(scoresOf([["x", "a", defended]]));
        const plain = wilson(rate.defended, rate.of);
        expect(rate.interval?.low).toBeLessThanOrEqual(plain.low + 1e-9);
        expect(rate.interval?.high).toBeGreaterThanOrEqual(plain.high - 1e-9);
      }),
    );
  });

  test("one session in each place gives no interval", () => {
    const rate = clusteredWilson(
      scoresOf([
        ["x", "a", [20]],
        ["y", "a", [12]],
      ]),
    );
    expect(rate).toMatchObject({ rate: 32 / 50, sessions: 2, interval: null, designEffect: null });
  });

  test("no session is a mistake", () => expect(() => clusteredWilson([])).toThrow(RangeError));
});

test("agreement of three sessions leaves 63 % open", () => {
  expect(spreadOf([0.96, 0.96, 0.96])).toMatchObject({ mean: 0.96, deviation: 0 });
  expect(spreadOf([0.96, 0.96, 0.96]).couldStillDiffer).toBeCloseTo(1 - 0.05 ** (1 / 3), 12);
  expect(spreadOf([0.6, 0.92]).couldStillDiffer).toBeNull();
  expect(spreadOf([0.6]).deviation).toBeNull();
});

test("there is one step only when all sessions have the same tests", () => {
  expect(
    stepOf([
      { defended: 3, of: 25 },
      { defended: 9, of: 25 },
    ]),
  ).toEqual({ of: 25, share: 0.04 });
  expect(
    stepOf([
      { defended: 3, of: 25 },
      { defended: 9, of: 24 },
    ]),
  ).toBeNull();
  expect(stepOf([])).toBeNull();
});

test("a tally counts each session once", () => {
  const [first, second] = tally(["bcrypt", "scrypt", "bcrypt"]);
  expect(first).toMatchObject({ choice: "bcrypt", sessions: 2, of: 3 });
  expect(second).toMatchObject({ choice: "scrypt", sessions: 1, of: 3 });
});
