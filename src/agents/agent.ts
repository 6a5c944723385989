import type { AgentEvent, StepEnd } from "../model/agent.ts";
import type { HostAsked } from "../model/network.ts";
import type { Conversation, Provenance, StepAccount } from "../model/session.ts";

/** What an agent may still spend; undefined: without bound. */
export interface Budget {
  usd: number | undefined;
  tokens: number | undefined;
}

/** What one step of a session is given. */
export interface StepRequest {
  step: number;
  prompt: string;
  workTree: string;
  timeoutMs: number;
  budget: Budget;
  /** The conversation to go on with; null for a fresh one. */
  conversation: Conversation | null;
  signal: AbortSignal | undefined;
  /** Each event as it comes. */
  onEvent: (event: AgentEvent) => void;
  /** What the agent wrote, line by line. */
  onRaw: (line: string) => void;
}

/**
 * What came of a step. `done` is kept, whatever it says in `account.ended`; the other two leave the step undone:
 * the prompt has to be given again, at once after a wait, or when the session is resumed.
 */
export type StepOutcome = (
  | { kind: "done"; account: StepAccount; conversation: Conversation | null }
  | { kind: "rate-limited"; reason: string }
  | { kind: "unavailable"; reason: string }
) & {
  /** Every host that it asked for. */
  hosts: readonly HostAsked[];
};

/** One agent at work on one session. */
export interface Agent {
  readonly provenance: Provenance;
  /** By what it signs in: files of its HOME that are kept nowhere, and put there again when the HOME is made anew. */
  readonly signIn: { files: readonly string[]; place: () => void };
  /** Puts the baseline into the work tree. */
  prepare(workTree: string): Promise<void>;
  run(request: StepRequest): Promise<StepOutcome>;
}

export const NO_SIGN_IN: Agent["signIn"] = { files: [], place: () => {} };

/** An account in which nothing is known. */
export const unknownAccount = (durationSeconds: number | null, ended: StepEnd = "finished"): StepAccount => ({
  durationSeconds,
  tokensIn: null,
  tokensOut: null,
  tokensCached: null,
  tokensReasoning: null,
  costUsd: null,
  costFrom: null,
  pricesDated: null,
  secondsToFirstEdit: null,
  turns: null,
  toolCalls: null,
  commandsRun: null,
  asked: null,
  model: null,
  ended,
  endedBecause: null,
  attempts: 1,
  waitedSeconds: 0,
});
