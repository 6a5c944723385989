import type {
  Decision,
  Evaluation,
  Provenance,
  SessionIdentity,
  SessionResult,
  Tier,
  Verdict,
  VerdictKind,
} from "../model/index.ts";
import type { CatalogueEntry, ReportInput } from "./input.ts";
import { SEVERITY_RANK } from "./words.ts";

/** Counts of verdicts. `planned` leaves out not-applicable; `tested` is defended or exploited. */
export interface Tally {
  defended: number;
  exploited: number;
  broken: number;
  inconclusive: number;
  notApplicable: number;
  tested: number;
  planned: number;
  /** 100 x defended / planned, to one decimal; null when nothing was planned. */
  percent: number | null;
}

export interface Tiers {
  tier1: Tally;
  tier2: Tally;
  tier3: Tally;
}

export interface Failure {
  /** `install`, `build`, `start` or `answer` for the app; otherwise how far the session came. */
  stage: string;
  reason: string;
  logTail: string | null;
}

export interface SessionFigures {
  id: string;
  identity: SessionIdentity;
  state: SessionResult["record"]["state"];
  /** Only `measured` sessions have verdicts in rates. */
  outcome: "measured" | "failed" | "unfinished";
  failure: Failure | null;
  provenance: Provenance | null;
  evaluation: Evaluation | null;
  folder: string | null;
  functional: { passed: number; planned: number } | null;
  tiers: Tiers | null;
  verdicts: ReadonlyMap<string, Verdict>;
  passwordHashing: string | null;
  jwt: string | null;
  agentSeconds: number | null;
  evaluationSeconds: number | null;
  tokensIn: number | null;
  tokensOut: number | null;
  costUsd: number | null;
}

export const GROUPINGS = ["all", "agent", "baseline", "condition", "agent and condition"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface GroupFigures {
  by: Grouping;
  name: string;
  madeBy: string[];
  sessions: { planned: number; measured: number };
  tiers: Tiers;
  /** Lowest and highest session percentage of a tier; null with fewer than two. */
  ranges: { tier1: Range | null; tier2: Range | null; tier3: Range | null };
}
export interface Range {
  min: number;
  max: number;
}

export interface TestFigures {
  entry: CatalogueEntry;
  tally: Tally;
  /** One for each column of the tier-2 table. */
  perGroup: { name: string; tally: Tally }[];
  exploitedIn: string[];
}

export interface Figures {
  /** Ordered as the study names its baselines, agents and conditions. */
  sessions: SessionFigures[];
  groups: GroupFigures[];
  tests: TestFigures[];
  /** Exploited somewhere: most severe first, then most frequent. */
  holes: TestFigures[];
  overall: GroupFigures;
}

export function tally(verdicts: Iterable<VerdictKind>): Tally {
  const counts: Record<VerdictKind, number> = {
    defended: 0,
    exploited: 0,
    broken: 0,
    inconclusive: 0,
    "not-applicable": 0,
  };
  for (const verdict of verdicts) counts[verdict] += 1;
  const { defended, exploited, broken, inconclusive } = counts;
  const planned = defended + exploited + broken + inconclusive;
  return {
    defended,
    exploited,
    broken,
    inconclusive,
    notApplicable: counts["not-applicable"],
    tested: defended + exploited,
    planned,
    percent: planned === 0 ? null : Math.round((1000 * defended) / planned) / 10,
  };
}

export function tiersOf(verdicts: readonly Pick<Verdict, "tier" | "verdict">[]): Tiers {
  const tier = (n: Tier) => tally(verdicts.filter((v) => v.tier === n).map((v) => v.verdict));
  return { tier1: tier(1), tier2: tier(2), tier3: tier(3) };
}

/** What the agent chose on a topic of the decisions, every distinct choice once; null when nothing is known. */
function choiceOf(decisions: readonly Decision[], topic: string): string | null {
  const choices = decisions.filter((d) => d.topic === topic && d.origin !== "unknown").map((d) => d.choice);
  return choices.length ? [...new Set(choices)].join("; ") : null;
}

/** Null as soon as one part is unknown: a sum of what happens to be known would be too small. */
function sumKnown(values: readonly (number | null)[]): number | null {
  if (values.length === 0 || values.some((value) => value === null)) return null;
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

const LOG_TAIL_LINES = 40;

function failureOf(result: SessionResult): Failure | null {
  const { record, evaluation } = result;
  const app = evaluation?.app;
  const logTail = app?.log ? app.log.split("\n").slice(-LOG_TAIL_LINES).join("\n") : null;
  if (app && app.stage !== "ready") {
    const reason = app.problem ?? record.problem ?? `The app failed at: ${app.stage}.`;
    return { stage: app.stage, reason, logTail };
  }
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

function sessionFigures(identity: SessionIdentity, result: SessionResult | undefined): SessionFigures {
  const failure: Failure | null = result
    ? failureOf(result)
    : { stage: "not run", reason: "The session has not been run.", logTail: null };
  const state = result?.record.state ?? "planned";
  const measured = failure === null ? (result?.evaluation ?? null) : null;
  const failed =
    state === "failed" || state === "interrupted" || (result?.evaluation?.app.stage ?? "ready") !== "ready";
  const steps = result?.record.steps ?? [];
  const decisions = measured?.decisions ?? [];
  return {
    id: identity.id,
    identity,
    state,
    outcome: measured ? "measured" : failed ? "failed" : "unfinished",
    failure,
    provenance: result?.record.provenance ?? null,
    evaluation: result?.evaluation ?? null,
    folder: result?.folder ?? null,
    functional: measured?.functional.length
      ? { passed: measured.functional.filter((f) => f.ok).length, planned: measured.functional.length }
      : null,
    tiers: measured ? tiersOf(measured.verdicts) : null,
    verdicts: new Map((measured?.verdicts ?? []).map((v) => [v.id, v])),
    passwordHashing: choiceOf(decisions, "password-hashing"),
    jwt: choiceOf(decisions, "jwt-library"),
    agentSeconds: sumKnown(steps.map((s) => s.durationSeconds)),
    evaluationSeconds: measured ? measured.durationsMs.total / 1000 : null,
    tokensIn: sumKnown(steps.map((s) => s.tokensIn)),
    tokensOut: sumKnown(steps.map((s) => s.tokensOut)),
    costUsd: sumKnown(steps.map((s) => s.costUsd)),
  };
}

function rangeOf(sessions: readonly SessionFigures[], tier: keyof Tiers): Range | null {
  const percents = sessions.flatMap((s) => s.tiers?.[tier].percent ?? []);
  return percents.length < 2 ? null : { min: Math.min(...percents), max: Math.max(...percents) };
}

function groupFigures(by: Grouping, name: string, sessions: readonly SessionFigures[]): GroupFigures {
  return {
    by,
    name,
    madeBy: [...new Set(sessions.flatMap((s) => s.provenance?.madeBy ?? []))],
    sessions: { planned: sessions.length, measured: sessions.filter((s) => s.tiers).length },
    tiers: tiersOf(sessions.flatMap((s) => [...s.verdicts.values()])),
    ranges: {
      tier1: rangeOf(sessions, "tier1"),
      tier2: rangeOf(sessions, "tier2"),
      tier3: rangeOf(sessions, "tier3"),
    },
  };
}

const KEY_OF: Readonly<Record<Grouping, (identity: SessionIdentity) => string>> = {
  all: () => "All sessions",
  agent: (i) => i.agent,
  baseline: (i) => i.baseline,
  condition: (i) => i.condition,
  "agent and condition": (i) => `${i.agent}, ${i.condition}`,
};

function grouped(by: Grouping, sessions: readonly SessionFigures[]): Map<string, SessionFigures[]> {
  return Map.groupBy(sessions, (s) => KEY_OF[by](s.identity));
}

/** A test that was run and is not in the catalogue any more, from its verdict alone. */
function unknownEntry(verdict: Verdict): CatalogueEntry {
  const unknown = "not in the present catalogue";
  return {
    id: verdict.id,
    slug: verdict.slug,
    tier: verdict.tier,
    area: unknown,
    title: verdict.slug,
    severity: "medium",
    cwe: "",
    standard: "",
    prompt: unknown,
    control: unknown,
    attack: unknown,
    defendedWhen: unknown,
    why: "",
    fix: "",
  };
}

function testFigures(input: ReportInput, sessions: readonly SessionFigures[], columns: Grouping): TestFigures[] {
  const entries = new Map(
    input.catalogue
      .filter((e) => input.plan.study.tiers.includes(e.tier) || sessions.some((s) => s.verdicts.has(e.id)))
      .map((e) => [e.id, e]),
  );
  for (const session of sessions) {
    for (const verdict of session.verdicts.values()) {
      if (!entries.has(verdict.id)) entries.set(verdict.id, unknownEntry(verdict));
    }
  }
  const groups = [...grouped(columns, sessions)];
  const over = (id: string, among: readonly SessionFigures[]) =>
    tally(among.flatMap((s) => s.verdicts.get(id)?.verdict ?? []));
  return [...entries.values()]
    .sort((a, b) => a.tier - b.tier)
    .map((entry) => ({
      entry,
      tally: over(entry.id, sessions),
      perGroup: groups.map(([name, among]) => ({ name, tally: over(entry.id, among) })),
      exploitedIn: sessions.filter((s) => s.verdicts.get(entry.id)?.verdict === "exploited").map((s) => s.id),
    }));
}

/** Every figure that any report prints, computed from the stored verdicts and from nothing else. */
export function figuresOf(input: ReportInput): Figures {
  const { study } = input.plan;
  const results = new Map(input.sessions.map((s) => [s.record.identity.id, s]));
  const identities = new Map(input.plan.sessions.map((i) => [i.id, i]));
  for (const { record } of input.sessions) identities.set(record.identity.id, record.identity);
  const rank = (names: readonly string[], name: string) => (names.includes(name) ? names.indexOf(name) : names.length);
  const agents = study.agents.map((a) => a.id);
  const conditions = study.conditions.map((c) => c.id);
  const sessions = [...identities.values()]
    .sort(
      (a, b) =>
        rank(study.baselines, a.baseline) - rank(study.baselines, b.baseline) ||
        rank(agents, a.agent) - rank(agents, b.agent) ||
        rank(conditions, a.condition) - rank(conditions, b.condition) ||
        a.replicate - b.replicate,
    )
    .map((identity) => sessionFigures(identity, results.get(identity.id)));
  const manyConditions = new Set(sessions.map((s) => s.identity.condition)).size > 1;
  const shown = GROUPINGS.filter((by) => manyConditions || !by.includes("condition"));
  const groups = shown.flatMap((by) =>
    [...grouped(by, sessions)].map(([name, among]) => groupFigures(by, name, among)),
  );
  const tests = testFigures(input, sessions, manyConditions ? "agent and condition" : "agent");
  const holes = tests
    .filter((t) => t.exploitedIn.length > 0)
    .sort(
      (a, b) =>
        SEVERITY_RANK[a.entry.severity] - SEVERITY_RANK[b.entry.severity] ||
        b.exploitedIn.length - a.exploitedIn.length,
    );
  return { sessions, groups, tests, holes, overall: groups[0] ?? groupFigures("all", "All sessions", sessions) };
}
