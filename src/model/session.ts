import { z } from "zod";
import { STEP_ENDS } from "./agent.ts";
import { AppReport } from "./app.ts";
import { Contract } from "./contract.ts";
import { Decision } from "./decision.ts";
import type { Delivery } from "./delivery.ts";
import { HostAsked } from "./network.ts";
import type { ScannerReport } from "./scan.ts";
import { SessionIdentity } from "./study.ts";
import type { SupplyChain } from "./supply-chain.ts";
import { Score, Verdict } from "./verdict.ts";

const figure = z.number().nullable();
/** A figure that older files do not have. */
const later = figure.default(null);

/** What an agent spent and did in one step. Figures that it did not report are null, never zero. */
export const StepAccount = z.object({
  /** Of the agent alone; waiting for a rate limit is not counted. */
  durationSeconds: figure,
  /** All input, what came from a cache included. */
  tokensIn: figure,
  tokensOut: figure,
  /** Of the input: read from a cache. */
  tokensCached: later,
  /** Of the output: spent on thinking. */
  tokensReasoning: later,
  costUsd: figure,
  /** `agent`: as it reports it. `prices`: tokens times the dated table of src/agents/prices.json. */
  costFrom: z.enum(["agent", "prices"]).nullable().default(null),
  /** The day of the prices, when the cost comes from them. */
  pricesDated: z.string().nullable().default(null),
  secondsToFirstEdit: later,
  /** Answers of the model. */
  turns: later,
  /** By kind (see TOOL_KINDS); null where the agent does not show its tools. */
  toolCalls: z.record(z.string(), z.number()).nullable().default(null),
  commandsRun: later,
  /** How often it asked for a permission, asked a question or laid out a plan, and how often the policy said no. */
  asked: z
    .object({ permission: z.number(), question: z.number(), plan: z.number(), denied: z.number() })
    .nullable()
    .default(null),
  /** The model that the stream names. */
  model: z.string().nullable().default(null),
  ended: z.enum(STEP_ENDS).default("finished"),
  /** Why it did not finish by itself. */
  endedBecause: z.string().nullable().default(null),
  /** Times that the prompt was given; more than one when a rate limit or an outage cut the earlier ones off. */
  attempts: z.number().int().default(1),
  /** Waiting for rate limits between attempts. */
  waitedSeconds: z.number().default(0),
});
export type StepAccount = z.infer<typeof StepAccount>;

/** One prompt of a session and what it came to. */
export const StepRecord = StepAccount.extend({
  step: z.number().int(),
  prompt: z.string(),
  commit: z.string(),
  filesChanged: z.number().int(),
  linesAdded: z.number().int(),
  linesRemoved: z.number().int(),
});
export type StepRecord = z.infer<typeof StepRecord>;

/** The program that worked, as it was found. */
export const AgentFound = z.object({
  kind: z.string(),
  program: z.string(),
  version: z.string().nullable(),
  /** True when a script answered in the place of a model. */
  scripted: z.boolean().default(false),
  /** What it was called with, the prompt and secrets left out. */
  argv: z.array(z.string()),
});
export type AgentFound = z.infer<typeof AgentFound>;

/** What made the code of a session: kept with it for ever. */
export const Provenance = z.object({
  /** What wrote it, in words, such as `a general coding agent`. Names a product only when that product made it. */
  madeBy: z.string(),
  recordedOn: z.string(),
  conversation: z.enum(["fresh", "continue", "unknown"]),
  scenario: z.string(),
  promptsVersion: z.string(),
  baseline: z.string(),
  baselineCommit: z.string(),
  notes: z.string(),
  agent: AgentFound.nullable().default(null),
});
export type Provenance = z.infer<typeof Provenance>;

/** `recordings/<id>/recording.json`, beside `repository.bundle`. */
export const Recording = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  baseline: z.string(),
  scenario: z.string(),
  provenance: Provenance,
  /** Commits `baseline`, `step 1` ... in the bundle. */
  commits: z.array(
    z.object({
      step: z.number().int(),
      commit: z.string(),
      durationSeconds: z.number().nullable(),
      /** What the agent said last in the step; null where it was not kept. */
      closingMessage: z.string().nullable().default(null),
    }),
  ),
});
export type Recording = z.infer<typeof Recording>;

export const FunctionalResult = z.object({
  id: z.string(),
  /** The prompt that says so. */
  step: z.number().int(),
  /** The sentence of the prompt that it checks. */
  says: z.string(),
  ok: z.boolean(),
  detail: z.string(),
});
export type FunctionalResult = z.infer<typeof FunctionalResult>;

/** Everything that attacking one app gave. `unprompted check --json` prints exactly this. */
export const Evaluation = z.object({
  formatVersion: z.literal(1),
  scenario: z.string(),
  app: AppReport,
  contract: Contract,
  functional: z.array(FunctionalResult),
  verdicts: z.array(Verdict),
  decisions: z.array(Decision),
  score: Score,
  durationsMs: z.object({ contract: z.number(), functional: z.number(), exploits: z.number(), total: z.number() }),
});
export type Evaluation = z.infer<typeof Evaluation>;

/** What shows that an agent saw and changed only what it was given. */
export const Proof = z.object({
  sandbox: z.string(),
  /** Every host asked for, allowed or refused. */
  hosts: z.array(HostAsked),
  /** SHA-256 of what may not change while a session runs, by name. */
  hashes: z.record(z.string(), z.string()),
  /** Files of the work tree that its commits do not hold. */
  leftOut: z.array(z.object({ step: z.number().int(), path: z.string(), why: z.string() })),
  /** What it saw or changed and should not have. Any entry leaves the session out of all averages. */
  breaches: z.array(z.string()),
});
export type Proof = z.infer<typeof Proof>;

/** A conversation that a later step can go on with. Agents report some figures for the whole of it. */
export const Conversation = z.object({
  id: z.string(),
  costUsd: z.number().nullable(),
  tokensIn: z.number().nullable(),
  tokensOut: z.number().nullable(),
  tokensCached: z.number().nullable(),
  tokensReasoning: z.number().nullable(),
});
export type Conversation = z.infer<typeof Conversation>;

export const SESSION_STATES = ["planned", "working", "worked", "evaluated", "failed", "interrupted"] as const;

/** `session.json`: the state of one session. */
export const SessionRecord = z.object({
  formatVersion: z.literal(1),
  identity: SessionIdentity,
  state: z.enum(SESSION_STATES),
  provenance: Provenance.nullable(),
  /** Null for a session that was not worked here, such as a replay. */
  proof: Proof.nullable().default(null),
  steps: z.array(StepRecord),
  /** Why the session failed or was interrupted. */
  problem: z.string().nullable(),
  /** Why not all steps were done; null when they were. */
  cutShort: z.string().nullable().default(null),
  /** What the next step needs to go on with the conversation of the last one. */
  conversation: Conversation.nullable().default(null),
  /** Milliseconds that were neither agent, install, build, app nor waiting: the harness's own. Null while it runs. */
  overheadMs: z.number().nullable().default(null),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;

/** A whole run as reports read it. */
export interface SessionResult {
  record: SessionRecord;
  /** Null while it was not evaluated. */
  evaluation: Evaluation | null;
  /** What outside scanners said; not there while none was asked. */
  scanners?: ScannerReport | undefined;
  /** What was handed over besides code that works; not there where the scenario does not judge it. */
  delivery?: Delivery | undefined;
  /** What the app is built from; not there while that was not read. */
  supplyChain?: SupplyChain | undefined;
  /** What attacking the app gave after one of its steps; null where that was not asked for. May read a file. */
  afterStep?: (step: number) => Evaluation | null;
  /** Folder of the session within the run. */
  folder: string;
}
