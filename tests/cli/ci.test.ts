import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { AcceptedHoles } from "../../src/model/index.ts";
import { sarifErrors } from "../report/sarif-schema.ts";
import { parseXml } from "../report/xml.ts";
import { ROOT, unprompted } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "unprompted-ci-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = readFileSync(join(ROOT, "docs/ci.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, text = ""]) => ({ language, text }));
const block = (has: string): string => {
  const found = blocks.find(({ text }) => text.includes(has));
  if (!found) throw new Error(`docs/ci.md has no block with ${has}`);
  return found.text;
};

const repository = join(folder, "repository");
const bin = join(folder, "bin");
const hole = join(repository, "src/open-jobs");
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

function shell(script: string, more: Record<string, string> = {}): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    cwd: repository,
    env: { ...env, ...more },
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

const git = (...args: string[]) => execFileSync("git", args, { cwd: repository, env, stdio: "pipe" });

interface Step {
  name: string;
  env?: Record<string, string>;
  run: string;
}
interface Action {
  inputs: Record<string, { default: string }>;
  runs: { steps: Step[] };
}

describe("docs/ci.md and action.yml, command by command", () => {
  beforeAll(() => {
    mkdirSync(bin);
    symlinkSync(join(ROOT, "bin/unprompted.js"), join(bin, "unprompted"));
    cpSync(join(ROOT, "tests/apps/small"), repository, { recursive: true });
    git("init", "-q", "-b", "main");
    git("add", "-A");
    git("commit", "-qm", "small");
  });

  it("accepts what is open now, for a time", () => {
    const { code, err } = shell(block("--accept"));
    expect(code, err).toBe(0);
    const file = AcceptedHoles.parse(parse(readFileSync(join(repository, "accepted.yaml"), "utf8")));
    expect(
      file.accepted.every(({ reason, expires }) => reason === "known when we began" && expires === "2099-12-31"),
    ).toBe(true);
    expect(file.accepted.map(({ id }) => id)).not.toContain("T1-04");
    expect(AcceptedHoles.parse(parse(block("TLS ends")))).toMatchObject({ accepted: [{ id: "T2-08" }] });
  });

  it("annotates on GitHub, writes SARIF, a summary and outputs, and fails on a new hole only", () => {
    const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8")) as Action;
    const [setup, attack] = action.runs.steps;
    expect(setup?.run).toBe('bash "$GITHUB_ACTION_PATH/scripts/setup.sh"');
    expect(existsSync(join(ROOT, "scripts/setup.sh"))).toBe(true);
    const given: Record<string, string> = { arguments: "--tier 1 --no-functional --baseline-file accepted.yaml" };
    const run = () => {
      const inputs = Object.fromEntries(
        Object.entries(attack?.env ?? {}).map(([name, value]) => {
          const input = /inputs\.(\w+)/.exec(value)?.[1] ?? "";
          return [name, given[input] ?? action.inputs[input]?.default ?? ""];
        }),
      );
      const files = { GITHUB_STEP_SUMMARY: join(folder, "summary.md"), GITHUB_OUTPUT: join(folder, "output") };
      return shell(attack?.run ?? "exit 99", { ...inputs, ...files, GITHUB_ACTION_PATH: ROOT });
    };
    const sound = run();
    expect(sound.code, sound.err).toBe(0);
    expect(sound.out).not.toContain("::error");
    writeFileSync(hole, "");
    const broken = run();
    rmSync(hole);
    expect(broken.code, broken.err).toBe(1);
    expect(broken.out.match(/^::error /gm)).toHaveLength(1);
    expect(broken.out).toMatch(/^::error .*title=T1-04 /m);
    expect(readFileSync(join(folder, "summary.md"), "utf8")).toContain("### T1-04");
    expect(readFileSync(join(folder, "output"), "utf8")).toContain("sarif=unprompted-result/results.sarif");
    const sarif = JSON.parse(readFileSync(join(repository, "unprompted-result/results.sarif"), "utf8"));
    expect(sarifErrors(sarif)).toEqual([]);
    const open = sarif.runs[0].results.filter((r: { suppressions?: unknown }) => !r.suppressions);
    expect(open).toMatchObject([
      { ruleId: "T1-04", locations: [{ physicalLocation: { artifactLocation: { uri: "package.json" } } }] },
    ]);
  });

  it("gives GitLab a JUnit file", () => {
    const job = parse(block("node:24")) as {
      unprompted: { script: string[]; artifacts: { reports: { junit: string } } };
    };
    const { code, err } = shell(job.unprompted.script.join("\n"));
    expect(code, err).toBe(0);
    const suites = parseXml(readFileSync(join(repository, job.unprompted.artifacts.reports.junit), "utf8"));
    expect(suites.children[0]?.attributes).toMatchObject({ failures: "0", tests: "25" });
  });

  it("tells what a branch makes worse, and nothing else", () => {
    const commands = block("branch.json");
    shell("unprompted check . --tier 1 --json > main.json || true");
    const same = shell(commands);
    expect(same.code, same.out + same.err).toBe(0);
    expect(same.out).toContain("no change, 25 the same");
    writeFileSync(hole, "");
    const worse = shell(commands);
    rmSync(hole);
    expect(worse.code, worse.out + worse.err).toBe(1);
    expect(worse.out).toContain("25 tests in 1 pair: 1 regressed, 24 the same.");
    expect(worse.out).toContain("T1-04 foreign-job: defended -> exploited");
  });

  it("stops a push", () => {
    execFileSync("git", ["init", "-q", "--bare", join(folder, "remote.git")]);
    const hook = join(repository, ".git/hooks/pre-push");
    mkdirSync(join(repository, ".git/hooks"), { recursive: true });
    writeFileSync(hook, block("#!/bin/sh"));
    chmodSync(hook, 0o755);
    git("remote", "add", "origin", join(folder, "remote.git"));
    const sound = shell("git push -q origin main");
    expect(sound.code, sound.err).toBe(0);
    writeFileSync(hole, "");
    const holed = shell("git commit -q --allow-empty -m next && git push -q origin main");
    rmSync(hole);
    expect(holed.code).not.toBe(0);
    expect(holed.out).toContain("T1-04");
    const remote = execFileSync("git", ["-C", join(folder, "remote.git"), "log", "--format=%s", "main"]).toString();
    expect(remote.trim()).toBe("small");
  });
});

describe("gates", () => {
  it.each([
    [["check", ".", "--accept", "x"], /--accept needs a file/],
    [["check", ".", "--baseline-file", "nowhere.yaml"], /There is no file nowhere.yaml/],
    [["check", ".", "--baseline-file", "a.yaml", "--accept", "x", "--expires", "2001-01-01"], /a day from today on/],
    [["check", ".", "--baseline-file", "a.yaml", "--accept", "x", "--expires", "soon"], /a day from today on/],
    [["check", ".", "--baseline-file", "a.yaml", "--accept", " "], /takes the reason/],
    [["check", ".", "--write", "sarif"], /--write needs a folder/],
    [["check", ".", "--json", "--format", "github"], /contradict/],
    [["compare", "nowhere", "nothing"], /There is no nowhere/],
    [["compare", "package.json", "package.json"], /not the result of a check/],
    [["compare", ".", ".", "--fail-on", "regresion"], /Did you mean "regression"/],
    [["report", ".", "--format", "sarrif"], /not a run|Did you mean "sarif"/],
  ])("%j is a mistake that is told", async (args, words) => {
    const { code, err } = await unprompted(...args);
    expect(err).toMatch(words);
    expect(err).not.toContain("fault of unprompted");
    expect(code).toBe(2);
  });

  it("refuses a baseline file that names no exploit, or gives no reason", async () => {
    const file = join(folder, "wrong.yaml");
    for (const [hole, words] of [
      ["{ id: T9-99, reason: x, expires: 2099-01-01 }", /There is no exploit "T9-99"/],
      ['{ id: T2-08, reason: "", expires: 2099-01-01 }', /say why it is accepted/],
      ["{ id: T2-08, reason: x, expires: someday }", /expires/],
    ] as const) {
      writeFileSync(file, `formatVersion: 1\nscenario: pipeline-jobs\naccepted: [${hole}]\n`);
      const { code, err } = await unprompted("check", repository, "--baseline-file", file);
      expect(err).toMatch(words);
      expect(code).toBe(2);
    }
  });

  it("annotates an app that does not start", async () => {
    const { code, out } = await unprompted("check", repository, "--start", "node nothing.mjs", "--format", "github");
    expect(out).toMatch(/^::error title=The app could not be tested::It failed at "start"/);
    expect(code).toBe(2);
  });
});
