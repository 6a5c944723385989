import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  clusteredWilson,
  compareAll,
  comparisonSentence,
  exploitRates,
  groupBy,
  rateSentence,
  scoresIn,
  spreadOf,
  spreadSentence,
  stepOf,
  stepSentence,
  tally,
  testsApart,
  totalOf,
  varianceComponents,
  varianceSentence,
} from "../../src/stats/index.ts";
import { seededRandom } from "../../src/util/random.ts";
import { publishedRows, publishedScores, publishedTier2 } from "./studies.ts";

const oneDecimal = (share: number) => Math.round(share * 1000) / 10;
const byAgent = (tier: 1 | 2, agent: string) => publishedScores(tier).filter((s) => s.agent === agent);
const at = (agent: string, baseline: string) => byAgent(1, agent).filter((s) => s.baseline === baseline);

describe("the headlines of April 2026", () => {
  test("12 sessions: 2 baselines x 2 agents x 3 replicates", () => {
    const rows = publishedRows();
    expect(rows).toHaveLength(12);
    expect([...groupBy(rows, (r) => `${r.baseline} ${r.agent}`).values()].map((g) => g.length)).toEqual([3, 3, 3, 3]);
  });

  test.each([
    [1, "claude-code", 84.7],
    [1, "codex", 83.3],
    [2, "claude-code", 41.7],
    [2, "codex", 39.6],
  ] as const)("tier %i mean of %s is %f %%", (tier, agent, percent) => {
    const scores = byAgent(tier, agent);
    expect(oneDecimal(spreadOf(scores.map((s) => s.value)).mean)).toBe(percent);
    expect(oneDecimal(clusteredWilson(scores).rate)).toBe(percent);
  });

  test.each([
    ["claude-code", "fastapi", 96, 96, 96],
    ["codex", "fastapi", 92, 92, 92],
    ["claude-code", "nextjs", 73.3, 60, 92],
    ["codex", "nextjs", 74.7, 56, 88],
  ])("%s on %s: %f, from %f to %f", (agent, baseline, mean, low, high) => {
    const spread = spreadOf(at(agent, baseline).map((s) => s.value));
    expect([spread.mean, spread.low, spread.high].map(oneDecimal)).toEqual([mean, low, high]);
    expect(spread.deviation === 0).toBe(low === high);
  });

  test.each([
    ["weak-password", 2, 1],
    ["enumeration", 6, 6],
    ["path-traversal", 6, 6],
    ["odd-pages", 6, 6],
    ["throttle", 0, 0],
    ["nosniff", 0, 0],
    ["frame-options", 0, 0],
    ["hsts", 0, 0],
  ])("tier 2: %s %i of 6 and %i of 6", (exploit, claude, codex) => {
    const rates = exploitRates(publishedTier2(), ["agent"]).filter((r) => r.exploit === exploit);
    expect(rates.map((r) => [r.group[0], r.defended, r.of])).toEqual([
      ["claude-code", claude, 6],
      ["codex", codex, 6],
    ]);
  });

  test("those tier-2 verdicts add up to the table's scores", () => {
    const strip = publishedScores(2).map(({ id, defended, of }) => ({ id, defended, of }));
    expect(scoresIn(publishedTier2(), 2).map(({ id, defended, of }) => ({ id, defended, of }))).toEqual(strip);
  });

  test("choices: bcrypt in 6 of 6; JWT libraries as the table says, not as its prose does", () => {
    const rows = publishedRows();
    const of = (agent: string, field: "passwordHashing" | "jwt") =>
      tally(rows.filter((r) => r.agent === agent).map((r) => r[field])).map((t) => [t.choice, t.sessions]);
    expect(of("claude-code", "passwordHashing")).toEqual([["bcrypt", 6]]);
    expect(of("codex", "passwordHashing")).toEqual([
      ["pbkdf2", 3],
      ["scrypt", 3],
    ]);
    expect(of("claude-code", "jwt")).toEqual([
      ["jsonwebtoken", 3],
      ["PyJWT", 2],
      ["python-jose", 1],
    ]);
    expect(tally(rows.map((r) => r.functional)).map((t) => [t.choice, t.sessions])).toEqual([
      ["pass", 6],
      ["fail", 6],
    ]);
  });
});

describe("what the headlines amount to", () => {
  const random = seededRandom(1);

  test("one requirement in 25 is the step size", () => {
    expect(stepOf(publishedScores(1))).toEqual({ of: 25, share: 0.04 });
    expect(stepSentence(stepOf(publishedScores(1)), "requirement")).toBe(
      "One requirement in 25 is the step size: two sessions that differ at all differ by 4 points or more.",
    );
  });

  test("84.7 against 83.3 is two tests of 150", () => {
    const [claude, codex] = [totalOf(byAgent(1, "claude-code")), totalOf(byAgent(1, "codex"))];
    expect([claude, codex]).toEqual([
      { defended: 127, of: 150 },
      { defended: 125, of: 150 },
    ]);
    expect(testsApart(claude, codex)).toBe("two tests of 150");
  });

  test("half of the variance is the baseline, half the replicates, next to nothing the agent", () => {
    const found = varianceComponents(publishedScores(1));
    expect(found).toMatchObject({ balanced: true, sessions: 12 });
    expect(found?.components.map((c) => [c.source, oneDecimal(c.share)])).toEqual([
      ["baseline", 51.4],
      ["agent", 0.2],
      ["interaction", 0.9],
      ["replicate", 47.5],
    ]);
  });

  test("every sentence, as a reader gets it", async () => {
    const lines = ([1, 2] as const).flatMap((tier) => {
      const scores = publishedScores(tier);
      const places = [...groupBy(scores, (s) => `${s.baseline}, ${s.agent}`)];
      return [
        `## tier ${tier}`,
        ...[...groupBy(scores, (s) => s.agent)].map(([agent, own]) => rateSentence(agent, clusteredWilson(own))),
        ...places.map(([place, own]) => spreadSentence(place, spreadOf(own.map((s) => s.value)))),
        ...(["agent", "baseline"] as const).flatMap((f) =>
          compareAll(scores, f, { random }).map((c) =>
            comparisonSentence(c, { name: `tier ${tier} tests defended`, unit: "share", better: "higher" }),
          ),
        ),
        varianceSentence(varianceComponents(scores), scores.length),
        stepSentence(stepOf(scores), tier === 1 ? "requirement" : "test"),
      ];
    });
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(join(import.meta.dirname, "published.sentences.md"));
  });

  test("the table is the one that was handed over", () => {
    const text = readFileSync(join(import.meta.dirname, "published-2026-04.csv"), "utf8");
    expect(text.trim().split("\n")).toHaveLength(13);
    expect(text).toContain("nx-codex-3,nextjs,codex,0.116.0,gpt-5.4,3,fail,80,50,scrypt,hand-rolled");
  });
});
