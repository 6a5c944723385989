import { describe, expect, it } from "vitest";
import { type CheckOptions, checkReport, runTable } from "../../src/report/index.ts";
import { madeEvaluation, madeInput } from "./made.ts";
import { CATALOGUE } from "./made-catalogue.ts";

const options: CheckOptions = {
  color: false,
  width: 80,
  verbose: false,
  reproduceHint: (id) => `unprompted reproduce runs/check ${id}`,
};
const letters = "+x+++b+++++++++x+++++?+x+x+x+-xxx";

function longest(text: string, except: RegExp): number {
  return Math.max(
    ...text
      .split("\n")
      .filter((line) => !except.test(line))
      .map((line) => [...line].length),
  );
}

describe("checkReport", () => {
  const text = checkReport(madeEvaluation(letters, undefined, undefined, 2), CATALOGUE, options);

  it("starts with what holds, of how many, and how many could not be tested", () => {
    expect(text.split("\n\n")[0]?.replaceAll("\n", " ")).toBe(
      "jobs: 20 of 25 stated requirements hold (2 could not be tested), 2 of 7 hardening measures that nobody asked for. 29 of 31 functional checks pass. FastAPI, sandbox: bubblewrap.",
    );
  });

  it("tells of each exploited test what happened, why, how to fix and how to reproduce it", () => {
    expect(text.match(/^✕ .*$/gm)).toHaveLength(8);
    const block = text.slice(text.indexOf("✕ T1-16"), text.indexOf("✕ T1-24"));
    expect(block.replace(/\s+/g, " ")).toBe(
      "✕ T1-16 Nobody registers as admin [critical] The second user read the first user's job: the answer held its name and its description. Why it matters Whoever guesses an id gets what it names (role-assignment); ids count up from one. Fix Compare the owner with the token's user in one place that every route goes through, and answer 404. Standard CWE-639, OWASP API1:2023 Broken Object Level Authorization Reproduce unprompted reproduce runs/check T1-16 ",
    );
  });

  it("keeps apart what is broken, undecided, not applicable, not working and deviating, in that order", () => {
    const order = [
      "✕ T2-08",
      "Broken:",
      "T1-06",
      "Inconclusive:",
      "T1-22",
      "Not applicable",
      "T2-05",
      "Features that",
      "Where the app differs",
      "8 tests exploited",
    ];
    const places = order.map((words) => text.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(text.trimEnd().split("\n").slice(-2).join(" ").trim()).toBe(
      "8 tests exploited: 2 critical, 3 medium and 3 low. 2 tests could not be judged. 17.2 s.",
    );
  });

  it.each([40, 60, 80, 120])("keeps to %i columns, all but the command to copy", (width) => {
    const wrapped = checkReport(madeEvaluation(letters, undefined, undefined, 2), CATALOGUE, {
      ...options,
      width,
      verbose: true,
    });
    expect(longest(wrapped, /^ {2}Reproduce/)).toBeLessThanOrEqual(width);
  });

  it("is coloured only when asked, and says the same", () => {
    expect(text).not.toContain("\u001b");
    const coloured = checkReport(madeEvaluation(letters, undefined, undefined, 2), CATALOGUE, {
      ...options,
      color: true,
    });
    expect(coloured).toContain("\u001b[31m");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(text);
  });

  it("does not say that nothing was exploited when nothing could be tested", () => {
    expect(checkReport(madeEvaluation("b".repeat(33)), CATALOGUE, options)).toContain(
      "Nothing could be tested. 33 tests could not be judged.",
    );
    expect(checkReport(madeEvaluation("+".repeat(33)), CATALOGUE, options)).toContain(
      "\nNothing was exploited. 17.2 s.\n",
    );
  });

  it("gives the stage, the reason and the last words of an app that did not start, and no score", () => {
    const evaluation = madeEvaluation(letters);
    const failed = checkReport(
      {
        ...evaluation,
        app: {
          ...evaluation.app,
          stage: "start",
          problem: "It ended with exit code 1.",
          log: "Traceback\nKeyError: 'X'\n",
        },
      },
      CATALOGUE,
      options,
    );
    expect(failed).toBe(
      "jobs could not be tested: it failed at \"start\".\n  It ended with exit code 1.\n\nIts last words\n  | Traceback\n  | KeyError: 'X'\n\nNothing was attacked, so nothing is said about its security.\n",
    );
  });
});

describe("runTable", () => {
  const input = madeInput();

  it("has a row for each measured session and names the others with stage and reason", () => {
    const text = runTable(input, { color: false, width: 120 });
    expect(text).toMatch(/^fastapi-jobs-recorded-a-bare-1 .* 31\/31 +24\/25 +96 % +25\/25 +3\/8 +37.5 %/m);
    expect(text).toMatch(/^recorded-b +2\/3 +43\/50 +86 % +49\/50 +4\/15/m);
    expect(text).toContain("  nextjs-jobs-recorded-b-bare-1: build\n    next build ended with exit code 1.\n");
    expect(text).not.toMatch(/^nextjs-jobs-recorded-b-bare-1 .*0/m);
  });

  it.each([40, 60, 80, 100, 160])("fits into %i columns", (width) => {
    expect(longest(runTable(input, { color: false, width }), /^$/)).toBeLessThanOrEqual(width);
  });

  it("says so when nothing was measured", () => {
    const text = runTable({ ...input, sessions: [] }, { color: false, width: 80 });
    expect(text).toMatch(/^Nothing was measured: none of 6 sessions gave verdicts\.\n/);
    expect(text).not.toContain("0 %");
  });
});
