import type {
  Decision,
  Evaluation,
  Provenance,
  ScannerReport,
  SessionIdentity,
  SessionRecord,
  SessionResult,
  Verdict,
} from "../model/index.ts";
import { type AfterStep, attributionOf, type StepChange } from "./attribution.ts";
import { type Tiers, tiersOf } from "./counts.ts";

export interface Failure {
  /** `install`, `build`, `start` or `answer` for the app; otherwise how far the session came. */
  stage: string;
  reason: string;
  logTail: string | null;
}

/** A verdict without its words, so that those of ten thousand sessions fit into memory. */
export type Judged = Pick<Verdict, "id" | "slug" | "tier" | "verdict">;

/** What an exploit came to where it worked. */
export interface Proof {
  session: string;
  summary: string;
}

export interface SessionFigures {
  id: string;
  identity: SessionIdentity;
  state: SessionResult["record"]["state"];
  /** Only `measured` sessions have verdicts in rates. */
  outcome: "measured" | "failed" | "unfinished";
  failure: Failure | null;
  provenance: Provenance | null;
  folder: string | null;
  functional: { passed: number; planned: number } | null;
  tiers: Tiers | null;
  verdicts: ReadonlyMap<string, Judged>;
  passwordHashing: string | null;
  jwt: string | null;
  agentSeconds: number | null;
  evaluationSeconds: number | null;
  tokensIn: number | null;
  tokensOut: number | null;
  costUsd: number | null;
  /** Days of the price tables that costs come from; empty when the agent reports them all, or none is known. */
  pricesDated: readonly string[];
  /** Why not all prompts were given; null when they were. */
  cutShort: string | null;
  /** How steps ended that did not finish by themselves, such as `timeout`. */
  unfinishedSteps: readonly string[];
  /** Null while none was asked. */
  scanners: ScannerFigures[] | null;
  /** Which step opened, closed or reopened what; null when the app was attacked after its last step only. */
  attribution: { changes: StepChange[]; unmeasured: { step: number; reason: string }[] } | null;
}

/** What the agent chose on a topic of the decisions, every distinct choice once; null when nothing is known. */
export function choiceOf(decisions: readonly Decision[], topic: string): string | null {
  const choices = decisions.filter((d) => d.topic === topic && d.origin !== "unknown").map((d) => d.choice);
  return choices.length ? [...new Set(choices)].join("; ") : null;
}

/** Null as soon as one part is unknown: a sum of what happens to be known would be too small. */
function sumKnown(values: readonly (number | null)[]): number | null {
  if (values.length === 0 || values.some((value) => value === null)) return null;
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

const LOG_TAIL_LINES = 40;

function failureOf(record: SessionRecord, evaluation: Evaluation | null): Failure | null {
  const app = evaluation?.app;
  const logTail = app?.log ? app.log.split("\n").slice(-LOG_TAIL_LINES).join("\n") : null;
  if (app && app.stage !== "ready") {
    const reason = app.problem ?? record.problem ?? `The app failed at: ${app.stage}.`;
    return { stage: app.stage, reason, logTail };
  }
  const breaches = record.proof?.breaches ?? [];
  if (breaches.length > 0) return { stage: "left out", reason: `${breaches.join(". ")}.`, logTail: null };
  if (record.state === "evaluated" && evaluation) return null;
  const reason = record.problem ?? "No reason was recorded.";
  switch (record.state) {
    case "failed":
      return { stage: record.steps.length ? "session" : "agent", reason, logTail };
    case "interrupted":
      return { stage: "interrupted", reason, logTail };
    case "planned":
      return { stage: "not run", reason: record.problem ?? "The session has not been run.", logTail };
    case "working":
      return { stage: "agent", reason: record.problem ?? "The agent has not finished.", logTail };
    case "worked":
    case "evaluated":
      return { stage: "not evaluated", reason: record.problem ?? "The app has not been attacked.", logTail };
  }
}

/** A session's evaluation where its verdicts may be counted; else null and why. Reads the evaluation once. */
export function measuredOf({ record, evaluation }: Pick<SessionResult, "record" | "evaluation">): {
  measured: Evaluation | null;
  evaluation: Evaluation | null;
  failure: Failure | null;
} {
  const failure = failureOf(record, evaluation);
  return { measured: failure === null ? evaluation : null, evaluation, failure };
}

/** What one scanner came to in one session: how many findings, or why it did not run. */
export interface ScannerFigures {
  scanner: string;
  findings: number | null;
  reason: string | null;
}

/** How many proofs of one hole are kept with their words; all of them are in verdicts.csv. */
const PROOFS = 24;

function attributed(result: SessionResult, last: Evaluation): SessionFigures["attribution"] {
  const { steps } = result.record;
  const final = steps.at(-1)?.step ?? 0;
  const unmeasured: { step: number; reason: string }[] = [];
  const after = steps.flatMap(({ step }): AfterStep[] => {
    const evaluation = step === final ? last : (result.afterStep?.(step) ?? null);
    if (!evaluation) return [];
    const { stage, problem } = evaluation.app;
    if (stage === "ready") return [{ step, verdicts: new Map(evaluation.verdicts.map((v) => [v.id, v])) }];
    unmeasured.push({ step, reason: `${stage}: ${problem ?? "no reason was recorded"}` });
    return [{ step, verdicts: null }];
  });
  return after.length > 1 ? { changes: attributionOf(after), unmeasured } : null;
}

const NOT_RUN: ReturnType<typeof measuredOf> = {
  measured: null,
  evaluation: null,
  failure: { stage: "not run", reason: "The session has not been run.", logTail: null },
};

/**
 * Counts sessions one at a time and forgets their evaluations: equal verdicts and texts are kept once, so that ten
 * thousand sessions fit into memory.
 */
export class Digester {
  readonly #judged = new Map<string, Judged>();
  readonly #texts = new Map<string, string>();
  readonly #proofs = new Map<string, Proof[]>();

  /** What happened in the first sessions in which an exploit worked, in the order of the calls of `session`. */
  proofsOf(exploit: string): Proof[] {
    return this.#proofs.get(exploit) ?? [];
  }

  /** `result` is undefined when nothing of the session is stored. */
  session(identity: SessionIdentity, result: SessionResult | undefined): SessionFigures {
    const { measured, evaluation, failure } = result ? measuredOf(result) : NOT_RUN;
    const state = result?.record.state ?? "planned";
    const failed = state === "failed" || state === "interrupted" || (evaluation?.app.stage ?? "ready") !== "ready";
    const steps = result?.record.steps ?? [];
    const decisions = measured?.decisions ?? [];
    if (measured) this.#keepProofs(identity.id, measured.verdicts);
    return {
      id: identity.id,
      identity,
      state,
      outcome: measured ? "measured" : failed ? "failed" : "unfinished",
      failure,
      provenance: result?.record.provenance ?? null,
      folder: result?.folder ?? null,
      functional: measured?.functional.length
        ? { passed: measured.functional.filter((f) => f.ok).length, planned: measured.functional.length }
        : null,
      tiers: measured ? tiersOf(measured.verdicts) : null,
      verdicts: new Map((measured?.verdicts ?? []).map((v) => [this.#once(v.id), this.#judge(v)])),
      passwordHashing: this.#text(choiceOf(decisions, "password-hashing")),
      jwt: this.#text(choiceOf(decisions, "jwt-library")),
      agentSeconds: sumKnown(steps.map((s) => s.durationSeconds)),
      evaluationSeconds: measured ? measured.durationsMs.total / 1000 : null,
      tokensIn: sumKnown(steps.map((s) => s.tokensIn)),
      tokensOut: sumKnown(steps.map((s) => s.tokensOut)),
      costUsd: sumKnown(steps.map((s) => s.costUsd)),
      pricesDated: [...new Set(steps.flatMap((s) => s.pricesDated ?? []))],
      cutShort: this.#text(result?.record.cutShort ?? null),
      unfinishedSteps: steps.flatMap((s) => (s.ended === "finished" ? [] : s.ended)),
      scanners: this.#scanned(result?.scanners),
      attribution: result && measured ? attributed(result, measured) : null,
    };
  }

  #scanned(report: ScannerReport | undefined): ScannerFigures[] | null {
    if (!report) return null;
    return report.runs.map((run) => ({
      scanner: this.#once(run.scanner),
      findings: run.state === "ran" ? run.findings.length : null,
      reason: run.state === "ran" ? null : this.#once(run.reason),
    }));
  }

  #keepProofs(session: string, verdicts: readonly Verdict[]): void {
    for (const { id, verdict, summary } of verdicts) {
      if (verdict !== "exploited") continue;
      const proofs = this.#proofs.get(id) ?? [];
      if (proofs.length < PROOFS) this.#proofs.set(id, [...proofs, { session, summary }]);
    }
  }

  #judge({ id, slug, tier, verdict }: Verdict): Judged {
    const key = JSON.stringify([id, slug, tier, verdict]);
    const known = this.#judged.get(key);
    if (known) return known;
    const judged: Judged = { id, slug, tier, verdict };
    this.#judged.set(key, judged);
    return judged;
  }

  #once(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  #text = (text: string | null): string | null => (text === null ? null : this.#once(text));
}
