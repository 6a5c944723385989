import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clusteredWilson,
  compareAll,
  compareExploits,
  comparisonSentence,
  consistency,
  consistencySentence,
  decimal,
  detectableSentence,
  exploitComparisonSentence,
  exploitRateSentence,
  exploitRates,
  isShown,
  type Measure,
  percent,
  pText,
  rateSentence,
  sessionScore,
  spreadOf,
  spreadSentence,
  stepSentence,
  tally,
  tallySentence,
  testsApart,
  varianceComponents,
  varianceSentence,
} from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";
import { publishedTier2, scoresOf } from "./studies.ts";

const DIRECTION = /\b(better|worse|higher|lower|more often|less often|more secure|safer|outperform\w*|beats?|wins?)\b/i;
const cost: Measure = { name: "cost", unit: "dollars", better: "lower" };
const random = seededRandom(1);
const defended = fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 1, maxLength: 5 });
const anyScores = fc.tuple(defended, defended, defended, defended).map(([xp, xq, yp, yq]) =>
  scoresOf([
    ["x", "p", xp],
    ["x", "q", xq],
    ["y", "p", yp],
    ["y", "q", yq],
  ]),
);

describe("no direction without evidence", () => {
  test("comparisons", () => {
    fc.assert(
      fc.property(anyScores, fc.constantFrom("higher", "lower", "neither" as const), (scores, better) => {
        for (const c of compareAll(scores, "agent", { random })) {
          const sentence = comparisonSentence(c, { name: "score", unit: "share", better });
          const spans = c.kind === "compared" && (c.interval === null || (c.interval.low <= 0 && c.interval.high >= 0));
          if (spans) expect(sentence).not.toMatch(DIRECTION);
          expect(DIRECTION.test(sentence)).toBe(c.kind === "compared" && isShown(c));
        }
      }),
    );
  });

  test("exploit rows", () => {
    const rows = compareExploits(publishedTier2(), "baseline", ["fastapi", "nextjs"]);
    for (const row of rows) expect(exploitComparisonSentence(row, ["fastapi", "nextjs"])).not.toMatch(DIRECTION);
  });

  test("the other sentences never compare", () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        const values = scores.map((s) => s.value);
        expect(rateSentence("p", clusteredWilson(scores))).not.toMatch(DIRECTION);
        expect(spreadSentence("p", spreadOf(values))).not.toMatch(DIRECTION);
        expect(varianceSentence(varianceComponents(scores), scores.length)).not.toMatch(DIRECTION);
      }),
    );
  });
});

describe("every sentence says from how many", () => {
  test("sessions and tests", () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        const rate = clusteredWilson(scores);
        expect(rateSentence("all", rate)).toContain(
          `${rate.defended} of ${rate.of} tests defended in ${scores.length} sessions`,
        );
        for (const c of compareAll(scores, "agent", { random })) {
          if (c.kind !== "compared") continue;
          const sentence = comparisonSentence(c);
          for (const side of [c.a, c.b])
            expect(sentence).toContain(`${side.tests?.defended} of ${side.tests?.of} tests`);
          expect(sentence).toContain(`over ${c.a.sessions + c.b.sessions} sessions`);
        }
      }),
    );
  });

  test("tested beside planned", () => {
    const place = { id: "s", baseline: "x", agent: "p", condition: "bare", replicate: 1 };
    const score = sessionScore(place, { defended: 20, of: 25, tested: 23 });
    expect(rateSentence("p", clusteredWilson([score]))).toBe(
      "p: 80 % (20 of 25 tests defended in 1 session; only 23 of the 25 could be judged; no interval, since no place has two sessions to tell their spread from).",
    );
  });
});

describe("a difference that is shown", () => {
  const scores = scoresOf([
    ["x", "p", [24, 23, 24, 25]],
    ["x", "q", [12, 9, 14, 11]],
  ]);

  test("by a measure where more is good", () => {
    const [found] = compareAll(scores, "agent", { random });
    expect(found && comparisonSentence(found)).toBe(
      "Tests defended: p 96 % (96 of 100 tests, 4 sessions) against q 46 % (46 of 100 tests, 4 sessions): 50 tests of 100. " +
        "p did better than q: +50 points (95 % interval +36 to +64 points; p = 0.029, exact permutation test over 8 sessions). " +
        "These 8 sessions could have shown a difference of 15.1 points or more with 80 % power at the 5 % level.",
    );
  });

  test("by one where less is good, and by one with no good side", () => {
    const dollars = scores.map(({ defended: value, of: _o, tested: _t, ...place }) => ({ ...place, value }));
    const [found] = compareAll(dollars, "agent", { random });
    expect(found && comparisonSentence(found, cost)).toContain(
      "p did worse than q: +12.5 dollars (95 % interval +9 to +16 dollars;",
    );
    expect(found && comparisonSentence(found, { ...cost, better: "neither" })).toContain("p is higher than q: +12.5");
  });

  test("is taken back when the correction takes it", () => {
    const [found] = compareAll(scores, "agent", { random });
    if (found?.kind !== "compared") throw new Error("not compared");
    const sentence = comparisonSentence({ ...found, adjustedP: 0.17, comparisons: 6 });
    expect(sentence).toContain("No difference is shown");
    expect(sentence).toContain("which does not survive the correction");
    expect(sentence).toContain("p = 0.17 after Holm's correction for 6 comparisons");
  });

  test("says how sure random labellings make it", () => {
    const [found] = compareAll(scores, "agent", { random });
    if (found?.kind !== "compared") throw new Error("not compared");
    const drawn = { ...found, method: { kind: "monte-carlo" as const, draws: 1999, standardError: 0.0037 } };
    expect(comparisonSentence(drawn)).toContain(
      "p = 0.029 +- 0.0073, permutation test over 8 sessions, 1,999 random labellings",
    );
  });

  test("exploit rows name the side that defends", () => {
    const sessions = scoresOf(
      [
        ["x", "p", [1, 1, 1, 1, 1]],
        ["x", "q", [0, 0, 0, 0, 0]],
      ],
      1,
    ).map((s) => ({
      ...s,
      verdicts: [
        { id: "T1-04", tier: 1 as const, verdict: s.defended ? ("defended" as const) : ("exploited" as const) },
      ],
    }));
    const [row] = compareExploits(sessions, "agent", ["p", "q"]);
    expect(row && exploitComparisonSentence(row, ["p", "q"])).toBe(
      "T1-04: p 5 of 5 sessions, q 0 of 5; p defends it more often (+100 points, 95 % interval +38.6 to +100 points; p = 0.0079, exact test).",
    );
  });
});

test("what could have been shown, in words", () => {
  expect(detectableSentence({ kind: "nothing", smallestP: 0.1, alpha: 0.05 }, 6)).toBe(
    "6 sessions are too few to show any difference, however large: the smallest p they can give is 0.1.",
  );
  expect(detectableSentence({ kind: "unknown-spread" }, 4)).toContain("4 sessions without replicates");
  expect(detectableSentence({ kind: "no-spread" }, 8)).toContain("Replicates agree exactly");
  const effect = { kind: "effect" as const, deviation: 1, df: 4, power: 0.8, alpha: 0.05 };
  expect(detectableSentence({ ...effect, size: 0.2171 }, 12)).toContain("a difference of 21.8 points or more");
  expect(detectableSentence({ ...effect, size: 1.4 }, 6)).toContain("not even a difference of 100 points");
  expect(detectableSentence({ ...effect, size: 12_341 }, 6, cost)).toContain("a difference of 12,400 dollars or more");
});

test("the small sentences", () => {
  expect(stepSentence(null)).toBe(
    "Sessions have different numbers of tests, so that their scores have no one step size.",
  );
  expect(testsApart({ defended: 9, of: 24 }, { defended: 9, of: 24 })).toBe("no difference in 24 tests");
  expect(testsApart({ defended: 10, of: 24 }, { defended: 9, of: 24 })).toBe("one test of 24");
  expect(testsApart({ defended: 10, of: 24 }, { defended: 9, of: 25 })).toBe("10 of 24 against 9 of 25 tests");
  expect(spreadSentence("p", spreadOf([0.5]))).toBe("p: 50 % in 1 session, which says nothing about the spread.");
  expect(varianceSentence(null, 3)).toBe("3 sessions show no variance to explain.");
  expect(consistencySentence(consistency(publishedTier2()))).toBe(
    "All replicates agree in 30 of 32 cases of an exploit in a place (93.8 %; Krippendorff's alpha 0.91; 12 sessions).",
  );
  expect(consistencySentence(consistency([]))).toContain("No place has two judged replicates");
  expect(tally(["bcrypt", "bcrypt"]).map(tallySentence)).toEqual([
    "bcrypt: in 2 of 2 sessions (100 %; 95 % interval 34.2 to 100 %).",
  ]);
  expect(exploitRates(publishedTier2(), ["agent"]).map(exploitRateSentence)).toContain(
    "weak-password, claude-code: defended in 2 of 6 sessions (33.3 %; 95 % interval 9.7 to 70 %).",
  );
  expect(comparisonSentence({ kind: "not-comparable", factor: "agent", a: "p", b: "q" })).toBe(
    "Tests defended: p and q have no baseline and condition in common, so they are not compared.",
  );
});

describe("numbers", () => {
  test("are never rounded to what they are not", () => {
    expect(percent(0.9999)).toBe("over 99.9 %");
    expect(percent(0.0001)).toBe("under 0.1 %");
    expect(percent(1)).toBe("100 %");
    expect(percent(127 / 150)).toBe("84.7 %");
    expect(decimal(-0.01)).toBe("0");
    expect(decimal(40)).toBe("40");
    expect(pText(0.00001)).toBe("p < 0.001");
    expect(pText(0.0476)).toBe("p = 0.048");
  });
});
