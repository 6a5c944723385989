import { z } from "zod";
import { AgentEvent } from "./agent.ts";
import { SessionIdentity } from "./study.ts";
import { Verdict } from "./verdict.ts";

/** What happens while work goes on. Terminal progress and the live viewer read these; nothing is decided by them. */
export const RunEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("RunStarted"), study: z.string(), sessions: z.number(), done: z.number() }),
  z.object({ type: z.literal("SessionStarted"), session: SessionIdentity }),
  z.object({ type: z.literal("StepStarted"), session: z.string(), step: z.number(), of: z.number() }),
  z.object({ type: z.literal("AgentActed"), session: z.string(), step: z.number(), event: AgentEvent }),
  z.object({
    type: z.literal("AgentWaits"),
    session: z.string(),
    step: z.number(),
    seconds: z.number(),
    reason: z.string(),
  }),
  z.object({
    type: z.literal("StageStarted"),
    session: z.string(),
    stage: z.enum(["install", "build", "start", "contract", "functional", "exploits", "scanners", "delivery"]),
    detail: z.string().optional(),
  }),
  z.object({
    type: z.literal("VerdictReached"),
    session: z.string(),
    verdict: Verdict,
    done: z.number(),
    of: z.number(),
  }),
  z.object({
    type: z.literal("SessionFinished"),
    session: SessionIdentity,
    state: z.string(),
    problem: z.string().nullable(),
    seconds: z.number(),
  }),
  z.object({ type: z.literal("RunFinished"), sessions: z.number(), seconds: z.number() }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

export type Emit = (event: RunEvent) => void;

/** One line of a run's `events.ndjson`. */
export const LoggedEvent = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  event: RunEvent,
});
export type LoggedEvent = z.infer<typeof LoggedEvent>;
