import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareTables, exactConditionalP } from "../../src/stats/index.ts";
import reference from "./reference.json" with { type: "json" };

const count = fc
  .integer({ min: 1, max: 12 })
  .chain((of) => fc.integer({ min: 0, max: of }).map((defended) => ({ defended, of })));
const tables = fc.array(fc.record({ a: count, b: count }), { minLength: 1, maxLength: 4 });

test.each(reference.tables)("SciPy and statsmodels agree: $p", (known) => {
  const result = compareTables(known.tables);
  expect(result?.p).toBeCloseTo(known.p, 11);
  expect(result?.difference).toBeCloseTo(known.difference, 12);
  if (known.fisher !== undefined) expect(result?.p).toBeCloseTo(known.fisher, 11);
  if (known.newcombe !== undefined) {
    expect(result?.interval.low).toBeCloseTo(known.newcombe[0] ?? Number.NaN, 9);
    expect(result?.interval.high).toBeCloseTo(known.newcombe[1] ?? Number.NaN, 9);
  }
});

test("R's example of mantelhaen.test(exact = TRUE): penicillin and rabbits", () => {
  const cured = [
    [0, 6, 0, 5],
    [3, 3, 0, 6],
    [6, 0, 2, 4],
    [5, 1, 6, 0],
    [2, 0, 5, 0],
  ].map(([a = 0, notA = 0, b = 0, notB = 0]) => ({
    a: { defended: a, of: a + notA },
    b: { defended: b, of: b + notB },
  }));
  expect(exactConditionalP(cured)).toBeCloseTo(0.03994, 5);
});

describe("for any tables", () => {
  test("p is a probability, no smaller than the smallest, and does not care for the order of groups", () => {
    fc.assert(
      fc.property(tables, (strata) => {
        const result = compareTables(strata);
        const turned = compareTables(strata.map(({ a, b }) => ({ a: b, b: a })));
        expect(result?.p).toBeGreaterThanOrEqual((result?.smallestP ?? 1) - 1e-12);
        expect(result?.p).toBeLessThanOrEqual(1);
        expect(turned?.p).toBeCloseTo(result?.p ?? Number.NaN, 10);
        expect(turned?.difference).toBeCloseTo(-(result?.difference ?? Number.NaN), 12);
      }),
    );
  });

  test("the interval holds the difference", () => {
    fc.assert(
      fc.property(tables, (strata) => {
        const result = compareTables(strata);
        expect(result?.interval.low).toBeLessThanOrEqual((result?.difference ?? 0) + 1e-12);
        expect(result?.interval.high).toBeGreaterThanOrEqual((result?.difference ?? 0) - 1e-12);
      }),
    );
  });
});

test("strata with one group only change nothing, and alone compare nothing", () => {
  const both = { a: { defended: 5, of: 6 }, b: { defended: 1, of: 6 } };
  const lonely = { a: { defended: 4, of: 4 }, b: { defended: 0, of: 0 } };
  expect(compareTables([both, lonely])).toEqual(compareTables([both]));
  expect(compareTables([lonely])).toBeNull();
});
