import { createInterface } from "node:readline";
import type { AgentEvent, AgentOutcome, StepEnd } from "../model/agent.ts";
import { AGENT_LIMITS, type Spawned } from "../sandbox/index.ts";
import { Account, type Shows } from "./account.ts";
import type { StepOutcome, StepRequest } from "./agent.ts";
import { type AgentSetting, MODEL_PORT } from "./setting.ts";

/** After its last word a program gets this long to end by itself. */
const GRACE_MS = 10_000;

/** How to start a program for one step. */
export interface Start {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** A program at work on one step. */
export interface Work {
  spawned: Spawned;
  /** Hands on an event; it is counted, and budgets are held. */
  emit(event: AgentEvent): void;
  /** Keeps a line as the agent wrote it. */
  raw(line: string): void;
}

/**
 * Starts the agent's program in the sandbox, lets `talk` speak with it, and closes the account. Whatever happens, no
 * process of it is left afterwards. Throws the signal's reason when it aborts.
 */
export async function runStep(
  setting: AgentSetting,
  request: StepRequest,
  shows: Shows,
  start: Start,
  talk: (work: Work) => Promise<void>,
): Promise<StepOutcome> {
  request.signal?.throwIfAborted();
  const { sandbox, spec, home, modelPort, program } = setting;
  const wanted = spec.model ?? null;
  const spawned = await sandbox.spawn({
    argv: start.argv,
    cwd: request.workTree,
    env: { ...setting.env, ...start.env, ...spec.env, HOME: home },
    view: { writable: [request.workTree], readable: program.readable, home },
    limits: AGENT_LIMITS,
    network: {
      kind: "hosts",
      allow: setting.hosts,
      forwards:
        modelPort === null
          ? []
          : [{ port: sandbox.ownPorts ? MODEL_PORT : modelPort, to: { host: "127.0.0.1", port: modelPort } }],
    },
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const account = new Account(shows);
  let grace: NodeJS.Timeout | undefined;
  let cut: { ended: StepEnd; because: string } | undefined;
  let outcome: AgentOutcome | undefined;
  let reason: string | null = null;
  const stop = (ended: StepEnd, because: string) => {
    cut ??= { ended, because };
    void spawned.stop();
  };
  const timer = setTimeout(
    () => stop("timeout", `it was not done after ${Math.round(request.timeoutMs / 1000)} s`),
    request.timeoutMs,
  );
  const work: Work = {
    spawned,
    raw: request.onRaw,
    emit(event) {
      if (cut) return;
      account.add(event);
      request.onEvent(event);
      if (event.type === "ended") {
        outcome = event.outcome;
        reason = event.reason;
        grace ??= setTimeout(() => void spawned.stop(), GRACE_MS);
      }
      if (event.type !== "usage") return;
      const { usd, tokens } = account.spent(wanted);
      if (request.budget.usd !== undefined && usd > request.budget.usd)
        stop("budget", `it spent $${usd.toFixed(2)} of the $${request.budget.usd.toFixed(2)} that were left`);
      else if (request.budget.tokens !== undefined && tokens > request.budget.tokens)
        stop("budget", `it spent ${tokens} of the ${request.budget.tokens} tokens that were left`);
    },
  };
  const errors = lastOf(spawned, request.onRaw);
  spawned.stdin.on("error", () => {});
  try {
    await talk(work);
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    await spawned.stop();
  }
  const exit = await spawned.exited;
  request.signal?.throwIfAborted();
  const hosts = spawned.hosts();
  const done = (ended: StepEnd, because: string | null): StepOutcome => ({
    kind: "done",
    hosts,
    account: { ...account.step(wanted), ended, endedBecause: because },
    conversation: account.conversation(request.conversation),
  });
  if (cut && !(outcome === "finished" && cut.ended === "timeout")) return done(cut.ended, cut.because);
  if (exit.limit) return done("limit", `it was ended: ${exit.limit}`);
  const why = reason ?? (errors() || `it ended with exit code ${exit.code ?? "none"}`);
  if (outcome === "finished") return done("finished", null);
  if (outcome === "stopped") return done("failed", why);
  if (outcome === "rate-limited") return { kind: "rate-limited", reason: why, hosts };
  if (outcome === "unavailable") return { kind: "unavailable", reason: why, hosts };
  if (outcome === "not-signed-in")
    return { kind: "unavailable", reason: `${why} (\`unprompted doctor\` says how to sign in)`, hosts };
  // An agent that ended without having done anything was not able to begin: that says nothing about it.
  return shows.tools && !account.hasWorked() ? { kind: "unavailable", reason: why, hosts } : done("failed", why);
}

/** Every line of stdout, in order, to its end. */
export async function eachLine({ spawned, raw }: Work, handle: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: spawned.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    raw(line);
    handle(line);
  }
}

/** Keeps the last line of stderr that says something, and hands on each as raw. */
function lastOf(spawned: Spawned, raw: (line: string) => void): () => string {
  let last = "";
  const lines = createInterface({ input: spawned.stderr, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", (line) => {
    if (line.trim() === "") return;
    raw(JSON.stringify({ stderr: line }));
    last = line.trim().slice(0, 300);
  });
  return () => last;
}

/** What an answer of a model's API with this status means for a step. */
export function outcomeOf(status: number | null): AgentOutcome {
  if (status === null) return "failed";
  if (status === 429) return "rate-limited";
  if (status === 401 || status === 403) return "not-signed-in";
  return status >= 500 ? "unavailable" : "failed";
}
