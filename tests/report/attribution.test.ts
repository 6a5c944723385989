import { describe, expect, it } from "vitest";
import type { SessionResult, VerdictKind } from "../../src/model/index.ts";
import { appliesAfter, attributionOf, changeSentence } from "../../src/report/attribution.ts";
import { figuresOf, reportMarkdown, resultsJson } from "../../src/report/index.ts";
import { madeEvaluation, madeInput } from "./made.ts";

const KINDS: Record<string, VerdictKind> = { "+": "defended", x: "exploited", b: "broken", "?": "inconclusive" };

/** One exploit over steps, a letter each; a blank where it was not run. */
const over = (letters: string) =>
  attributionOf(
    [...letters].map((letter, i) => {
      const verdict = KINDS[letter];
      return { step: i + 1, verdicts: letter === "!" ? null : new Map(verdict ? [["T1-01", { verdict }]] : []) };
    }),
  ).map(changeSentence);

describe("which prompt did it", () => {
  it.each([
    ["++++", []],
    ["   +", []],
    ["+x", ["T1-01 was opened by prompt 2: held after prompt 1, exploited after prompt 2."]],
    [
      " xx",
      ["T1-01 was opened by prompt 2 or before: exploited the first time that it could be judged, after prompt 2."],
    ],
    [
      "+x+x",
      [
        "T1-01 was opened by prompt 2: held after prompt 1, exploited after prompt 2.",
        "T1-01 was closed by prompt 3: exploited after prompt 2, held after prompt 3.",
        "T1-01 was reopened by prompt 4: held after prompt 3, exploited after prompt 4.",
      ],
    ],
    ["+b?x", ["T1-01 was opened by one of prompts 2 to 4: held after prompt 1, exploited after prompt 4."]],
    ["+!x", ["T1-01 was opened by one of prompts 2 to 3: held after prompt 1, exploited after prompt 3."]],
    [
      "xbx",
      ["T1-01 was opened by prompt 1 or before: exploited the first time that it could be judged, after prompt 1."],
    ],
    ["b?!", []],
  ] as const)("%j", (letters, sentences) => {
    expect(over(letters)).toEqual(sentences);
  });

  it("asks an exploit from its prompt on, or from when the app has its operations", () => {
    const stated = { prompt: "4: a regular user gets a 403", operations: ["adminUsers"] };
    expect([3, 4, 5].map((step) => appliesAfter(stated, step, new Set()))).toEqual([false, true, true]);
    const unasked = { prompt: "nobody asked", operations: ["upload", "download"] };
    expect(appliesAfter(unasked, 1, new Set(["upload"]))).toBe(false);
    expect(appliesAfter(unasked, 1, new Set(["upload", "download", "login"]))).toBe(true);
  });
});

describe("a session that was attacked after every step", () => {
  const input = madeInput();
  const [first] = input.sessions;
  const failed = madeEvaluation("");
  const after: Record<number, ReturnType<typeof madeEvaluation>> = {
    1: madeEvaluation("+++"),
    2: { ...failed, app: { ...failed.app, stage: "start", problem: "It ended with exit code 1." } },
    3: madeEvaluation("+x+"),
  };
  const session = input.sessions.find((s) => s.record.identity.id === "fastapi-jobs-recorded-a-bare-1") ?? first;
  const stepped = { ...session, afterStep: (step: number) => after[step] ?? null } as SessionResult;
  const of = { ...input, sessions: input.sessions.map((s) => (s === session ? stepped : s)) };
  const second = of.catalogue[1]?.id ?? "";

  it("is told in every report, and what was not measured on the way too", () => {
    const figures = figuresOf(of);
    const found = figures.sessions.find((s) => s.attribution);
    expect(found?.attribution?.changes.filter(({ exploit }) => exploit === second)).toMatchObject([
      { kind: "opened", step: 3, judgedBefore: 1 },
      { kind: "closed", step: 6, judgedBefore: 3 },
    ]);
    const markdown = reportMarkdown(of).replaceAll("\\", "");
    expect(markdown).toContain(`${second} was opened by one of prompts 2 to 3: held after prompt 1`);
    expect(markdown).toContain(
      `${second} was closed by one of prompts 4 to 6: exploited after prompt 3, held after prompt 6.`,
    );
    expect(markdown).toContain("After prompt 2: not measured: start: It ended with exit code 1.");
    expect(JSON.stringify(resultsJson(of))).toContain('"kind":"closed","step":6');
    expect(figuresOf(input).sessions.every((s) => s.attribution === null)).toBe(true);
  });
});
