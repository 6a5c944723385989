import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  choose,
  logGamma,
  noncentralStudentCdf,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from "../../src/stats/numeric.ts";
import reference from "./reference.json" with { type: "json" };

function near(actual: number, expected: number, absolute: number): void {
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(absolute);
}

describe("against SciPy", () => {
  test.each([
    ["logGamma", logGamma],
    ["normalCdf", normalCdf],
    ["normalQuantile", normalQuantile],
  ] as const)("%s", (name, own) => {
    for (const [x = 0, expected = 0] of reference.numeric[name]) {
      near(own(x), expected, 1e-11 * Math.max(1, Math.abs(expected)));
    }
  });

  test.each([
    ["studentQuantile", studentQuantile],
    ["studentCdf", studentCdf],
  ] as const)("%s", (name, own) => {
    for (const [x = 0, df = 0, expected = 0] of reference.numeric[name]) {
      near(own(x, df), expected, 1e-9 * Math.max(1, Math.abs(expected)));
    }
  });

  test("noncentralStudentCdf", () => {
    for (const [t = 0, df = 0, shift = 0, expected = 0] of reference.numeric.noncentralStudentCdf) {
      near(noncentralStudentCdf(t, df, shift), expected, 1e-8);
    }
  });
});

test("choose counts", () => {
  expect(choose(6, 3)).toBe(20);
  expect(choose(40, 20)).toBe(137_846_528_820);
  expect(choose(5, 7)).toBe(0);
});

test("quantiles undo distribution functions", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 500 }), (p, df) => {
      near(normalCdf(normalQuantile(p)), p, 1e-12);
      near(studentCdf(studentQuantile(p, df), df), p, 1e-9);
    }),
    { numRuns: 50 },
  );
});
