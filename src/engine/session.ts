import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Agent } from "../agents/agent.ts";
import type { Emit } from "../model/events.ts";
import type { SessionRecord, StepRecord } from "../model/session.ts";
import type { SessionIdentity } from "../model/study.ts";
import type { RunFolder } from "../store/index.ts";
import { writeAtomically, writeJson } from "../util/files.ts";
import { Workspace } from "../workspace/index.ts";

export interface WorkOptions {
  run: RunFolder;
  identity: SessionIdentity;
  /** Makes the agent; `scratch` is a folder of its own, removed afterwards. */
  agent: (scratch: string) => Promise<Agent>;
  prompts: readonly string[];
  stepTimeoutMs: number;
  signal: AbortSignal | undefined;
  emit: Emit;
}

/**
 * Lets the agent do every step, a commit each, and keeps the history as a bundle. The record says `worked` only once
 * all of it is on disk; a session that was cut off before that begins anew.
 */
export async function work(options: WorkOptions): Promise<SessionRecord> {
  const { run, identity, prompts, signal, emit } = options;
  const folder = run.sessionFolder(identity.id);
  rmSync(folder, { recursive: true, force: true });
  const scratch = join(folder, "scratch");
  mkdirSync(scratch, { recursive: true });
  const record: SessionRecord = {
    formatVersion: 1,
    identity,
    state: "working",
    provenance: null,
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
    const change = await workspace.commit(`step ${step}`);
    const { diff, ...counts } = change;
    const done: StepRecord = { step, prompt, ...counts, ...outcome };
    writeAtomically(join(folder, "steps", String(step), "diff.patch"), diff);
    writeJson(join(folder, "steps", String(step), "step.json"), done);
    record.steps.push(done);
  }
  await workspace.bundle(join(folder, "repository.bundle"));
  record.state = "worked";
  run.writeRecord(record);
  rmSync(scratch, { recursive: true, force: true });
  return record;
}
