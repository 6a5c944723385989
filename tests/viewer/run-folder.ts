import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { SessionResult } from "../../src/model/index.ts";
import type { ReportInput } from "../../src/report/index.ts";
import { RunFolder } from "../../src/store/index.ts";
import { writeAtomically, writeJson } from "../../src/util/files.ts";
import type { Say } from "../report/made.ts";

const as = (text: string): string => text;

/** Writes a made run as `unprompted run` would have left it, with diffs, transcripts, scanners' words and code. */
export async function writeRun(folder: string, input: ReportInput, say: Say = as): Promise<RunFolder> {
  const run = new RunFolder(folder);
  run.writePlan(input.plan);
  for (const [agent, text] of input.notes ?? []) writeAtomically(join(folder, "notes", `${agent}.md`), text);
  for (const session of input.sessions) await writeSession(run, input, session, say);
  return run;
}

export async function writeSession(
  run: RunFolder,
  input: ReportInput,
  { record, evaluation, delivery }: SessionResult,
  say: Say = as,
): Promise<void> {
  const { id } = record.identity;
  const folder = run.sessionFolder(id);
  for (const { step } of record.steps) {
    writeAtomically(join(folder, "steps", String(step), "diff.patch"), madeDiff(step, say));
    if (step < 6) writeAtomically(join(folder, "steps", String(step), "transcript.ndjson"), madeTranscript(say));
  }
  if (evaluation) {
    for (const verdict of evaluation.verdicts) {
      const evidence = input.evidence({ record, evaluation, folder }, verdict.id);
      if (evidence) run.writeEvidence(id, evidence);
    }
    run.writeEvaluation(id, evaluation);
  }
  if (delivery) run.writeDelivery(id, delivery);
  writeAtomically(join(folder, "app.log"), say("listening on 8000\nunhandled: cannot read properties of undefined\n"));
  writeJson(join(folder, "scanners.json"), madeScanners(say));
  await writeBundle(folder, id, say);
  run.writeRecord(record);
}

function madeDiff(step: number, say: Say): string {
  const added = say(`owner = request.state.user # step ${step}`).split(/\r?\n/);
  return [
    "diff --git a/app/jobs.py b/app/jobs.py",
    "index 1111111..2222222 100644",
    "--- a/app/jobs.py",
    "+++ b/app/jobs.py",
    `@@ -10,3 +10,${2 + added.length} @@ def read(job):`,
    " def read(job):",
    "-    return job",
    ...added.map((line) => `+    ${line}`),
    " # end",
    "diff --git a/app/new.py b/app/new.py",
    "new file mode 100644",
    "--- /dev/null",
    "+++ b/app/new.py",
    "@@ -0,0 +1 @@",
    "+pass",
    "",
  ].join("\n");
}

function madeTranscript(say: Say): string {
  const events = [
    { type: "started", version: say("2.1"), model: say("a-model"), conversation: null },
    { type: "message", text: say("I shall look at the routes first.") },
    { type: "tool-call", id: "1", kind: "read", tool: "Read", subject: say("app/main.py") },
    { type: "tool-result", id: "1", ok: true },
    { type: "tool-call", id: "2", kind: "run", tool: "Bash", subject: say("pytest -q") },
    { type: "tool-result", id: "2", ok: false },
    { type: "usage", tokens: { in: 10, out: 5, cached: null, cacheWritten: null, reasoning: null }, costUsd: 0.1 },
    { type: "asked", what: "permission", subject: say("rm -rf build"), answer: "allow" },
    { type: "trouble", text: say("the model was slow") },
    { type: "message", text: say("Done: owners are checked in one place.") },
    { type: "ended", outcome: "finished", reason: say("end of turn") },
  ];
  const lines = events.map((event, i) => JSON.stringify({ atMs: 1200 * i, event }));
  return `${lines.join("\n")}\n${say("not json").replaceAll(/[\r\n]/g, " ")}\n`;
}

function madeScanners(say: Say) {
  return {
    formatVersion: 1,
    runs: [
      {
        state: "ran",
        scanner: say("bandit"),
        reads: "source",
        version: say("1.8"),
        rules: [],
        seconds: 1,
        incomplete: [say("one file is too long")],
        findings: [
          {
            rule: say("B608"),
            message: say("SQL is put together from strings"),
            severity: "medium",
            cwe: ["CWE-89"],
            file: say("app/search.py"),
            line: 31,
            url: null,
          },
        ],
      },
      { state: "not run", scanner: "npm-audit", reads: "dependencies", reason: say("no network") },
    ],
  };
}

/** Two commits, as a session's repository has them: the baseline and what the agent made of it. */
async function writeBundle(folder: string, id: string, say: Say): Promise<void> {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "routers"), { recursive: true });
  const git = (...args: string[]) =>
    execa(
      "git",
      ["-c", "user.name=made", "-c", "user.email=made@unprompted.invalid", "-c", "core.hooksPath=/dev/null", ...args],
      { cwd: tree },
    );
  await git("init", "-q", "--initial-branch=main");
  await git("commit", "-q", "--allow-empty", "-m", "baseline");
  writeFileSync(
    join(tree, "routers", "jobs.py"),
    say(`def owner_of(job, user):\n    return job.owner == user  # ${id}\n`),
  );
  writeFileSync(join(tree, "main.py"), "import routers.jobs\n");
  await git("add", "-A");
  await git("commit", "-q", "-m", "step 1");
  await git("bundle", "create", "-q", join(folder, "repository.bundle"), "HEAD", "main");
  await execa("rm", ["-rf", tree]);
}
