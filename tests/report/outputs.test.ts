import { describe, expect, it } from "vitest";
import type { AcceptedHole, Evaluation } from "../../src/model/index.ts";
import {
  badgeOf,
  checkMarkdown,
  checkReport,
  githubAnnotations,
  junitXml,
  outcomeOf,
  sarifLog,
  verdictsCsv,
  verdictsNdjson,
} from "../../src/report/index.ts";
import { parseCsv } from "./csv.ts";
import { madeEvaluation, madeInput } from "./made.ts";
import { CATALOGUE } from "./made-catalogue.ts";
import { sarifErrors } from "./sarif-schema.ts";
import { parseXml } from "./xml.ts";

const letters = "+x+++b+++++++++x+++++?+x+x+x+-xxx";
const evaluation = madeEvaluation(letters);
const fell = evaluation.verdicts.filter((v) => v.verdict === "exploited").map(({ id }) => id);
const failed: Evaluation = {
  ...evaluation,
  verdicts: [],
  app: { ...evaluation.app, stage: "build", problem: "tsc ended with exit code 2." },
};
const accepted: AcceptedHole[] = [
  { id: "T2-08", reason: "the proxy sets it", expires: "2026-06-30" },
  { id: "T2-07", reason: "was to be mended by then", expires: "2026-05-31" },
  { id: "T1-01", reason: "mended since", expires: "2026-12-31" },
];
const today = "2026-06-30";
const outcome = outcomeOf(evaluation, CATALOGUE, accepted, today);

interface Log {
  runs: {
    tool: { driver: { rules: { id: string }[] } };
    invocations: { executionSuccessful: boolean; toolExecutionNotifications: { message: { text: string } }[] }[];
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      suppressions?: object[];
      locations?: {
        physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } };
      }[];
    }[];
  }[];
}

const logOf = (of: Evaluation, folder = "services/jobs app", fallback: string | null = "package.json") =>
  sarifLog(
    [{ name: "check", evaluation: of, outcome: outcomeOf(of, CATALOGUE, accepted, today), folder, fallback }],
    CATALOGUE,
    "0.1.0",
  ) as Log;

describe("accepted holes", () => {
  it("count until their last day has passed, and are named when they are no longer needed", () => {
    expect(outcome.holes.map(({ verdict }) => verdict.id).sort()).toEqual([...fell].sort());
    expect(outcome.open.map(({ verdict }) => verdict.id)).not.toContain("T2-08");
    expect(outcome.open.find(({ verdict }) => verdict.id === "T2-07")?.expired?.expires).toBe("2026-05-31");
    expect(outcome.needless.map(({ id }) => id)).toEqual(["T1-01"]);
    const later = outcomeOf(evaluation, CATALOGUE, accepted, "2026-07-01");
    expect(later.open.map(({ verdict }) => verdict.id)).toContain("T2-08");
  });

  it("are told apart for a person", () => {
    const options = { color: false, width: 100, verbose: false, reproduceHint: String };
    const text = checkReport(evaluation, CATALOGUE, options, outcome);
    expect(text).toContain(`${fell.length - 1} tests exploited`);
    expect(text).toMatch(/Accepted\n {2}- T2-08 hsts, until 2026-06-30: the proxy sets it/);
    expect(text).toMatch(/Accepted +until 2026-05-31, which has passed: was to be mended by then/);
    const all = fell.map((id) => ({ id, reason: "for now", expires: today }));
    const silent = checkReport(evaluation, CATALOGUE, options, outcomeOf(evaluation, CATALOGUE, all, today));
    expect(silent).toContain(`Nothing was exploited but ${fell.length} accepted holes.`);
    expect(silent).not.toContain("✕");
  });
});

describe("SARIF", () => {
  it("is valid 2.1.0, and would not be with a mistake in it", () => {
    expect(sarifErrors(logOf(evaluation))).toEqual([]);
    expect(sarifErrors(logOf(failed))).toEqual([]);
    const wrong = logOf(evaluation);
    Object.assign(wrong.runs[0]?.results[0] ?? {}, { level: "fatal" });
    expect(sarifErrors(wrong).join("\n")).toContain("level");
  });

  it("has the exploits that worked as results, at the place that the ledger knows", () => {
    const [run] = logOf(evaluation).runs;
    expect(run?.results.map(({ ruleId }) => ruleId).sort()).toEqual([...fell].sort());
    for (const { ruleId, ruleIndex } of run?.results ?? []) expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    const known: Evaluation = {
      ...evaluation,
      decisions: [
        { topic: "authorisation-style", choice: "per route", origin: "hand-written", file: "app/a b.py", line: 14 },
      ],
    };
    const entry = CATALOGUE.find(({ cwe, id }) => cwe === "CWE-639" && fell.includes(id));
    const placed = logOf(known).runs[0]?.results.find(({ ruleId }) => ruleId === entry?.id);
    expect(placed?.locations?.[0]?.physicalLocation).toMatchObject({
      artifactLocation: { uri: "services/jobs%20app/app/a%20b.py" },
      region: { startLine: 14 },
    });
    const elsewhere = logOf(evaluation, "", null).runs[0]?.results.filter(({ locations }) => !locations);
    expect(elsewhere?.length).toBeGreaterThan(0);
  });

  it("never takes what was not judged for a pass", () => {
    const [run] = logOf(evaluation).runs;
    const told = run?.invocations[0]?.toolExecutionNotifications.map(({ message }) => message.text).join("\n");
    expect(told).toContain("T1-06 could not be judged (broken)");
    expect(told).toContain("T1-22 could not be judged (inconclusive)");
    expect(logOf(failed).runs[0]?.invocations[0]).toMatchObject({ executionSuccessful: false });
  });

  it("suppresses accepted holes only", () => {
    const suppressed = logOf(evaluation).runs[0]?.results.filter((r) => r.suppressions);
    expect(suppressed?.map(({ ruleId }) => ruleId)).toEqual(["T2-08"]);
  });
});

describe("JUnit", () => {
  const suites = [
    { name: "a", evaluation, problem: null, accepted: [...accepted.slice(0, 1)] },
    { name: "b", evaluation: failed, problem: null },
    { name: "c", evaluation: null, problem: "the session is planned" },
  ];
  const root = parseXml([...junitXml(suites, CATALOGUE)].join(""));

  it("passes what was defended and nothing else", () => {
    const cases = root.children[0]?.children ?? [];
    const kind = (id: string) => cases.find((c) => c.attributes["name"]?.startsWith(id))?.children[0]?.name ?? "pass";
    for (const { id, verdict } of evaluation.verdicts) {
      const expected = {
        defended: "pass",
        exploited: "failure",
        broken: "error",
        inconclusive: "error",
        "not-applicable": "skipped",
      };
      expect(kind(id), id).toBe(id === "T2-08" ? "skipped" : expected[verdict]);
    }
    const count = (name: string) => String(cases.filter((c) => c.children[0]?.name === name).length);
    expect(root.children[0]?.attributes).toMatchObject({
      tests: String(evaluation.verdicts.length),
      failures: count("failure"),
      errors: count("error"),
      skipped: count("skipped"),
    });
  });

  it("says of an app that was not measured why, as an error", () => {
    for (const [i, why] of [
      [1, "tsc ended with exit code 2."],
      [2, "the session is planned"],
    ] as const) {
      const suite = root.children[i];
      expect(suite?.attributes).toMatchObject({ tests: "1", errors: "1" });
      expect(suite?.children[0]?.children[0]?.attributes["message"]).toBe(why);
    }
  });
});

describe("GitHub annotations", () => {
  it("has one command for each hole and each test without a verdict", () => {
    const text = githubAnnotations(evaluation, outcome, "services/jobs");
    const commands = text.trimEnd().split("\n");
    expect(commands.filter((c) => c.startsWith("::error "))).toHaveLength(outcome.open.length);
    expect(commands.filter((c) => c.startsWith("::warning "))).toHaveLength(2);
    expect(commands.filter((c) => c.startsWith("::notice "))).toHaveLength(2);
    expect(commands.at(-1)).toBe(`${outcome.open.length} holes open, 1 accepted, 30 of 33 tests judged.`);
  });

  it("escapes what would end a message or a property", () => {
    const nasty = madeEvaluation(letters, (t) => `${t}\n::error::100% made, up: so\r\n`);
    const text = githubAnnotations(nasty, outcomeOf(nasty, CATALOGUE), "a,b:c");
    for (const line of text.trimEnd().split("\n").slice(0, -1)) expect(line).toMatch(/^::(error|warning|notice) /);
  });

  it("fails loudly when the app did not come up", () => {
    expect(githubAnnotations(failed, outcomeOf(failed, CATALOGUE), "")).toMatch(/^::error .*Nothing was attacked/);
  });
});

describe("Markdown of a check", () => {
  it("has every open hole, and what could not be judged", () => {
    const text = checkMarkdown(evaluation, outcome);
    expect(text.match(/^### T\d-\d\d/gm)).toHaveLength(outcome.open.length);
    expect(text).toContain("## Could not be judged");
    expect(checkMarkdown(failed, outcomeOf(failed, CATALOGUE))).toContain("nothing is said about its security");
  });
});

describe("the badge", () => {
  it.each([
    ["+++", "3 of 3 held", "brightgreen"],
    ["++b", "2 of 3 held", "yellow"],
    [`${"+".repeat(19)}x`, "19 of 20 held", "orange"],
    ["+x", "1 of 2 held", "red"],
    ["b?", "not measured", "lightgrey"],
    ["", "not measured", "lightgrey"],
  ])("of %s says %s in %s", (some, message, color) => {
    const badge = badgeOf(madeEvaluation(some).verdicts.map(({ verdict }) => verdict));
    expect(badge).toEqual({ schemaVersion: 1, label: "unprompted", message, color });
  });
});

describe("verdicts.csv and verdicts.ndjson", () => {
  const input = madeInput();
  const [header = [], ...rows] = parseCsv([...verdictsCsv(input)].join(""));
  const lines = [...verdictsNdjson(input)].join("").trimEnd().split("\n");

  it("have one row for each stored verdict of a measured session", () => {
    const stored = input.sessions.flatMap(({ record, evaluation: of }) =>
      of?.app.stage === "ready" ? of.verdicts.map((v) => [record.identity.id, v.id, v.verdict, v.summary]) : [],
    );
    const at = ["session", "exploit", "verdict", "summary"].map((name) => header.indexOf(name));
    expect(rows.map((row) => at.map((i) => row[i]))).toEqual(stored);
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed.map((r) => [r["session"], r["exploit"], r["verdict"], r["summary"]])).toEqual(stored);
    expect(Object.keys(parsed[0] ?? {})).toEqual(header);
  });
});
