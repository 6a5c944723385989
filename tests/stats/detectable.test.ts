import { describe, expect, test } from "vitest";
import { minimumDetectable, minimumDetectableShare, permutationTest } from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";
import reference from "./reference.json" with { type: "json" };

/** n values with mean 0 and standard deviation 1. */
function unitValues(n: number): number[] {
  const raw = Array.from({ length: n }, (_, i) => i - (n - 1) / 2);
  const deviation = Math.sqrt(raw.reduce((sum, v) => sum + v * v, 0) / (n - 1));
  return raw.map((v) => v / deviation);
}

test.each(reference.detectable.means)("statsmodels agrees: $a against $b, power $power at $alpha", (known) => {
  const strata = [{ a: unitValues(known.a), b: unitValues(known.b) }];
  const found = minimumDetectable(strata, { power: known.power, alpha: known.alpha });
  if (found.kind !== "effect") return expect(found).toMatchObject({ kind: "nothing" });
  expect(found.size).toBeCloseTo(known.effect, 5);
});

test("sessions that really differ by it are shown to in about 80 of 100 studies", () => {
  const random = seededRandom(41);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const many = (n: number) => Array.from({ length: n }, normal);
  const model = [
    { a: unitValues(6), b: unitValues(6) },
    { a: unitValues(6), b: unitValues(6) },
  ];
  const found = minimumDetectable(model);
  const size = found.kind === "effect" ? found.size : Number.NaN;
  const studies = 400;
  let shown = 0;
  for (let i = 0; i < studies; i++) {
    const strata = [0, 1].map(() => ({ a: many(6).map((v) => v + size), b: many(6) }));
    if (permutationTest(strata, { random, exactWork: 0, draws: 499 }).p <= 0.05) shown++;
  }
  expect(shown / studies).toBeGreaterThan(0.72);
  expect(shown / studies).toBeLessThan(0.87);
});

describe("where no size can be given", () => {
  test("three against three can never reach 5 %", () => {
    expect(minimumDetectable([{ a: [0.6, 0.9, 0.7], b: [0.5, 0.8, 0.9] }])).toEqual({
      kind: "nothing",
      smallestP: 0.1,
      alpha: 0.05,
    });
  });

  test("one session in each place tells no spread", () => {
    const strata = Array.from({ length: 8 }, (_, i) => ({ a: [i / 10], b: [(i + 1) / 10] }));
    expect(minimumDetectable(strata)).toEqual({ kind: "unknown-spread" });
  });

  test("agreement is not certainty", () => {
    const same = [0.96, 0.96, 0.96, 0.96];
    expect(minimumDetectable([{ a: same, b: same }])).toEqual({ kind: "no-spread" });
  });
});

describe("one exploit's row", () => {
  test.each(reference.detectable.fisher)("has SciPy's power: $a against $b from $from", (known) => {
    const at = minimumDetectableShare({ a: known.a, b: known.b, from: known.from, power: known.power });
    expect(at).toBeCloseTo(known.to, 6);
  });

  test("six against six sessions show only drops from never to nearly always", () => {
    expect(minimumDetectableShare({ a: 6, b: 6, from: 0 })).toBeCloseTo(0.86, 2);
    expect(minimumDetectableShare({ a: 3, b: 3, from: 0 })).toBeNull();
    expect(minimumDetectableShare({ a: 0, b: 3, from: 0 })).toBeNull();
  });

  test("the approximation for many sessions joins on", () => {
    const exact = minimumDetectableShare({ a: 60, b: 60, from: 0.3 }) ?? 0;
    const approximate = minimumDetectableShare({ a: 61, b: 61, from: 0.3 }) ?? 0;
    expect(Math.abs(exact - approximate)).toBeLessThan(0.03);
  });
});
