import { describe, expect, test } from "vitest";
import { cweIn, readSarif } from "../../src/scanners/sarif.ts";

const log = (result: object, rule: object = {}, run: object = {}) =>
  JSON.stringify({
    version: "2.1.0",
    runs: [{ tool: { driver: { name: "t", rules: [{ id: "R1", ...rule }] } }, results: [result], ...run }],
  });
const at = (uri: string, startLine = 3) => ({
  locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine } } }],
});

describe("SARIF as tools write it", () => {
  test.each([
    ["CodeQL's tags", { properties: { tags: ["security", "external/cwe/cwe-089"] } }, {}],
    ["Semgrep's tags", { properties: { tags: ["CWE-89: SQL Injection"] } }, {}],
    ["a property", { properties: { cwe: "CWE-89" } }, {}],
    ["a relationship", { relationships: [{ target: { id: "CWE-89" } }] }, {}],
    ["taxa", {}, { taxa: [{ id: "89" }] }],
  ])("names the CWE by %s", (_what, rule, more) => {
    const { findings } = readSarif(log({ ruleId: "R1", message: { text: "m" }, ...at("a.py"), ...more }, rule), null);
    expect(findings[0]).toMatchObject({ rule: "R1", cwe: ["CWE-89"], file: "a.py", line: 3 });
  });

  test.each([
    ["error", undefined, "high"],
    ["warning", undefined, "medium"],
    ["note", undefined, "low"],
    ["none", undefined, "info"],
    ["note", "9.8", "critical"],
    ["error", "0.0", "info"],
    ["warning", "not a number", "medium"],
    [undefined, undefined, "medium"],
  ])("level %s and a score of %s are %s", (level, score, severity) => {
    const rule = score === undefined ? {} : { properties: { "security-severity": score } };
    expect(readSarif(log({ ruleId: "R1", ...(level ? { level } : {}) }, rule), null).findings[0]?.severity).toBe(
      severity,
    );
  });

  test("finds the rule by index, makes files relative, and takes addresses as URLs", () => {
    expect(readSarif(log({ ruleIndex: 0, ...at("/srv/app/x/a%20b.py") }), "/srv/app").findings[0]).toMatchObject({
      rule: "R1",
      file: "x/a b.py",
    });
    expect(readSarif(log({ ruleId: "R1", ...at("file:///srv/app/c.py") }), "/srv/app").findings[0]?.file).toBe("c.py");
    expect(readSarif(log({ ruleId: "R1", ...at("http://127.0.0.1:4/login?a=1") }), null).findings[0]).toMatchObject({
      file: null,
      url: "GET /login?a=1",
    });
  });

  test("counts what the app's own comments suppress, and not what passed", () => {
    expect(readSarif(log({ ruleId: "R1", suppressions: [{ kind: "inSource" }] }), null).findings).toHaveLength(1);
    expect(readSarif(log({ ruleId: "R1", kind: "pass" }), null).findings).toEqual([]);
  });

  test("keeps what the tool could not look at", () => {
    const invocations = [
      {
        toolExecutionNotifications: [
          { level: "error", message: { text: "a.py: does not parse\nmore" } },
          { level: "note" },
        ],
      },
    ];
    expect(readSarif(log({ ruleId: "R1" }, {}, { invocations }), null).incomplete).toEqual(["a.py: does not parse"]);
  });

  test.each(["", "{}", "[]", '{"runs": 1}'])("throws on %j, which is none", (text) => {
    expect(() => readSarif(text, null)).toThrow();
  });

  test("knows a CWE in its spellings, each once", () => {
    expect(cweIn(["CWE-79: XSS", "cwe-079", "CWE 352", "external/cwe/cwe-1004", "none"])).toEqual([
      "CWE-79",
      "CWE-352",
      "CWE-1004",
    ]);
  });
});
