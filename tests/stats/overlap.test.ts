import { describe, expect, test } from "vitest";
import type { Finding, ScannerRun } from "../../src/model/scan.ts";
import { choiceOf, choicesOf, fits, overlapOf, type SessionLedger } from "../../src/stats/index.ts";

const finding = (more: Partial<Finding>): Finding => ({
  ...{ rule: "r", message: "m", severity: "high", cwe: [], file: null, line: null, url: null },
  ...more,
});

const ran = (scanner: string, ...findings: Finding[]): ScannerRun => ({
  ...{ state: "ran", scanner, reads: "source", version: "1", rules: [], seconds: 1, incomplete: [] },
  findings,
});

describe("a CWE fits", () => {
  test.each([
    ["CWE-89", "CWE-89", "the same"],
    ["CWE-916", "CWE-327", "an ancestor"],
    ["CWE-327", "CWE-760", "a descendant"],
    ["CWE-1188", "CWE-798", "kin"],
    ["CWE-1188", "CWE-259", "below kin"],
    ["CWE-942", "CWE-346", "kin"],
  ])("%s and %s: %s", (exploit, other) => {
    expect(fits(exploit, other)).toBe(true);
  });

  test.each([
    ["CWE-89", "CWE-22"],
    ["CWE-639", "CWE-306"],
    ["CWE-942", "CWE-209"],
    // Both lie below CWE-693, which is too wide to join anything.
    ["CWE-347", "CWE-1021"],
  ])("%s and %s: not", (exploit, other) => {
    expect(fits(exploit, other)).toBe(false);
  });
});

describe("overlap", () => {
  const sql = { exploit: "T1-11", cwe: "CWE-89", files: ["jobs.py"], paths: ["/jobs/search"] };

  test("wants the same file and a fitting CWE, or the same URL", () => {
    const here = finding({ cwe: ["CWE-89"], file: "jobs.py", line: 3 });
    const elsewhere = finding({ cwe: ["CWE-89"], file: "admin.py" });
    const other = finding({ cwe: ["CWE-22"], file: "jobs.py" });
    const url = finding({ url: "GET /jobs/search?q=1" });
    const wrongUrl = finding({ url: "GET /health" });
    const wrongWeakness = finding({ url: "GET /jobs/search", cwe: ["CWE-693"] });
    const { holes, unsupported } = overlapOf(
      [sql],
      [ran("a", here, elsewhere, other), ran("b", url, wrongUrl, wrongWeakness)],
    );
    expect(holes[0]?.pointers).toEqual([
      { scanner: "a", finding: here, how: "file and CWE" },
      { scanner: "b", finding: url, how: "URL" },
    ]);
    expect(unsupported.map((one) => one.finding)).toEqual([elsewhere, other, wrongUrl, wrongWeakness]);
  });

  test("says that it rests on the CWE alone where the file of the hole is not known", () => {
    const said = finding({ cwe: ["CWE-89"], file: "any.py" });
    const { holes } = overlapOf([{ ...sql, files: null }], [ran("a", said)]);
    expect(holes[0]?.pointers).toEqual([{ scanner: "a", finding: said, how: "CWE alone" }]);
  });

  test("takes nothing from a scanner that did not run", () => {
    const silent: ScannerRun = { state: "not run", scanner: "zap", reads: "running app", reason: "not installed" };
    expect(overlapOf([sql], [silent])).toEqual({ holes: [{ hole: sql, pointers: [] }], unsupported: [] });
  });
});

describe("choices", () => {
  const ledger = (agent: string, replicate: number, choice: string, step: number | null = 1): SessionLedger => ({
    ...{ session: `${agent}.${replicate}`, baseline: "b", agent, condition: "bare", replicate },
    decisions: [
      { topic: "jwt-library", choice, origin: "library", file: "auth.py", line: 1, by: "source", step },
      { topic: "cors-methods-told", choice: "none", origin: "absent", file: null, line: null, by: "behaviour" },
    ],
  });

  test("are tallied a topic, with the step, and replicates agree or not", () => {
    const topics = choicesOf([
      ledger("x", 1, "pyjwt"),
      ledger("x", 2, "pyjwt", 3),
      ledger("y", 1, "jose"),
      ledger("y", 2, "pyjwt"),
    ]);
    const jwt = topics.find(({ topic }) => topic === "jwt-library");
    expect(jwt?.tally).toEqual([
      { choice: "pyjwt", sessions: 3 },
      { choice: "jose", sessions: 1 },
    ]);
    expect(jwt?.agreements).toEqual([
      { baseline: "b", agent: "x", condition: "bare", replicates: 2, agree: true },
      { baseline: "b", agent: "y", condition: "bare", replicates: 2, agree: false },
    ]);
    expect(jwt?.consistency).toEqual({ places: 2, agreed: 1, share: 0.5 });
    expect(jwt?.sessions[1]?.choices[0]?.step).toBe(3);
  });

  test("of single replicates agree with nothing: the share is unknown, not one", () => {
    const [topic] = choicesOf([ledger("x", 1, "pyjwt"), ledger("y", 1, "jose")]);
    expect(topic?.consistency).toEqual({ places: 0, agreed: 0, share: null });
    expect(topic?.agreements.map(({ agree }) => agree)).toEqual([null, null]);
  });

  test("that only behaviour shows stand for themselves; a topic that a session lacks does not apply", () => {
    const bare: SessionLedger = { ...ledger("z", 1, "pyjwt"), decisions: [] };
    const topics = choicesOf([ledger("x", 1, "pyjwt"), bare]);
    const told = topics.find(({ topic }) => topic === "cors-methods-told");
    expect(told?.sessions.map(choiceOf)).toEqual(["none (behaviour)", "does not apply"]);
  });
});
