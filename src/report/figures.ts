import type { CatalogueEntry, SessionIdentity } from "../model/index.ts";
import type { ClusteredRate, ExploitRate, Factor, SessionVerdicts } from "../stats/index.ts";
import { type Analysis, analysisOf, exploitRatesOf, rateOf, type Said, sampleFrom } from "./analysis.ts";
import { type Tally, type Tiers, tally, tiersOf } from "./counts.ts";
import type { ReportInput } from "./input.ts";
import { Digester, type Judged, type Proof, type SessionFigures } from "./session-figures.ts";
import { SEVERITY_RANK } from "./words.ts";

export type { Tally, Tiers } from "./counts.ts";
export type { Failure, SessionFigures } from "./session-figures.ts";

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
  /** The same rates with their intervals and in words, over the sessions that count as independent. */
  rates: { tier1: Said<ClusteredRate> | null; tier2: Said<ClusteredRate> | null; tier3: Said<ClusteredRate> | null };
}

export interface Range {
  min: number;
  max: number;
}

export interface TestFigures {
  entry: CatalogueEntry;
  tally: Tally;
  /** In how many sessions it was defended, with Wilson's interval; null when it was planned in none. */
  rate: Said<ExploitRate> | null;
  /** One for each column of the tier-2 table. */
  perGroup: { name: string; tally: Tally; rate: Said<ExploitRate> | null }[];
  exploitedIn: string[];
  /** What happened there, for the first of them. */
  proofs: Proof[];
}

export interface Figures {
  /** Ordered as the study names its baselines, agents and conditions. */
  sessions: SessionFigures[];
  groups: GroupFigures[];
  tests: TestFigures[];
  /** Exploited somewhere: most severe first, then most frequent. */
  holes: TestFigures[];
  overall: GroupFigures;
  /** What the counts can carry: intervals, comparisons, variance, consistency. */
  analysis: Analysis;
}

function rangeOf(sessions: readonly SessionFigures[], tier: keyof Tiers): Range | null {
  const percents = sessions.flatMap((s) => s.tiers?.[tier].percent ?? []);
  if (percents.length < 2) return null;
  return { min: percents.reduce((a, b) => Math.min(a, b)), max: percents.reduce((a, b) => Math.max(a, b)) };
}

type Sampled = ReadonlyMap<string, SessionVerdicts>;

function groupFigures(by: Grouping, name: string, sessions: readonly SessionFigures[], sampled: Sampled): GroupFigures {
  const counted = sessions.flatMap((s) => sampled.get(s.id) ?? []);
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
    rates: { tier1: rateOf(name, counted, 1), tier2: rateOf(name, counted, 2), tier3: rateOf(name, counted, 3) },
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
function unknownEntry(verdict: Judged): CatalogueEntry {
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

/** The factors behind the columns of the tier-2 table. */
const COLUMN_FACTORS = { agent: ["agent"], "agent and condition": ["agent", "condition"] } as const satisfies Partial<
  Record<Grouping, readonly Factor[]>
>;

function testFigures(
  input: ReportInput,
  sessions: readonly SessionFigures[],
  sampled: Sampled,
  columns: keyof typeof COLUMN_FACTORS,
  digester: Digester,
): TestFigures[] {
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
  const rates = exploitRatesOf([...sampled.values()], []);
  const groupRates = exploitRatesOf([...sampled.values()], COLUMN_FACTORS[columns]);
  const over = (id: string, among: readonly SessionFigures[]) =>
    tally(among.flatMap((s) => s.verdicts.get(id)?.verdict ?? []));
  return [...entries.values()]
    .sort((a, b) => a.tier - b.tier)
    .map((entry) => ({
      entry,
      tally: over(entry.id, sessions),
      rate: rates.get(entry.id)?.get("") ?? null,
      perGroup: groups.map(([name, among]) => ({
        name,
        tally: over(entry.id, among),
        rate: groupRates.get(entry.id)?.get(name) ?? null,
      })),
      exploitedIn: sessions.filter((s) => s.verdicts.get(entry.id)?.verdict === "exploited").map((s) => s.id),
      proofs: digester.proofsOf(entry.id),
    }));
}

/** Every figure that any report prints, computed from the stored verdicts and from nothing else. */
export function figuresOf(input: ReportInput): Figures {
  const { study } = input.plan;
  const results = new Map(input.sessions.map((s) => [s.record.identity.id, s]));
  const identities = new Map(input.plan.sessions.map((i) => [i.id, i]));
  for (const { record } of input.sessions) identities.set(record.identity.id, record.identity);
  const rank = (names: readonly string[], name: string) => (names.includes(name) ? names.indexOf(name) : names.length);
  const digester = new Digester();
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
    .map((identity) => digester.session(identity, results.get(identity.id)));
  const sample = sampleFrom(sessions);
  const sampled = new Map(sample.sessions.map((s) => [s.id, s]));
  const manyConditions = new Set(sessions.map((s) => s.identity.condition)).size > 1;
  const shown = GROUPINGS.filter((by) => manyConditions || !by.includes("condition"));
  const groups = shown.flatMap((by) =>
    [...grouped(by, sessions)].map(([name, among]) => groupFigures(by, name, among, sampled)),
  );
  const columns = manyConditions ? "agent and condition" : "agent";
  const tests = testFigures(input, sessions, sampled, columns, digester);
  const holes = tests
    .filter((t) => t.exploitedIn.length > 0)
    .sort(
      (a, b) =>
        SEVERITY_RANK[a.entry.severity] - SEVERITY_RANK[b.entry.severity] ||
        b.exploitedIn.length - a.exploitedIn.length,
    );
  return {
    sessions,
    groups,
    tests,
    holes,
    overall: groups[0] ?? groupFigures("all", "All sessions", sessions, sampled),
    analysis: analysisOf(sessions, sample, study.seed),
  };
}
