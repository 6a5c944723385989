import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent } from "../agents/agent.ts";
import type { Emit } from "../model/events.ts";
import type { SessionRecord, StepRecord } from "../model/session.ts";
import type { SessionIdentity } from "../model/study.ts";
import type { RunFolder } from "../store/index.ts";
import { writeAtomically, writeJson } from "../util/files.ts";
import { removeTree } from "../util/scratch.ts";
import { Workspace } from "../workspace/index.ts";
import { type Guard, ProofKeeper } from "./proof.ts";

export interface WorkOptions {
  run: RunFolder;
  identity: SessionIdentity;
  /** Makes the agent; `scratch` is a folder of its own, removed afterwards. */
  agent: (scratch: string) => Promise<Agent>;
  prompts: readonly string[];
  stepTimeoutMs: number;
  signal: AbortSignal | undefined;
  emit: Emit;
  /** Keeps the proof that the agent looked nowhere; absent where no agent is at work, as in a replay. */
  guard?: Guard;
}

/**
 * Lets the agent do every step, a commit each, and keeps the history as a bundle. The record says `worked` only once
 * all of it is on disk; a session that was cut off before that begins anew.
 */
export async function work(options: WorkOptions): Promise<SessionRecord> {
  const { run, identity } = options;
  const folder = run.sessionFolder(identity.id);
  removeTree(folder);
  // Not below the run's folder: its path would tell the agent what it takes part in.
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "w"));
  try {
    return await workIn(scratch, folder, options);
  } finally {
    removeTree(scratch);
  }
}

async function workIn(scratch: string, folder: string, options: WorkOptions): Promise<SessionRecord> {
  const { run, identity, prompts, signal, emit, guard } = options;
  const record: SessionRecord = {
    formatVersion: 1,
    identity,
    state: "working",
    provenance: null,
    proof: null,
    steps: [],
    problem: null,
    startedAt: new Date().toISOString(),
    finishedAt: null,
  };
  run.writeRecord(record);
  const agent = await options.agent(scratch);
  record.provenance = agent.provenance;
  const workspace = await Workspace.create(scratch);
  await agent.prepare(workspace.workTree);
  await workspace.commit("baseline");
  const proof = guard ? new ProofKeeper(guard) : undefined;
  for (const [i, prompt] of prompts.entries()) {
    signal?.throwIfAborted();
    const step = i + 1;
    emit({ type: "StepStarted", session: identity.id, step, of: prompts.length });
    const outcome = await agent.run({
      step,
      prompt,
      workTree: workspace.workTree,
      timeoutMs: options.stepTimeoutMs,
      signal,
    });
    const { hosts = [], ...told } = outcome;
    const { diff, leftOut, ...counts } = await workspace.commit(`step ${step}`);
    proof?.step(step, hosts, leftOut, workspace.workTree);
    const done: StepRecord = { step, prompt, ...counts, ...told };
    writeAtomically(join(folder, "steps", String(step), "diff.patch"), diff);
    writeJson(join(folder, "steps", String(step), "step.json"), done);
    record.steps.push(done);
  }
  await workspace.bundle(join(folder, "repository.bundle"));
  record.proof = proof?.finish(folder) ?? null;
  record.state = "worked";
  run.writeRecord(record);
  return record;
}
