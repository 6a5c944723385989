import type { HostAsked } from "../model/network.ts";
import type { Provenance } from "../model/session.ts";

/** What one step of a session is given. */
export interface StepRequest {
  step: number;
  prompt: string;
  workTree: string;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** What an agent says about a step; null where it says nothing. */
export interface StepOutcome {
  durationSeconds: number | null;
  tokensIn: number | null;
  tokensOut: number | null;
  costUsd: number | null;
  /** Hosts asked for in this step (`Spawned.hosts()`); absent when no program ran. */
  hosts?: readonly HostAsked[];
}

/** One agent at work on one session. */
export interface Agent {
  readonly provenance: Provenance;
  /** Puts the baseline into the work tree. */
  prepare(workTree: string): Promise<void>;
  run(request: StepRequest): Promise<StepOutcome>;
}
