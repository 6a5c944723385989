import { z } from "zod";
import { ScannerSpec } from "./scan.ts";

const Slug = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, "letters, digits, dots, dashes and underscores only");

/** A server of the Model Context Protocol: a program beside the agent, or an address. */
export const McpServer = z.union([
  z.strictObject({
    command: z.string(),
    args: z.array(z.string()).default([]),
    env: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ url: z.url() }),
]);
export type McpServer = z.infer<typeof McpServer>;

/** One agent of a study. `kind` names an adapter; the rest is what that adapter is given. */
export const AgentSpec = z.strictObject({
  id: Slug,
  kind: z.enum(["replay", "claude-code", "codex", "acp", "command"]),
  /** replay: names of recordings by baseline; each session takes the one of its baseline. */
  recordings: z.record(z.string(), z.string()).optional(),
  model: z.string().optional(),
  effort: z.string().optional(),
  /** acp, command: the program and its arguments. claude-code, codex: where the program is, when not on PATH. */
  command: z.array(z.string()).min(1).optional(),
  /** command: how the program gets the prompt. */
  prompt: z.enum(["stdin", "argument"]).default("stdin"),
  /** More arguments for the program. */
  flags: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  /** Variables of your own environment that it may have besides those by which it signs in, such as an API key. */
  pass: z.array(z.string()).default([]),
  /** Files and folders that its program needs to see besides itself, relative to the study. */
  readable: z.array(z.string()).default([]),
  /** Hosts that it may reach besides its model's and the package registries. */
  hosts: z.array(z.string()).default([]),
  /** Another address of the model's API than its maker's. */
  baseUrl: z.url().optional(),
  /** A script instead of a model (docs/model-server.md), relative to the study; `{baseline}` and `{condition}` are filled in. */
  script: z.string().optional(),
  /** acp, command: the names under which it looks for instructions in the repository. */
  instructions: z.array(z.string()).optional(),
});
export type AgentSpec = z.infer<typeof AgentSpec>;

export const ConditionSpec = z.strictObject({
  id: Slug,
  /** An instruction file of `guidance/`, or a path relative to the study; absent for `bare`. */
  guidance: z.string().optional(),
  mcpServers: z.record(Slug, McpServer).default({}),
  /** `full`: nothing is asked. `ask`: the agent asks as it does by itself. `plan`: it lays out a plan first. */
  mode: z.enum(["full", "ask", "plan"]).default("full"),
  /** What it is answered when it asks. Questions get their first option either way. */
  answers: z.enum(["allow", "deny"]).default("allow"),
  effort: z.string().optional(),
  /** More arguments, by kind of agent. */
  flags: z.record(z.string(), z.array(z.string())).default({}),
});
export type ConditionSpec = z.infer<typeof ConditionSpec>;

export const StudyLimits = z.strictObject({
  /** For one prompt; then the agent and all its descendants are ended, and what it did is kept. */
  stepSeconds: z.number().positive().default(1800),
  /** For all prompts of a session together, waiting left out. */
  sessionSeconds: z.number().positive().optional(),
  /** No further prompt is given when so much is spent; an agent that shows its spending is ended within one. */
  sessionUsd: z.number().positive().optional(),
  sessionTokens: z.number().int().positive().optional(),
  /** The first wait for a rate limit; each further one is twice as long. */
  rateLimitSeconds: z.number().positive().default(60),
  /** All waits of a session together; then it is interrupted. */
  waitSeconds: z.number().min(0).default(21_600),
});
export type StudyLimits = z.infer<typeof StudyLimits>;

/** What is to be compared. One YAML file. */
export const Study = z.strictObject({
  id: Slug,
  title: z.string().optional(),
  scenario: Slug,
  baselines: z.array(Slug).min(1),
  agents: z.array(AgentSpec).min(1),
  conditions: z
    .array(ConditionSpec)
    .min(1)
    .default([ConditionSpec.parse({ id: "bare" })]),
  replicates: z.number().int().min(1).max(1000).default(1),
  /** Decides the order in which sessions run. */
  seed: z.number().int().min(0).default(1),
  limits: StudyLimits.default(StudyLimits.parse({})),
  conversation: z.enum(["fresh", "continue"]).default("fresh"),
  tiers: z.array(z.union([z.literal(1), z.literal(2), z.literal(3)])).default([1, 2]),
  /** Scanners to run on the finished apps; without it the quick ones that the machine has. */
  scanners: z.array(ScannerSpec).optional(),
});
export type Study = z.infer<typeof Study>;

/** Study files as JSON Schema, for editors: what one may write, with defaults left out. */
export const studySchema = (): object => ({
  title: "A study of unprompted",
  ...z.toJSONSchema(Study, { io: "input" }),
});

/** Everything that can change a session's result. */
export const SessionIdentity = z.object({
  /** Derived from the rest: readable, unique within a study, stable between runs. */
  id: z.string(),
  scenario: z.string(),
  baseline: z.string(),
  agent: z.string(),
  agentKind: z.string(),
  model: z.string().nullable(),
  condition: z.string(),
  replicate: z.number().int(),
  recording: z.string().nullable(),
});
export type SessionIdentity = z.infer<typeof SessionIdentity>;

export const Plan = z.object({
  formatVersion: z.literal(1),
  study: Study,
  /** In the order in which they start. */
  sessions: z.array(SessionIdentity),
});
export type Plan = z.infer<typeof Plan>;
