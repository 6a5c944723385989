import fc from "fast-check";
import { expect, test } from "vitest";
import { bootstrap, quantile } from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";
import reference from "./reference.json" with { type: "json" };

const meanOf = (strata: readonly (readonly number[])[]) =>
  strata.flat().reduce((a, b) => a + b, 0) / strata.flat().length;

test("SciPy's percentile bootstrap agrees", () => {
  const { values, low, high, standardError } = reference.bootstrap;
  const found = bootstrap({ strata: [values], statistic: meanOf, random: seededRandom(2), draws: 20_000 });
  expect(Math.abs(found.interval.low - low)).toBeLessThanOrEqual(0.0051);
  expect(Math.abs(found.interval.high - high)).toBeLessThanOrEqual(0.0051);
  expect(found.standardError / standardError).toBeCloseTo(1, 1);
  expect(found.tooFewSessions).toBe(false);
});

test("sessions stay in their stratum, and stay whole", () => {
  const strata = [
    [{ place: "x", tests: [1, 0] }],
    [
      { place: "y", tests: [1, 1] },
      { place: "y", tests: [0, 0] },
    ],
  ];
  bootstrap({
    strata,
    random: seededRandom(4),
    draws: 100,
    statistic: (drawn) => {
      expect(drawn.map((s) => s.map((session) => session.place))).toEqual([["x"], ["y", "y"]]);
      for (const session of drawn.flat()) expect(strata.flat()).toContain(session);
      return 0;
    },
  });
});

test("the interval of a mean lies within the values, and the seed decides it", () => {
  const values = fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(values, fc.integer(), (own, seed) => {
      const run = () => bootstrap({ strata: [own], statistic: meanOf, random: seededRandom(seed), draws: 60 });
      const { interval, tooFewSessions } = run();
      expect(interval.low).toBeGreaterThanOrEqual(Math.min(...own) - 1e-9);
      expect(interval.high).toBeLessThanOrEqual(Math.max(...own) + 1e-9);
      expect(tooFewSessions).toBe(own.length < 8);
      expect(run().interval).toEqual(interval);
    }),
    { numRuns: 40 },
  );
});

test("quantiles are NumPy's", () => {
  expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
  expect(quantile([1, 2, 4, 8], 0.25)).toBe(1.75);
  expect(quantile([7], 0.9)).toBe(7);
});
