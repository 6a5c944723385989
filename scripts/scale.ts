// Makes a run of many sessions and prints what `unprompted report` takes on it: seconds, memory, sizes.
// node scripts/scale.ts [sessions] [exploits] [folder to keep]
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { planOf } from "../src/engine/plan.ts";
import { catalogueOf } from "../src/exploits/index.ts";
import { type Evaluation, type SessionRecord, scoreOf, type Verdict } from "../src/model/index.ts";
import { Study } from "../src/model/study.ts";
import { seededRandom } from "../src/util/random.ts";

const sessions = Number(process.argv[2] ?? 10_000);
const exploits = Number(process.argv[3] ?? 80);
const kept = process.argv[4];
const folder = kept ?? mkdtempSync(join(tmpdir(), "unprompted-scale-"));
const random = seededRandom(7);
const say = (text: string) => process.stdout.write(`${text}\n`);

const [agents, conditions] = [5, 2];
const study = Study.parse({
  id: "scale",
  title: `${sessions} sessions of ${exploits} exploits`,
  scenario: "pipeline-jobs",
  baselines: Array.from({ length: 10 }, (_, i) => `baseline-${i}`),
  agents: Array.from({ length: agents }, (_, i) => ({ id: `agent-${i}`, kind: "command", command: ["true"] })),
  conditions: Array.from({ length: conditions }, (_, i) => ({ id: i ? "guided" : "bare" })),
  replicates: Math.max(1, Math.round(sessions / (10 * agents * conditions))),
  tiers: [1, 2, 3],
});
const plan = planOf(study, () => ({}));
const catalogue = await catalogueOf("pipeline-jobs");
const tests = Array.from({ length: exploits }, (_, i) => {
  const known = catalogue[i];
  return known ?? { id: `T3-${String(i - catalogue.length + 901)}`, slug: `made-${i}`, tier: 3 as const };
});

const word = () => Math.floor(random() * 2 ** 40).toString(36);
function verdictOf({ id, slug, tier }: (typeof tests)[number], skill: number): Verdict {
  const draw = random();
  const verdict = draw < skill ? "defended" : draw < 0.97 ? "exploited" : draw < 0.985 ? "broken" : "inconclusive";
  const summary = `Tried ${slug} as another user with ${word()}: status ${verdict === "defended" ? 404 : 200}, and the body had ${word()}.`;
  return { id, slug, tier, verdict, summary, evidence: [`evidence/${id}.json`], durationMs: 20 + random() * 900 };
}

function evaluationOf(skill: number): Evaluation {
  const verdicts = tests.map((test) => verdictOf(test, skill));
  return {
    formatVersion: 1,
    scenario: "pipeline-jobs",
    app: {
      name: "app",
      framework: "Express",
      toolchain: "node",
      install: "npm ci",
      build: null,
      start: "npm start",
      sandbox: "bubblewrap",
      settings: Array.from({ length: 6 }, (_, i) => ({
        name: `SETTING_${i}`,
        why: `named in .env.example, ${word()}`,
      })),
      stage: "ready",
      durationsMs: { install: 900, build: 0, start: 700 },
      dependenciesCached: true,
    },
    contract: {
      formatVersion: 1,
      scenario: "pipeline-jobs",
      auth: { scheme: "Bearer" },
      operations: {},
      missing: {},
      deviations: [`login answers 201 (${word()})`],
      how: Array.from({ length: 14 }, () => `POST /jobs/${word()} (json)`),
    } as unknown as Evaluation["contract"],
    functional: Array.from({ length: 30 }, (_, i) => ({
      id: `F${i}`,
      step: (i % 6) + 1,
      says: "Add GET /jobs/search, which searches jobs by name and description.",
      ok: random() < 0.95,
      detail: `answered ${word()}`,
    })),
    verdicts,
    decisions: Array.from({ length: 24 }, (_, i) => ({
      topic: i === 0 ? "password-hashing" : i === 1 ? "jwt-library" : `topic-${i}`,
      choice: ["bcrypt", "scrypt", "argon2id"][Math.floor(random() * 3)] ?? "bcrypt",
      origin: "library" as const,
      file: `src/${word()}.ts`,
      line: Math.floor(random() * 200),
      by: "source" as const,
      confidence: "sure" as const,
    })),
    score: scoreOf(verdicts),
    durationsMs: { contract: 900, functional: 2000, exploits: 14_000, total: 17_000 },
  };
}

/** Evidence of about the size and texture of real ones: 60 KB, most of it repeated headers, 8 KB packed. */
function writeEvidence(at: string, evaluation: string): void {
  for (const { id, slug, verdict, summary } of (JSON.parse(evaluation) as Evaluation).verdicts) {
    if (verdict !== "exploited") continue;
    const exchanges = Array.from({ length: 60 }, (_, i) => ({
      n: i + 1,
      label: `request ${i + 1}`,
      request: {
        method: "GET",
        path: `/jobs/${word()}`,
        headers: [["Authorization", `Bearer ${Array.from({ length: 12 }, word).join("")}`]],
        chunked: false,
        from: "127.0.3.1",
      },
      response: {
        status: 200,
        headers: [["content-type", "application/json; charset=utf-8"]],
        body: { kind: "text", text: JSON.stringify({ id: word(), name: word() }), totalBytes: 40, cut: false },
      },
      durationMs: 5,
    }));
    const evidence = { formatVersion: 1, id, slug, verdict, summary, exchanges, checks: [], values: [], outside: [] };
    writeFileSync(join(at, "evidence", `${id}.json`), JSON.stringify(evidence));
  }
}

say(`Makes ${plan.sessions.length} sessions of ${exploits} exploits in ${folder}`);
writeFileSync(join(mkdirSync(folder, { recursive: true }) ?? folder, "plan.json"), JSON.stringify(plan));
let bytes = 0;
for (const [i, identity] of plan.sessions.entries()) {
  const at = join(folder, "sessions", identity.id);
  mkdirSync(join(at, "evidence"), { recursive: true });
  const skill =
    0.6 + 0.05 * Number(identity.agent.slice(-1)) + (identity.condition === "guided" ? 0.05 : 0) + 0.1 * random();
  const record: SessionRecord = {
    formatVersion: 1,
    identity,
    state: i % 100 === 99 ? "failed" : "evaluated",
    provenance: null,
    proof: null,
    steps: [],
    problem: i % 100 === 99 ? "The build ended with exit code 1." : null,
    cutShort: null,
    conversation: null,
    overheadMs: null,
    startedAt: "2026-05-04T10:00:00Z",
    finishedAt: "2026-05-04T10:03:00Z",
  };
  writeFileSync(join(at, "session.json"), JSON.stringify(record, null, 2));
  if (record.state === "failed") continue;
  const evaluation = JSON.stringify(evaluationOf(skill), null, 2);
  bytes += evaluation.length;
  writeFileSync(join(at, "evaluation.json"), evaluation);
  // The report reads evidence, holes first, until its budget is spent: more than these it never opens.
  if (identity.baseline === "baseline-0" && identity.agent === "agent-0") writeEvidence(at, evaluation);
}
say(`${(bytes / 1e6).toFixed(0)} MB of evaluations`);

const usage = join(folder, "usage.json");
// The command may hand over to a newer Node: what counts is the process that does the work.
const hook = `import { writeFileSync } from "node:fs";
process.on("exit", () => {
  if (Number(process.versions.node.split(".")[0]) >= 24)
    writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage()));
});`;
const command = fileURLToPath(new URL("../bin/unprompted.js", import.meta.url));
const started = performance.now();
const { status, stderr } = spawnSync(command, ["report", folder], {
  encoding: "utf8",
  maxBuffer: 1e9,
  env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` },
});
const seconds = (performance.now() - started) / 1000;
const { maxRSS, userCPUTime } = JSON.parse(readFileSync(usage, "utf8")) as { maxRSS: number; userCPUTime: number };
say(
  `report: exit ${status}, ${seconds.toFixed(1)} s (${(userCPUTime / 1e6).toFixed(1)} s of it computing), ${(maxRSS / 1024).toFixed(0)} MB at most`,
);
for (const name of ["index.html", "report.md", "sessions.csv", "verdicts.csv", "results.json"])
  say(`  ${name}: ${(statSync(join(folder, name)).size / 1e6).toFixed(2)} MB`);
if (stderr) say(stderr);
if (!kept) rmSync(folder, { recursive: true, force: true });
