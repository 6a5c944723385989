import { z } from "zod";

/** What a tool call is for, the same for every agent. */
export const TOOL_KINDS = ["read", "edit", "run", "search", "fetch", "mcp", "plan", "delegate", "other"] as const;
export type ToolKind = (typeof TOOL_KINDS)[number];

const amount = z.number().min(0).nullable();

/** Tokens as models bill them; null where the agent does not say. */
export const Tokens = z.object({
  /** All that was read, what came from a cache included. */
  in: amount,
  out: amount,
  /** Of `in`: read from a cache. */
  cached: amount,
  /** Of `in`: written to a cache. */
  cacheWritten: amount,
  /** Of `out`: spent on thinking. */
  reasoning: amount,
});
export type Tokens = z.infer<typeof Tokens>;

/** How an agent's own work on a prompt ended, as far as its stream says. `stopped`: by itself, unfinished, as in a refusal. */
export const AGENT_OUTCOMES = [
  "finished",
  "stopped",
  "failed",
  "rate-limited",
  "unavailable",
  "not-signed-in",
] as const;
export type AgentOutcome = (typeof AGENT_OUTCOMES)[number];

/** What an agent did, the same for every agent. `transcript.ndjson` holds one a line; `raw.ndjson` what it wrote itself. */
export const AgentEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("started"),
    version: z.string().nullable(),
    /** The model that the stream names. */
    model: z.string().nullable(),
    /** By which the agent can go on with this conversation. */
    conversation: z.string().nullable(),
  }),
  z.object({ type: z.literal("message"), text: z.string() }),
  z.object({
    type: z.literal("tool-call"),
    id: z.string(),
    kind: z.enum(TOOL_KINDS),
    /** As the agent calls it. */
    tool: z.string(),
    /** The command, path or query, where there is one. */
    subject: z.string().nullable(),
  }),
  z.object({ type: z.literal("tool-result"), id: z.string(), ok: z.boolean().nullable() }),
  /** One answer of the model has come in. */
  z.object({ type: z.literal("turn") }),
  /** Spent since the step began; each replaces the one before. */
  z.object({ type: z.literal("usage"), tokens: Tokens, costUsd: amount }),
  /** The agent asked the user; `answer` is what the study's policy made of it. */
  z.object({
    type: z.literal("asked"),
    what: z.enum(["permission", "question", "plan"]),
    subject: z.string(),
    answer: z.string(),
  }),
  /** Something went wrong and the agent goes on. */
  z.object({ type: z.literal("trouble"), text: z.string() }),
  /** An event that this version does not know; `raw.ndjson` has it whole. */
  z.object({ type: z.literal("unknown"), name: z.string() }),
  z.object({ type: z.literal("ended"), outcome: z.enum(AGENT_OUTCOMES), reason: z.string().nullable() }),
]);
export type AgentEvent = z.infer<typeof AgentEvent>;

/** An event with its time since the step began. */
export const TranscriptLine = z.object({ atMs: z.number(), event: AgentEvent });
export type TranscriptLine = z.infer<typeof TranscriptLine>;

/** How a step ended. Only `finished` is the agent's own word; what was done in the others is kept and marked. */
export const STEP_ENDS = ["finished", "failed", "timeout", "limit", "budget"] as const;
export type StepEnd = (typeof STEP_ENDS)[number];
