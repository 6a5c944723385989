import { appendFileSync, cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Agent, Budget, StepOutcome } from "../agents/agent.ts";
import type { Emit } from "../model/events.ts";
import type { SessionRecord, StepAccount, StepRecord } from "../model/session.ts";
import type { SessionIdentity, StudyLimits } from "../model/study.ts";
import { planned, type RunFolder } from "../store/index.ts";
import { UserError } from "../util/errors.ts";
import { writeAtomically, writeJson } from "../util/files.ts";
import { removeTree } from "../util/scratch.ts";
import { redact } from "../util/secrets.ts";
import { Workspace } from "../workspace/index.ts";
import { type Guard, ProofKeeper } from "./proof.ts";

/** A file that is put before the agent and is no part of what it is measured by. */
export interface Instructions {
  /** Its names at the top of the work tree. */
  names: readonly string[];
  text: string;
}

export interface WorkOptions {
  run: RunFolder;
  identity: SessionIdentity;
  /** A folder of the session's own for repository, work tree and HOME. It stays while the session is not done. */
  place: string;
  /** Makes the agent, with a private HOME and a scratch folder, both below `place`. */
  agent: (folders: { home: string; scratch: string }) => Promise<Agent>;
  prompts: readonly string[];
  limits: StudyLimits;
  conversation: "fresh" | "continue";
  instructions: Instructions | null;
  signal: AbortSignal | undefined;
  emit: Emit;
  /** Keeps the proof that the agent looked nowhere; absent where no agent is at work, as in a replay. */
  guard?: Guard;
}

/** What a HOME holds that no later step needs: caches, and what the sandbox shows as /tmp. */
const PASSING = new Set([".cache", ".npm", ".tmp", ".var-tmp", ".shm"]);

/** What a place holds of a session that has begun. */
const PARTS = ["homes", "project", "repository.git"];

/**
 * Lets the agent do every step, a commit each, and keeps the history as a bundle. Each finished step is on disk before
 * the next begins: a session that was cut off goes on after the last of them. The record comes back as `worked`, or as
 * `interrupted` when the model could not be asked.
 */
export async function work(options: WorkOptions): Promise<SessionRecord> {
  const { run, identity, place } = options;
  const begun = performance.now();
  try {
    const session = await WorkingSession.open(options);
    const record = await session.workOn();
    record.overheadMs = Math.round((record.overheadMs ?? 0) + performance.now() - begun - session.agentMs);
    run.writeRecord(record);
    return record;
  } finally {
    // What the next attempt needs is the work tree with its installs, and the HOME as the last finished step left it.
    const done = run.record(identity.id);
    if (done?.state === "worked" || !done?.steps.length) removeTree(place);
    else for (const name of ["home", "scratch"]) removeTree(join(place, name));
  }
}

class WorkingSession {
  readonly #options: WorkOptions;
  readonly #record: SessionRecord;
  readonly #workspace: Workspace;
  readonly #agent: Agent;
  readonly #proof: ProofKeeper | undefined;
  /** The time that was the agent's, or spent waiting for its model. */
  agentMs = 0;

  private constructor(options: WorkOptions, record: SessionRecord, workspace: Workspace, agent: Agent) {
    this.#options = options;
    this.#record = record;
    this.#workspace = workspace;
    this.#agent = agent;
    this.#proof = options.guard && new ProofKeeper(options.guard, record.proof);
  }

  static async open(options: WorkOptions): Promise<WorkingSession> {
    const { run, identity, place, instructions } = options;
    const folder = run.sessionFolder(identity.id);
    const [home, scratch] = [join(place, "home"), join(place, "scratch")];
    mkdirSync(place, { recursive: true, mode: 0o700 });
    mkdirSync(scratch, { recursive: true });
    const agent = await options.agent({ home, scratch });
    const before = resumable(options, agent);
    if (!before) for (const old of [folder, home, ...PARTS.map((name) => join(place, name))]) removeTree(old);
    restoreHome(place, before?.steps.length ?? 0);
    agent.signIn.place();
    const record: SessionRecord = {
      ...(before ?? { ...planned(identity), startedAt: new Date().toISOString() }),
      state: "working",
      problem: null,
    };
    run.writeRecord(record);
    const unseen = instructions?.names ?? [];
    const last = before?.steps.at(-1)?.commit;
    const workspace = last
      ? await Workspace.reopen(place, join(folder, "repository.bundle"), last, unseen)
      : await Workspace.create(place, unseen);
    record.provenance ??= { ...agent.provenance };
    if (!last) {
      await agent.prepare(workspace.workTree);
      for (const name of unseen)
        if (existsSync(join(workspace.workTree, name)))
          throw new UserError(
            "bad-study",
            `The baseline ${identity.baseline} has a ${name} of its own, which the condition ${identity.condition} would replace.`,
            "Add the instructions to that file in a baseline of your own.",
          );
      const { commit } = await workspace.commit("baseline");
      if (agent.provenance.agent) record.provenance.baselineCommit = commit;
    }
    run.writeRecord(record);
    return new WorkingSession(options, record, workspace, agent);
  }

  async workOn(): Promise<SessionRecord> {
    const { prompts, emit, identity, limits } = this.#options;
    const record = this.#record;
    for (let step = record.steps.length + 1; step <= prompts.length && record.cutShort === null; step++) {
      emit({ type: "StepStarted", session: identity.id, step, of: prompts.length });
      const spent = spentBy(record.steps);
      const secondsLeft = (limits.sessionSeconds ?? Number.POSITIVE_INFINITY) - spent.seconds;
      const timeoutMs = Math.min(limits.stepSeconds, secondsLeft) * 1000;
      const budget: Budget = {
        usd: limits.sessionUsd === undefined ? undefined : limits.sessionUsd - spent.usd,
        tokens: limits.sessionTokens === undefined ? undefined : limits.sessionTokens - spent.tokens,
      };
      const outcome = await this.#give(step, timeoutMs, budget);
      if (outcome.kind !== "done") {
        record.state = "interrupted";
        record.problem = `Step ${step}: ${outcome.reason}`;
        return record;
      }
      await this.#keep(step, outcome);
      record.cutShort = cutShortBy(record.steps, limits, prompts.length);
      this.#options.run.writeRecord(record);
    }
    record.proof = this.#proof?.finish(this.#options.run.sessionFolder(identity.id)) ?? null;
    record.state = "worked";
    return record;
  }

  /** Gives a prompt until the step is done, or its model cannot be asked. Each attempt begins at the step's start. */
  async #give(step: number, timeoutMs: number, budget: Budget): Promise<StepOutcome> {
    const { prompts, signal, limits, conversation, emit, identity } = this.#options;
    let waitedSeconds = 0;
    for (let attempts = 1; ; attempts++) {
      signal?.throwIfAborted();
      this.#placeInstructions();
      const transcript = this.#transcript(step, attempts);
      const begun = performance.now();
      const outcome = await this.#agent
        .run({
          step,
          prompt: prompts[step - 1] ?? "",
          workTree: this.#workspace.workTree,
          timeoutMs,
          budget,
          conversation: conversation === "continue" ? this.#record.conversation : null,
          signal,
          onEvent: transcript.event,
          onRaw: transcript.raw,
        })
        .finally(transcript.write);
      if (outcome.kind === "done") {
        const { account } = outcome;
        // A replay took as long as its recording says, which is not the time that passed here.
        const passed = performance.now() - begun;
        this.agentMs += Math.min(passed, (account.durationSeconds ?? 0) * 1000);
        return { ...outcome, account: { ...account, attempts, waitedSeconds } };
      }
      this.agentMs += performance.now() - begun;
      this.#proof?.step(step, outcome.hosts, [], this.#workspace.workTree);
      await this.#startOver(step);
      const seconds = limits.rateLimitSeconds * 2 ** (attempts - 1);
      const allWaits = this.#record.steps.reduce((sum, one) => sum + one.waitedSeconds, waitedSeconds + seconds);
      if (outcome.kind === "unavailable" || allWaits > limits.waitSeconds) return outcome;
      emit({ type: "AgentWaits", session: identity.id, step, seconds, reason: outcome.reason });
      await wait(seconds * 1000, undefined, signal ? { signal } : {});
      waitedSeconds += seconds;
      this.agentMs += seconds * 1000;
    }
  }

  async #startOver(step: number): Promise<void> {
    const { place } = this.#options;
    await this.#workspace.goBackTo(this.#workspace.commits[step - 1] as string);
    restoreHome(place, step - 1);
    this.#agent.signIn.place();
  }

  #placeInstructions(): void {
    const { instructions } = this.#options;
    for (const name of instructions?.names ?? [])
      writeAtomically(join(this.#workspace.workTree, name), instructions?.text ?? "");
  }

  /** Commits a step and puts all of it on disk; the record that names it comes last. */
  async #keep(step: number, outcome: Extract<StepOutcome, { kind: "done" }>): Promise<void> {
    const { run, identity, prompts, place } = this.#options;
    const folder = run.sessionFolder(identity.id);
    const { diff, leftOut, ...counts } = await this.#workspace.commit(`step ${step}`);
    this.#proof?.step(step, outcome.hosts, leftOut, this.#workspace.workTree);
    const done: StepRecord = { ...outcome.account, step, prompt: prompts[step - 1] ?? "", ...counts };
    writeAtomically(join(folder, "steps", String(step), "diff.patch"), diff);
    writeJson(join(folder, "steps", String(step), "step.json"), done);
    const bundle = join(folder, "repository.bundle");
    await this.#workspace.bundle(`${bundle}.tmp`);
    renameSync(`${bundle}.tmp`, bundle);
    keepHome(place, step, this.#agent.signIn.files);
    this.#record.steps.push(done);
    this.#record.proof = this.#proof?.soFar() ?? null;
    this.#record.conversation = outcome.conversation;
    run.writeRecord(this.#record);
  }

  /** What the agent says, as events and as it wrote it; of an attempt that was given up, under a name of its own. */
  #transcript(step: number, attempt: number) {
    const { run, identity, emit } = this.#options;
    const folder = join(run.sessionFolder(identity.id), "steps", String(step));
    mkdirSync(folder, { recursive: true });
    const [raw, transcript] = [join(folder, "raw.ndjson"), join(folder, "transcript.ndjson")];
    if (attempt === 1) for (const file of [raw, transcript]) rmSync(file, { force: true });
    for (const file of [raw, transcript])
      if (existsSync(file)) renameSync(file, join(folder, `attempt-${attempt - 1}.${basename(file)}`));
    const begun = performance.now();
    let pending = "";
    const write = () => {
      if (pending) appendFileSync(raw, redact(pending));
      pending = "";
    };
    return {
      raw: (line: string) => {
        pending += `${line}\n`;
        if (pending.length > 64 * 1024) write();
      },
      event: (event: Parameters<Parameters<Agent["run"]>[0]["onEvent"]>[0]) => {
        const line = { atMs: Math.round(performance.now() - begun), event };
        appendFileSync(transcript, redact(`${JSON.stringify(line)}\n`));
        emit({ type: "AgentActed", session: identity.id, step, event });
      },
      write,
    };
  }
}

/** The record of a session that was cut off, when it can go on after its last finished step. */
function resumable(
  { run, identity, place, conversation }: WorkOptions,
  { provenance }: Agent,
): SessionRecord | undefined {
  const record = run.record(identity.id);
  if (!record || (record.state !== "working" && record.state !== "interrupted") || record.steps.length === 0)
    return undefined;
  if (!existsSync(join(run.sessionFolder(identity.id), "repository.bundle"))) return undefined;
  // One session is never the work of two versions.
  if (record.provenance?.agent?.version !== provenance.agent?.version) return undefined;
  // What was said lies in the HOME; without it the conversation cannot be gone on with.
  if (conversation === "continue" && !existsSync(join(place, "homes", String(record.steps.length)))) return undefined;
  return record;
}

function keepHome(place: string, step: number, but: readonly string[]): void {
  const homes = join(place, "homes");
  const temporary = join(homes, "new");
  rmSync(temporary, { recursive: true, force: true });
  copyHome(join(place, "home"), temporary, but);
  rmSync(join(homes, String(step)), { recursive: true, force: true });
  renameSync(temporary, join(homes, String(step)));
  rmSync(join(homes, String(step - 1)), { recursive: true, force: true });
}

/** Makes HOME what it was after a step; empty when nothing is kept of it. */
function restoreHome(place: string, step: number): void {
  const [home, kept] = [join(place, "home"), join(place, "homes", String(step))];
  rmSync(home, { recursive: true, force: true });
  if (existsSync(kept)) copyHome(kept, home, []);
  mkdirSync(home, { recursive: true });
}

/** Links are copied as links: they may lead anywhere. Sockets and pipes are left out. */
function copyHome(from: string, to: string, but: readonly string[]): void {
  mkdirSync(to, { recursive: true });
  if (!existsSync(from)) return;
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => {
      const name = path.slice(from.length + 1);
      return !PASSING.has(name) && !but.includes(name) && isPlain(path);
    },
  });
}

const isPlain = (path: string): boolean => {
  const stat = lstatSync(path);
  return stat.isDirectory() || stat.isFile() || stat.isSymbolicLink();
};

function spentBy(steps: readonly StepAccount[]): { seconds: number; usd: number; tokens: number } {
  const sum = (of: (step: StepAccount) => number | null) => steps.reduce((total, step) => total + (of(step) ?? 0), 0);
  return {
    seconds: sum((step) => step.durationSeconds),
    usd: sum((step) => step.costUsd),
    tokens: sum((step) => (step.tokensIn ?? 0) + (step.tokensOut ?? 0)),
  };
}

/** Why no further prompt is given; null when there is none left, or it may go on. */
function cutShortBy(steps: readonly StepRecord[], limits: StudyLimits, planned: number): string | null {
  if (steps.length === planned) return null;
  const spent = spentBy(steps);
  const after = `after step ${steps.length} of ${planned}`;
  if (limits.sessionSeconds !== undefined && spent.seconds >= limits.sessionSeconds)
    return `The session's ${limits.sessionSeconds} s were used up ${after}.`;
  if (limits.sessionUsd !== undefined && spent.usd >= limits.sessionUsd)
    return `The session's $${limits.sessionUsd} were spent ${after}.`;
  if (limits.sessionTokens !== undefined && spent.tokens >= limits.sessionTokens)
    return `The session's ${limits.sessionTokens} tokens were spent ${after}.`;
  return null;
}
