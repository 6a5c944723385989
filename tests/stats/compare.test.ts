import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareAll,
  compareExploits,
  compareLevels,
  exploitAdjusted,
  exploitRates,
  isShown,
  type JudgedExploit,
  type SessionVerdicts,
  scoresIn,
  withHolm,
} from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";
import { publishedTier2, scoresOf } from "./studies.ts";

const random = seededRandom(1);

describe("compareLevels", () => {
  test("stratifying undoes Simpson's paradox", () => {
    const scores = scoresOf([
      ["easy", "p", [24]],
      ["hard", "p", [12, 13, 11, 12]],
      ["easy", "q", [22, 22, 22, 22]],
      ["hard", "q", [10]],
    ]);
    const found = compareLevels(scores, "agent", ["p", "q"], { random });
    expect(found).toMatchObject({ kind: "compared", strata: 2, unpaired: 0 });
    if (found.kind !== "compared") return;
    expect(found.a.mean).toBeLessThan(found.b.mean);
    expect(found.difference).toBeCloseTo(0.08, 12);
  });

  test("sessions without a counterpart are left out and counted", () => {
    const scores = scoresOf([
      ["x", "p", [20, 21]],
      ["x", "q", [19, 18]],
      ["y", "p", [5, 5, 5]],
    ]);
    expect(compareLevels(scores, "agent", ["p", "q"], { random })).toMatchObject({
      a: { sessions: 2, tests: { defended: 41, of: 50 } },
      b: { sessions: 2, tests: { defended: 37, of: 50 } },
      strata: 1,
      unpaired: 3,
    });
  });

  test("agents that never met are not compared", () => {
    const scores = scoresOf([
      ["x", "p", [20, 21]],
      ["y", "q", [19, 18]],
    ]);
    expect(compareLevels(scores, "agent", ["p", "q"], { random })).toEqual({
      kind: "not-comparable",
      factor: "agent",
      a: "p",
      b: "q",
    });
  });

  test("measures that count no tests have none", () => {
    const seconds = scoresOf([
      ["x", "p", [20, 21]],
      ["x", "q", [19, 18]],
    ]).map(({ defended: _d, of: _o, tested: _t, value, ...place }) => ({ ...place, value: value * 1000 }));
    const found = compareLevels(seconds, "agent", ["p", "q"], { random });
    expect(found.kind === "compared" && found.a.tests).toBeNull();
  });
});

test("all pairs, corrected among those compared", () => {
  const scores = scoresOf([
    ["x", "p", [20, 21, 24, 22]],
    ["x", "q", [9, 8, 7, 6]],
    ["x", "r", [9, 10, 7, 8]],
    ["y", "s", [9, 10]],
  ]);
  const found = compareAll(scores, "agent", { random });
  expect(found).toHaveLength(6);
  const compared = found.filter((c) => c.kind === "compared");
  expect(compared.map((c) => [c.a.name, c.b.name, c.comparisons])).toEqual([
    ["p", "q", 3],
    ["p", "r", 3],
    ["q", "r", 3],
  ]);
  expect(compared[0]?.p).toBeCloseTo(2 / 70, 12);
  expect(compared[0]?.adjustedP).toBeCloseTo(6 / 70, 12);
  expect(compared[0] && isShown(compared[0])).toBe(false);
  const alone = withHolm(compared.slice(0, 1)).filter((c) => c.kind === "compared");
  expect(alone[0] && isShown(alone[0])).toBe(true);
});

test("an interval that touches zero shows nothing, whatever p says", () => {
  const interval = { low: 0, high: 0.2, level: 0.95 };
  expect(isShown({ interval, adjustedP: 0.001 })).toBe(false);
  expect(isShown({ interval: { ...interval, low: 0.01 }, adjustedP: 0.001 })).toBe(true);
  expect(isShown({ interval: { low: -0.2, high: 0, level: 0.95 }, adjustedP: 0.001 })).toBe(false);
  expect(isShown({ interval: null, adjustedP: 0.001 })).toBe(false);
});

const outcome = fc.constantFrom("defended", "exploited", "broken", "inconclusive", "not-applicable" as const);
const anySessions = fc.array(
  fc.record({
    id: fc.constant("s"),
    baseline: fc.constantFrom("x", "y"),
    agent: fc.constantFrom("p", "q"),
    condition: fc.constant("bare"),
    replicate: fc.integer({ min: 1, max: 3 }),
    verdicts: fc
      .array(outcome, { minLength: 4, maxLength: 4 })
      .map((all) => all.map((verdict, i) => ({ id: `T1-0${i}`, tier: 1, verdict }) as JudgedExploit)),
  }),
  { minLength: 1, maxLength: 12 },
);

describe("exploit by exploit", () => {
  test("complete verdicts give the test of the plain scores", () => {
    const sessions = publishedTier2();
    const plain = compareLevels(scoresIn(sessions, 2), "agent", ["claude-code", "codex"], { random });
    const values = exploitAdjusted(sessions, "agent", ["claude-code", "codex"]);
    const adjusted = compareLevels(values, "agent", ["claude-code", "codex"], { random });
    if (plain.kind !== "compared" || adjusted.kind !== "compared") throw new Error("not compared");
    expect(adjusted.difference).toBeCloseTo(plain.difference, 12);
    expect(adjusted.p).toBeCloseTo(plain.p, 12);
    expect(adjusted.interval?.low).toBeCloseTo(plain.interval?.low ?? Number.NaN, 9);
  });

  test("being judged only on the hard exploits is not held against a group", () => {
    const session = (agent: string, replicate: number, easy: JudgedExploit["verdict"]): SessionVerdicts => ({
      id: `${agent}${replicate}`,
      baseline: "x",
      agent,
      condition: "bare",
      replicate,
      verdicts: [
        { id: "easy", tier: 1, verdict: easy },
        { id: "hard", tier: 1, verdict: "exploited" },
      ],
    });
    const sessions = [1, 2, 3].flatMap((i) => [session("p", i, "defended"), session("q", i, "inconclusive")]);
    const plain = compareLevels(scoresIn(sessions, 1, "tested"), "agent", ["p", "q"], { random });
    const fair = compareLevels(exploitAdjusted(sessions, "agent", ["p", "q"]), "agent", ["p", "q"], { random });
    expect(plain.kind === "compared" && plain.difference).toBe(0.5);
    expect(fair.kind === "compared" && fair.difference).toBe(0);
  });

  test("the published weak password: 2 of 6 against 1 of 6", () => {
    const rows = compareExploits(publishedTier2(), "agent", ["claude-code", "codex"]);
    expect(rows).toHaveLength(8);
    expect(rows.at(-1)).toMatchObject({
      exploit: "weak-password",
      a: { defended: 2, of: 6 },
      b: { defended: 1, of: 6 },
      p: 1,
      smallestP: 0.005,
      comparisons: 8,
    });
  });

  test("rows and rates count the same verdicts, whatever they are", () => {
    fc.assert(
      fc.property(anySessions, (sessions) => {
        const rates = exploitRates(sessions, ["agent"]);
        for (const { defended, of, rate } of rates) expect(rate).toBe(defended / of);
        for (const row of compareExploits(sessions, "agent", ["p", "q"])) {
          const known = rates.filter((r) => r.exploit === row.exploit);
          for (const [name, side] of [
            ["p", row.a],
            ["q", row.b],
          ] as const) {
            const rate = known.find((r) => r.group[0] === name);
            expect(side.of).toBeLessThanOrEqual(rate?.of ?? 0);
            expect(side.defended).toBeLessThanOrEqual(rate?.defended ?? 0);
          }
          expect(row.adjustedP).toBeGreaterThanOrEqual(row.p - 1e-12);
        }
      }),
    );
  });
});
