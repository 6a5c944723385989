import { describe, expect, test } from "vitest";
import { permutationTest } from "../../src/stats/index.ts";
import { normalPermutation } from "../../src/stats/normal.ts";
import { seededRandom } from "../../src/util/random.ts";

const random = seededRandom(5);
/** Scores of 25 tests, as sessions have them. */
const scores = (n: number, skill: number) =>
  Array.from(
    { length: n },
    () => Array.from({ length: 25 }, () => Number(random() < skill)).reduce((a, b) => a + b, 0) / 25,
  );

describe("the normal approximation of the permutation test", () => {
  test.each([
    [0.8, 0.8],
    [0.8, 0.81],
    [0.8, 0.82],
    [0.5, 0.53],
  ])(
    "agrees with 200,000 random labellings at the size where it takes over: %f against %f",
    (a, b) => {
      const strata = [
        { a: scores(40, a), b: scores(60, b) },
        { a: scores(60, a - 0.2), b: scores(40, b - 0.2) },
      ];
      const drawn = permutationTest(strata, { random, draws: 200_000, exactWork: 0 });
      const normal = permutationTest(strata, { random });
      expect(normal.method).toEqual({ kind: "normal" });
      expect(normal.difference).toBeCloseTo(drawn.difference, 12);
      expect(Math.abs(normal.p - drawn.p)).toBeLessThan(0.05 * drawn.p + 0.003);
      const width = (drawn.interval?.high ?? 0) - (drawn.interval?.low ?? 0);
      expect(Math.abs((normal.interval?.low ?? 9) - (drawn.interval?.low ?? 0))).toBeLessThan(0.08 * width);
      expect(Math.abs((normal.interval?.high ?? 9) - (drawn.interval?.high ?? 0))).toBeLessThan(0.08 * width);
    },
    60_000,
  );

  test("is not used below 100 sessions a side", () => {
    const strata = [{ a: scores(99, 0.8), b: scores(200, 0.8) }];
    expect(permutationTest(strata, { random, draws: 1999 }).method.kind).not.toBe("normal");
    expect(permutationTest([{ a: scores(99, 0.8), b: scores(100, 0.8) }], { random }).method.kind).not.toBe("normal");
  });

  test("has an interval that excludes zero exactly when p says so", () => {
    for (let i = 0; i < 300; i++) {
      const { p, interval } = normalPermutation([{ a: scores(100, 0.8), b: scores(100, 0.8 + 0.04 * random()) }], 0.95);
      expect(interval.low > 0 || interval.high < 0).toBe(p <= 0.05);
    }
  });

  test("of sessions that agree exactly is no difference, certain", () => {
    const same = Array.from({ length: 100 }, () => 0.5);
    expect(normalPermutation([{ a: same, b: same }], 0.95)).toEqual({
      difference: 0,
      p: 1,
      interval: { low: expect.closeTo(0, 6), high: expect.closeTo(0, 6), level: 0.95 },
    });
  });
});
