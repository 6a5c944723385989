import { z } from "zod";
import { ScannerSpec } from "./scan.ts";

const Slug = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, "letters, digits, dots, dashes and underscores only");

/** One agent of a study. `kind` names an adapter; the rest is what that adapter is given. */
export const AgentSpec = z.strictObject({
  id: Slug,
  kind: z.enum(["replay", "claude-code", "codex", "acp", "command"]),
  /** replay: names of recordings by baseline; each session takes the one of its baseline. */
  recordings: z.record(z.string(), z.string()).optional(),
  model: z.string().optional(),
  /** acp, command: the program and its arguments. */
  command: z.array(z.string()).optional(),
  flags: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
export type AgentSpec = z.infer<typeof AgentSpec>;

export const ConditionSpec = z.strictObject({
  id: Slug,
  /** An instruction file of `guidance/`, or a path; absent for `bare`. */
  guidance: z.string().optional(),
});
export type ConditionSpec = z.infer<typeof ConditionSpec>;

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
    .default([{ id: "bare" }]),
  replicates: z.number().int().min(1).max(1000).default(1),
  /** Decides the order in which sessions run. */
  seed: z.number().int().min(0).default(1),
  limits: z.strictObject({ stepSeconds: z.number().int().positive().default(1800) }).default({ stepSeconds: 1800 }),
  conversation: z.enum(["fresh", "continue"]).default("fresh"),
  tiers: z.array(z.union([z.literal(1), z.literal(2), z.literal(3)])).default([1, 2]),
  /** Scanners to run on the finished apps; without it the quick ones that the machine has. */
  scanners: z.array(ScannerSpec).optional(),
});
export type Study = z.infer<typeof Study>;

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
