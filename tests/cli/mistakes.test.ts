import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { unprompted } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "unprompted-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const STUDY =
  "id: s\nscenario: pipeline-jobs\nbaselines: [fastapi-jobs]\nagents: [{ id: a, kind: replay, recordings: { fastapi-jobs: fastapi-jobs-a } }]\n";

describe("the user's mistakes give one message, a remedy and exit code 2", () => {
  const cases: [string, () => string[], RegExp][] = [
    ["an unknown command", () => ["chek"], /did you mean.*check/i],
    ["an unknown option", () => ["run", "--jbos", "2"], /unknown option/],
    ["a jobs value that is no number", () => ["run", "--jobs", "many"], /whole number/],
    ["a folder that is not there", () => ["check", join(folder, "nowhere")], /There is no folder/],
    ["a folder without an app", () => ["check", folder, "--sandbox", "none"], /Cannot tell how to start/],
    ["an address where nothing answers", () => ["check", "http://127.0.0.1:9"], /Nothing answers/],
    ["an unknown exploit", () => ["exploits", "T1-99"], /There is no exploit/],
    ["a slug that is nearly right", () => ["exploits", "cors-foriegn"], /Did you mean "cors-foreign"/],
    ["a study that is not there", () => ["run", join(folder, "none.yaml")], /There is no file/],
    ["a study that is not YAML", () => ["run", file("bad.yaml", "a: [1\nb: }")], /is not YAML/],
    ["a study with an unknown field", () => ["run", file("field.yaml", `${STUDY}replicats: 3\n`)], /replicats/],
    [
      "a study with an unknown baseline",
      () => ["run", file("base.yaml", STUDY.replace("[fastapi-jobs]", "[fastapi-job]"))],
      /There is no baseline "fastapi-job".*Did you mean "fastapi-jobs"/,
    ],
    [
      "a study with an unknown recording",
      () => ["run", file("rec.yaml", STUDY.replace("fastapi-jobs-a", "fastapi-jobs-z"))],
      /There is no recording/,
    ],
    ["a run that is none", () => ["report", folder], /is not a run/],
    [
      "an agent of no known kind",
      () => [
        "run",
        file("agent.yaml", STUDY.replace("kind: replay, recordings: { fastapi-jobs: fastapi-jobs-a }", "kind: wizard")),
      ],
      /is not as it should be[\s\S]*kind/,
    ],
  ];
  it.each(cases)("%s", async (_name, args, message) => {
    const { code, err } = await unprompted(...args());
    expect(err).toMatch(message);
    expect(err).not.toMatch(/fault of unprompted itself|\n\s+at /);
    expect(code).toBe(2);
  });
});

describe("what can be asked without running anything", () => {
  it("lists the 33 core exploits, each with all its words", async () => {
    const { code, out } = await unprompted("exploits", "--json");
    const all = JSON.parse(out) as Record<string, string>[];
    expect(code).toBe(0);
    expect(all.filter(({ tier }) => Number(tier) === 1)).toHaveLength(25);
    expect(all.filter(({ tier }) => Number(tier) === 2)).toHaveLength(8);
    for (const one of all)
      for (const key of ["why", "fix", "control", "attack", "defendedWhen", "cwe", "standard"])
        expect(one[key], `${one["id"]} ${key}`).toBeTruthy();
  });

  it("prints the plans of the demo studies in the order of its seed, twice alike", async () => {
    const [first, second] = [await unprompted("run", "--dry", "--json"), await unprompted("run", "--dry", "--json")];
    expect(first.code).toBe(0);
    expect(first.out).toBe(second.out);
    const plans = JSON.parse(first.out) as { study: { scenario: string }; sessions: unknown[] }[];
    expect(plans.map(({ study, sessions }) => [study.scenario, sessions.length])).toEqual([
      ["jwt-auth", 1],
      ["pipeline-jobs", 6],
    ]);
    const one = await unprompted("run", "--dry", "--json", "--baseline", "express-jobs");
    expect((JSON.parse(one.out) as { sessions: unknown[] }).sessions).toHaveLength(2);
  });

  it("says what the machine has", async () => {
    const { out } = await unprompted("doctor", "--json");
    const names = (JSON.parse(out) as { name: string; state: string }[]).map(({ name }) => name);
    expect(names).toContain("bubblewrap");
  });

  it("every command has examples in its help", async () => {
    for (const command of ["run", "check", "report", "exploits", "reproduce", "calibrate", "doctor"]) {
      const { code, out } = await unprompted(command, "--help");
      expect(code, command).toBe(0);
      expect(out, command).toMatch(/Examples?:/);
    }
  });
});
