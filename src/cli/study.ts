import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { LimitFunction } from "p-limit";
import { prepareApp } from "../app/index.ts";
import { withFirstSeen } from "../decisions/index.ts";
import { evaluate } from "../engine/index.ts";
import { planOf } from "../engine/plan.ts";
import { work } from "../engine/session.ts";
import type { Emit } from "../model/events.ts";
import type { SessionRecord } from "../model/session.ts";
import type { Plan, SessionIdentity, Study } from "../model/study.ts";
import { Study as StudySchema } from "../model/study.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { type Asked, checkScanners } from "../scanners/index.ts";
import type { RunFolder } from "../store/index.ts";
import { billOfMaterials, PUBLIC_REGISTRIES, supplyChain } from "../supply-chain/index.ts";
import { AppError, UserError, unknownName } from "../util/errors.ts";
import { writeAtomically } from "../util/files.ts";
import { removeTree } from "../util/scratch.ts";
import { keepSecretsOf } from "../util/secrets.ts";
import { together } from "../util/together.ts";
import { KeptRepository } from "../workspace/index.ts";
import { checkFiles, fileDigests, StudyAgents } from "./agents.ts";
import { copiesBeside } from "./copies.ts";
import { deliveryOf } from "./delivering.ts";
import { evaluateSteps } from "./each-step.ts";
import { guardOf } from "./guard.ts";
import { choicesOf, historyOf } from "./ledger.ts";
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
  checkFiles(study, dirname(resolve(file)));
  // The plan is kept with the run, and holds what the study hands to agents.
  for (const { env } of study.agents) keepSecretsOf(env);
  for (const { mcpServers } of study.conditions)
    for (const server of Object.values(mcpServers)) if ("env" in server) keepSecretsOf(server.env);
  return study;
}

export interface RunOptions {
  run: RunFolder;
  /** What files of the study are relative to. */
  base: string;
  plan: Plan;
  sandbox: Sandbox;
  /** Lets sessions through, also of several plans that are done side by side. */
  pool: LimitFunction;
  /** Whether to ask package registries about what lockfiles do not tell. */
  registries: boolean;
  /** Scanners to run on each finished app; undefined for none. */
  scanners: Asked | undefined;
  /** Attack the app after every step as well, with the exploits that apply by then. */
  eachStep: boolean;
  /** `evaluate`: attack stored sessions again, without asking any agent. `work`: let agents work, and attack later. */
  only: "work" | "evaluate" | undefined;
  signal: AbortSignal;
  emit: Emit;
}

export const planStudy = (study: Study, base: string): Plan =>
  planOf(study, (agent, condition, baseline) => fileDigests(agent, condition, baseline, base));

export const isDone = (record: SessionRecord | undefined): boolean =>
  record?.state === "evaluated" || record?.state === "failed";

/** Does what is left of a plan, as the pool lets its sessions through. What is done is kept; what was cut off begins anew. */
export async function runPlan(options: RunOptions): Promise<void> {
  const { run, plan, emit, signal } = options;
  const started = performance.now();
  const left = plan.sessions.filter(({ id }) =>
    options.only === "evaluate"
      ? run.record(id) !== undefined
      : options.only === "work"
        ? !["worked", "evaluated", "failed"].includes(run.record(id)?.state ?? "planned")
        : !isDone(run.record(id)) || (run.record(id)?.state === "evaluated" && !run.evaluation(id)),
  );
  emit({
    type: "RunStarted",
    study: plan.study.id,
    sessions: plan.sessions.length,
    done: plan.sessions.length - left.length,
  });
  // A session that was killed between its last record and its clean-up has left the place where it worked.
  for (const { id } of plan.sessions) if (run.record(id)?.state === "worked") removeTree(placeOf(run, id));
  const agents = new StudyAgents(plan.study, options.base, options.sandbox);
  await together(
    left.map((identity) =>
      options.pool(async () => {
        signal.throwIfAborted();
        await runSession(identity, options, agents);
      }),
    ),
  );
  emit({ type: "RunFinished", sessions: left.length, seconds: Math.round((performance.now() - started) / 1000) });
}

async function runSession(identity: SessionIdentity, options: RunOptions, agents: StudyAgents): Promise<void> {
  const { run, plan, emit, signal } = options;
  const started = performance.now();
  emit({ type: "SessionStarted", session: identity });
  let record = run.record(identity.id);
  const finish = (state: SessionRecord["state"], problem: string | null) => {
    if (!record) return;
    record = { ...record, state, problem, finishedAt: new Date().toISOString() };
    run.writeRecord(record);
    if (isDone(record)) removeTree(placeOf(run, identity.id));
    emit({
      type: "SessionFinished",
      session: identity,
      state,
      problem,
      seconds: Math.round((performance.now() - started) / 1000),
    });
  };
  if (record?.state !== "worked" && !(options.only === "evaluate" && record)) {
    let stop = async () => {};
    try {
      record = await work({
        run,
        identity,
        place: placeOf(run, identity.id),
        agent: async (folders) => {
          const made = await agents.make(identity, folders);
          stop = made.stop;
          return made.agent;
        },
        prompts: promptsOf(identity.scenario),
        limits: plan.study.limits,
        conversation: plan.study.conversation,
        instructions: agents.instructions(identity),
        signal,
        emit,
        ...(identity.agentKind === "replay"
          ? {}
          : { guard: await guardOf(identity, agents.guidance(identity), options.sandbox.name) }),
      });
    } finally {
      await stop();
    }
    if (record.state === "interrupted") return finish("interrupted", record.problem);
  }
  if (options.only === "work") return finish("worked", null);
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

/**
 * Where a session works: a short path that says nothing about the study to the agent, the same whenever it is resumed,
 * and not below /tmp, which some agents hold for a place where nothing lasts.
 */
export function placeOf(run: RunFolder, id: string): string {
  const digest = createHash("sha256")
    .update(`${resolve(run.path)} ${id}`)
    .digest("hex")
    .slice(0, 12);
  return join(existsSync("/var/tmp") ? realpathSync("/var/tmp") : realpathSync(tmpdir()), `w-${digest}`);
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
  const registries = options.registries ? { registries: PUBLIC_REGISTRIES, signal } : {};
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-session-"));
  try {
    const bundle = join(run.sessionFolder(id), "repository.bundle");
    if (!existsSync(bundle))
      throw new UserError("unreadable-run", `${bundle} is missing.`, "Run the study without --only evaluate.");
    const kept = await KeptRepository.open(bundle, scratch);
    const folder = join(scratch, "tree");
    await kept.checkOut(await kept.head(), folder);
    const { manifest } = loadBaseline(identity.baseline);
    const history = await historyOf(kept, scratch);
    run.writeSupplyChain(
      id,
      await supplyChain({ folder, steps: history.supply, ...registries }),
      billOfMaterials(folder, id),
    );
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
        jobs: copiesBeside(options.pool),
        signal,
        decisions: async (evidence) => withFirstSeen(await choicesOf(folder, evidence), history.ledgers),
        onStage: (stage) => emit({ type: "StageStarted", session: id, stage }),
        onVerdict: (verdict, done, of) => emit({ type: "VerdictReached", session: id, verdict, done, of }),
        onEvidence: (evidence) => run.writeEvidence(id, evidence),
      });
      run.writeEvaluation(id, evaluation);
      if (scenario.judgesDelivery) {
        emit({ type: "StageStarted", session: id, stage: "delivery" });
        const out = run.sessionFolder(id);
        run.writeDelivery(
          id,
          await deliveryOf({
            ...{ app, sandbox, scenario, contract: evaluation.contract, holes: true, out, signal },
            lastWords: run.closingMessage(id, run.record(id)?.steps.length ?? 0),
          }),
        );
      }
      if (options.scanners !== undefined) {
        emit({ type: "StageStarted", session: id, stage: "scanners" });
        run.writeScanners(id, await scanApp({ asked: options.scanners, folder, app, sandbox, signal }));
      }
    } finally {
      await app.dispose();
    }
    if (options.eachStep) await evaluateSteps(identity, kept, scratch, options);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
