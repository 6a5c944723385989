import { rmSync } from "node:fs";
import { join } from "node:path";
import { prepareApp } from "../app/index.ts";
import { evaluate, findContract } from "../engine/index.ts";
import type { AppReport } from "../model/app.ts";
import type { Evaluation } from "../model/session.ts";
import type { SessionIdentity } from "../model/study.ts";
import { appliesAfter } from "../report/index.ts";
import { AppError } from "../util/errors.ts";
import { randomNonces } from "../util/random.ts";
import type { KeptRepository } from "../workspace/index.ts";
import { copiesBeside } from "./copies.ts";
import { loadBaseline, loadScenario, selectExploits } from "./load.ts";
import { nothing } from "./nothing.ts";
import type { RunOptions } from "./study.ts";

/**
 * Attacks the app as each step but the last left it, and keeps what came of it beside the step. What an earlier run
 * kept stays, unless stored sessions are to be attacked again.
 */
export async function evaluateSteps(
  identity: SessionIdentity,
  kept: KeptRepository,
  scratch: string,
  options: RunOptions,
): Promise<void> {
  const { run, only, signal } = options;
  for (const { step, commit } of run.record(identity.id)?.steps.slice(0, -1) ?? []) {
    signal.throwIfAborted();
    if (run.stepEvaluation(identity.id, step) && only !== "evaluate") continue;
    const folder = join(scratch, `step-${step}`);
    await kept.checkOut(commit, folder);
    run.writeStepEvaluation(identity.id, step, await evaluateStep(identity, step, folder, options));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Attacks the app as one step left it. An app that does not come up then is a result too, without verdicts. */
async function evaluateStep(
  identity: SessionIdentity,
  step: number,
  folder: string,
  { plan, sandbox, signal, emit, pool }: RunOptions,
): Promise<Evaluation> {
  const { id } = identity;
  const { manifest } = loadBaseline(identity.baseline);
  emit({ type: "StageStarted", session: id, stage: "exploits", detail: `as step ${step} left it` });
  let app: Awaited<ReturnType<typeof prepareApp>>;
  try {
    app = await prepareApp({ name: id, folder, recipe: manifest, sandbox, signal });
  } catch (error) {
    const report = (error as { report?: AppReport }).report;
    if (!(error instanceof AppError) || !report) throw error;
    return nothing(identity.scenario, report);
  }
  try {
    const scenario = await loadScenario(identity.scenario);
    const { contract } = await findContract({ app }, scenario, randomNonces(), signal);
    const operations = new Set(Object.keys(contract.operations));
    const all = await selectExploits(identity.scenario, { tiers: plan.study.tiers });
    return await evaluate({
      target: { app },
      report: app.report,
      scenario,
      contract,
      exploits: all.filter((exploit) => appliesAfter(exploit, step, operations)),
      jobs: copiesBeside(pool),
      functional: false,
      signal,
    });
  } finally {
    await app.dispose();
  }
}
