import type { AgentEvent } from "./agent.ts";
import type { SessionIdentity } from "./study.ts";
import type { Verdict } from "./verdict.ts";

/** What happens while work goes on. Terminal progress and the live viewer read these; nothing is decided by them. */
export type RunEvent =
  | { type: "RunStarted"; study: string; sessions: number; done: number }
  | { type: "SessionStarted"; session: SessionIdentity }
  | { type: "StepStarted"; session: string; step: number; of: number }
  | { type: "AgentActed"; session: string; step: number; event: AgentEvent }
  | { type: "AgentWaits"; session: string; step: number; seconds: number; reason: string }
  | {
      type: "StageStarted";
      session: string;
      stage: "install" | "build" | "start" | "contract" | "functional" | "exploits" | "scanners";
      detail?: string;
    }
  | { type: "VerdictReached"; session: string; verdict: Verdict; done: number; of: number }
  | { type: "SessionFinished"; session: SessionIdentity; state: string; problem: string | null; seconds: number }
  | { type: "RunFinished"; sessions: number; seconds: number };

export type Emit = (event: RunEvent) => void;
