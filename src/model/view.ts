import type { CatalogueEntry } from "./catalogue.ts";
import type { DeliveryFigures } from "./delivery.ts";
import type { Evidence } from "./evidence.ts";
import type { ScannerReport } from "./scan.ts";
import type { Evaluation, SessionRecord } from "./session.ts";
import type { SessionIdentity, Study } from "./study.ts";
import type { Tier, VerdictKind } from "./verdict.ts";

/** One letter for each verdict, so that ten thousand sessions of eighty tests fit in a megabyte. */
export const VERDICT_LETTERS = {
  defended: "d",
  exploited: "x",
  broken: "b",
  inconclusive: "i",
  "not-applicable": "n",
} as const satisfies Readonly<Record<VerdictKind, string>>;

/** Stands where a test has no verdict. */
export const NO_VERDICT = ".";

/** One session as lists and the matrix need it. What the agent did not report is null, never zero. */
export interface SessionRow extends SessionIdentity {
  state: SessionRecord["state"];
  /** How far the app came; null before it was tried. */
  stage: Evaluation["app"]["stage"] | null;
  /** One line: why there are no verdicts. */
  problem: string | null;
  /** A letter of `VERDICT_LETTERS`, or `NO_VERDICT`, for each of the run's columns; empty when nothing was measured. */
  verdicts: string;
  functional: { passed: number; of: number } | null;
  agentSeconds: number | null;
  tokensIn: number | null;
  tokensOut: number | null;
  costUsd: number | null;
  madeBy: string | null;
  /** What was handed over besides code that works; null where that was not judged. */
  delivery: DeliveryFigures | null;
}

/** What a run is, without its sessions. */
export interface RunView {
  /** The folder's name. */
  name: string;
  study: Pick<Study, "id" | "title" | "scenario" | "seed" | "replicates" | "tiers">;
  /** Orders in which the study names them. */
  baselines: string[];
  agents: string[];
  conditions: string[];
  /** The catalogue, then tests that were run and are in no catalogue any more: the columns of `SessionRow.verdicts`. */
  columns: CatalogueEntry[];
  sessions: number;
  /** What people wrote about agents: no measurement. */
  notes: { agent: string; text: string }[];
}

/** In how many sessions of an agent a choice was made. */
export interface ChoiceCount {
  topic: string;
  choice: string;
  agent: string;
  sessions: number;
}

/** What goes on at this moment; null when nobody writes into the run. */
export interface LiveView {
  startedAt: string;
  sessions: number;
  done: number;
  /** Since `startedAt`: the pace that tells when the rest will be done. */
  finishedHere: number;
  working: { session: string; doing: string; done: number; of: number }[];
  /** Holes in the order in which they were found, the first twelve. */
  failures: { session: string; id: string; slug: string; tier: Tier; summary: string }[];
  holes: number;
}

/** Messages of the event stream. `rows` are by place in the plan. */
export type ViewMessage =
  | { type: "run"; run: RunView }
  | { type: "rows"; rows: [place: number, row: SessionRow][] }
  | { type: "reading"; done: number; of: number }
  | { type: "choices"; choices: ChoiceCount[] }
  | { type: "live"; live: LiveView | null; at: string };

/** Another run, whole, to compare with. */
export interface RunSnapshot {
  run: RunView;
  rows: SessionRow[];
  choices: ChoiceCount[];
}

/** All of one session but its evidence, diffs and transcripts. */
export interface SessionView {
  record: SessionRecord;
  evaluation: Evaluation | null;
  /** What the app wrote, or why there is nothing. */
  appLog: { text: string } | { none: string };
  /** Steps that have a kept diff or transcript. */
  diffs: number[];
  transcripts: number[];
  /** Null when no scanner was asked. */
  scanners: ScannerReport | null;
}

export interface EvidenceView {
  evidence: Evidence;
  curl: string;
}

/** One place of the reference solution that holds a test up: what cutting it takes away. */
export interface Defence {
  /** What the mutant did, in words. */
  what: string;
  file: string;
  /** The reference's own lines, from `line` on. `holds` are those that the mutant takes away. */
  line: number;
  lines: { text: string; holds: boolean }[];
}

export interface ReferenceView {
  baseline: string;
  defences: Defence[];
}

/** A text file, cut short when it is very long. */
export interface TextView {
  text: string;
  /** Characters left out at the end. */
  cut: number;
}
