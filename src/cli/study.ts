import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replay } from "../agents/replay.ts";
import { prepareApp } from "../app/index.ts";
import { readDecisions } from "../decisions/index.ts";
import { evaluate } from "../engine/index.ts";
import { planOf } from "../engine/plan.ts";
import { work } from "../engine/session.ts";
import type { Emit } from "../model/events.ts";
import type { SessionRecord } from "../model/session.ts";
import type { ConditionSpec, Plan, SessionIdentity, Study } from "../model/study.ts";
import { Study as StudySchema } from "../model/study.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { type Asked, checkScanners } from "../scanners/index.ts";
import type { RunFolder } from "../store/index.ts";
import { AppError, reasonOf, UserError, unknownName } from "../util/errors.ts";
import { writeAtomically } from "../util/files.ts";
import { KeptRepository } from "../workspace/index.ts";
import { guardOf } from "./guard.ts";
import {
  baselineNames,
  loadBaseline,
  loadRecording,
  loadScenario,
  PRODUCT,
  parseYaml,
  recordingNames,
  scenarioNames,
  selectExploits,
} from "./load.ts";
import { scanApp } from "./scanning.ts";

/** Reads a study file and checks every name in it. Throws UserError with the nearest known name. */
export async function loadStudy(file: string): Promise<Study> {
  const study = parseYaml(file, StudySchema);
  const check = (kind: string, name: string, known: readonly string[]) => {
    if (!known.includes(name)) throw unknownName(kind, name, known);
  };
  check("scenario", study.scenario, scenarioNames());
  for (const baseline of study.baselines) {
    check("baseline", baseline, baselineNames());
    const { manifest } = loadBaseline(baseline);
    if (manifest.scenario !== study.scenario)
      throw new UserError(
        "bad-study",
        `The baseline ${baseline} belongs to the scenario ${manifest.scenario}, not ${study.scenario}.`,
      );
  }
  if (study.scanners) await checkScanners(study.scanners);
  for (const agent of study.agents) {
    if (agent.kind !== "replay") {
      throw new UserError(
        "bad-study",
        `The agent ${agent.id} is of the kind ${agent.kind}, which this version cannot run yet.`,
        "This version runs replay agents, which name recordings.",
      );
    }
    for (const [baseline, name] of Object.entries(agent.recordings ?? {})) {
      check("recording", name, recordingNames());
      const { recording } = loadRecording(name);
      if (recording.baseline !== baseline)
        throw new UserError(
          "bad-study",
          `The recording ${name} is of the baseline ${recording.baseline}, not ${baseline}.`,
        );
    }
  }
  return study;
}

export interface RunOptions {
  run: RunFolder;
  plan: Plan;
  sandbox: Sandbox;
  jobs: number;
  /** Scanners to run on each finished app; undefined for none. */
  scanners: Asked | undefined;
  /** Work on stored sessions only: attack them again without asking any agent. */
  onlyEvaluate: boolean;
  signal: AbortSignal;
  emit: Emit;
}

export const planStudy = (study: Study): Plan => planOf(study);

export const isDone = (record: SessionRecord | undefined): boolean =>
  record?.state === "evaluated" || record?.state === "failed";

/** Does what is left of a plan, `jobs` sessions side by side. What is done is kept; what was cut off begins anew. */
export async function runPlan(options: RunOptions): Promise<void> {
  const { run, plan, emit, signal } = options;
  const started = performance.now();
  const left = plan.sessions.filter(({ id }) =>
    options.onlyEvaluate
      ? run.record(id) !== undefined
      : !isDone(run.record(id)) || (run.record(id)?.state === "evaluated" && !run.evaluation(id)),
  );
  emit({
    type: "RunStarted",
    study: plan.study.id,
    sessions: plan.sessions.length,
    done: plan.sessions.length - left.length,
  });
  const waiting = [...left];
  const worker = async () => {
    for (let identity = waiting.shift(); identity; identity = waiting.shift()) {
      signal.throwIfAborted();
      await runSession(identity, options);
    }
  };
  const settled = await Promise.allSettled(
    Array.from({ length: Math.min(options.jobs, Math.max(1, left.length)) }, worker),
  );
  const failed = settled.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  emit({ type: "RunFinished", sessions: left.length, seconds: Math.round((performance.now() - started) / 1000) });
}

async function runSession(identity: SessionIdentity, options: RunOptions): Promise<void> {
  const { run, plan, emit, signal } = options;
  const started = performance.now();
  emit({ type: "SessionStarted", session: identity });
  let record = run.record(identity.id);
  const finish = (state: SessionRecord["state"], problem: string | null) => {
    if (!record) return;
    record = { ...record, state, problem, finishedAt: new Date().toISOString() };
    run.writeRecord(record);
    emit({
      type: "SessionFinished",
      session: identity,
      state,
      problem,
      seconds: Math.round((performance.now() - started) / 1000),
    });
  };
  if (record?.state !== "worked" && !(options.onlyEvaluate && record)) {
    record = await work({
      run,
      identity,
      agent: (scratch) => {
        const { recording, bundle } = loadRecording(identity.recording ?? "");
        return replay(recording, bundle, scratch);
      },
      prompts: promptsOf(identity.scenario),
      stepTimeoutMs: plan.study.limits.stepSeconds * 1000,
      signal,
      emit,
      ...(identity.agentKind === "replay"
        ? {}
        : { guard: await guardOf(identity, conditionOf(plan, identity), options.sandbox.name) }),
    });
  }
  try {
    await evaluateSession(identity, options);
    finish("evaluated", null);
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    const problem = `${error.message}`;
    writeAtomically(join(run.sessionFolder(identity.id), "app.log"), error.log);
    finish("failed", problem);
  }
}

function conditionOf(plan: Plan, { condition }: SessionIdentity): ConditionSpec {
  return plan.study.conditions.find(({ id }) => id === condition) ?? { id: condition };
}

export function promptsOf(scenario: string): string[] {
  const folder = join(PRODUCT, "scenarios", scenario, "prompts");
  const number = (file: string) => Number(/^\d+/.exec(file)?.[0] ?? 0);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".md"))
    .sort((a, b) => number(a) - number(b))
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
}

async function evaluateSession(identity: SessionIdentity, options: RunOptions): Promise<void> {
  const { run, plan, emit, sandbox, signal } = options;
  const id = identity.id;
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-session-"));
  try {
    const bundle = join(run.sessionFolder(id), "repository.bundle");
    if (!existsSync(bundle))
      throw new UserError("unreadable-run", `${bundle} is missing.`, "Run the study without --only evaluate.");
    const kept = await KeptRepository.open(bundle, scratch);
    const folder = join(scratch, "tree");
    await kept.checkOut(await kept.head(), folder);
    const { manifest } = loadBaseline(identity.baseline);
    emit({ type: "StageStarted", session: id, stage: "install" });
    const app = await prepareApp({ name: id, folder, recipe: manifest, sandbox, signal });
    try {
      const scenario = await loadScenario(identity.scenario);
      const exploits = await selectExploits(identity.scenario, { tiers: plan.study.tiers });
      const evaluation = await evaluate({
        target: { app },
        report: app.report,
        scenario,
        exploits,
        jobs: Math.max(1, Math.floor(4 / options.jobs)),
        signal,
        decisions: () => decisionsOf(folder),
        onStage: (stage) => emit({ type: "StageStarted", session: id, stage }),
        onVerdict: (verdict, done, of) => emit({ type: "VerdictReached", session: id, verdict, done, of }),
        onEvidence: (evidence) => run.writeEvidence(id, evidence),
      });
      run.writeEvaluation(id, evaluation);
      if (options.scanners !== undefined) {
        emit({ type: "StageStarted", session: id, stage: "scanners" });
        run.writeScanners(id, await scanApp({ asked: options.scanners, folder, app, sandbox, signal }));
      }
    } finally {
      await app.dispose();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The decisions read from source; a reader that fails says so rather than reporting none. */
export async function decisionsOf(folder: string): Promise<Awaited<ReturnType<typeof readDecisions>>> {
  try {
    return await readDecisions({ folder });
  } catch (error) {
    return [
      {
        topic: "all",
        choice: `could not be read: ${reasonOf(error)}`,
        origin: "unknown",
        file: null,
        line: null,
        by: "source",
        confidence: "unknown",
      },
    ];
  }
}
