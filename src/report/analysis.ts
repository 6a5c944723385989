import type { Tier } from "../model/index.ts";
import {
  type ClusteredRate,
  type Comparison,
  type Consistency,
  clusteredWilson,
  compareAll,
  compareExploits,
  comparisonSentence,
  consistency,
  consistencySentence,
  type ExploitComparison,
  type ExploitRate,
  exploitComparisonSentence,
  exploitRateSentence,
  exploitRates,
  FACTORS,
  type Factor,
  groupBy,
  isShown,
  type Measure,
  minimumDetectableShare,
  type NotComparable,
  percent,
  placeKey,
  rateSentence,
  type Sample,
  type SessionScore,
  type SessionValue,
  type SessionVerdicts,
  sampleOf,
  scoresIn,
  spreadOf,
  spreadSentence,
  stepOf,
  stepSentence,
  type VarianceComponents,
  varianceComponents,
  varianceSentence,
  withHolm,
} from "../stats/index.ts";
import { seededRandom } from "../util/random.ts";
import type { SessionFigures } from "./session-figures.ts";
import { count, listed } from "./words.ts";

/** A figure and the sentence that may be said of it. */
export interface Said<T> {
  figure: T;
  sentence: string;
}

export interface ComparisonFigure extends Said<Comparison | NotComparable> {
  /** Null for measures that count no tests. */
  tier: Tier | null;
  measure: Measure;
  /** The only ground on which a report may call one side better; see `isShown`. */
  shown: boolean;
}

/** Two levels of a factor, exploit by exploit. */
export interface ExploitPairs {
  factor: Factor;
  a: string;
  b: string;
  compared: number;
  /** Those that survive the correction. */
  shown: Said<ExploitComparison>[];
  sentence: string;
}

export interface TierAnalysis {
  tier: Tier;
  /** How far one test moves a session's score. */
  step: string;
  /** Sessions of one baseline, agent and condition, where there are several. */
  spreads: string[];
  comparisons: ComparisonFigure[];
  variance: Said<VarianceComponents | null>;
}

/** What the counts can carry, and in which words. Seeded by the study, so that a report comes out the same twice. */
export interface Analysis {
  /** Measured sessions that may count as independent. */
  sessions: number;
  tiers: TierAnalysis[];
  /** Cost and time, where agents reported them. */
  others: ComparisonFigure[];
  exploits: ExploitPairs[];
  consistency: Said<Consistency>;
  /** What the reader has to know about all of it. */
  notes: string[];
}

const TIERS: readonly Tier[] = [1, 2, 3];

/** The measured sessions as statistics count them. */
export function sampleFrom(sessions: readonly SessionFigures[]): Sample {
  return sampleOf(
    sessions.map(({ identity, tiers, verdicts }) => ({
      record: { identity },
      evaluation: tiers ? { verdicts: [...verdicts.values()] } : null,
    })),
  );
}

/** A tier's rate over some sessions, with its interval; null without a test of that tier. */
export function rateOf(name: string, sessions: readonly SessionVerdicts[], tier: Tier): Said<ClusteredRate> | null {
  const scores = scoresIn(sessions, tier);
  if (scores.length === 0) return null;
  const figure = clusteredWilson(scores);
  return { figure, sentence: rateSentence(name, figure) };
}

/** In how many sessions each exploit was defended, by exploit, then by group (levels joined by a comma). */
export function exploitRatesOf(
  sessions: readonly SessionVerdicts[],
  factors: readonly Factor[],
): Map<string, Map<string, Said<ExploitRate>>> {
  const rates = exploitRates(sessions, factors).map((figure) => ({ figure, sentence: exploitRateSentence(figure) }));
  return new Map(
    [...groupBy(rates, ({ figure }) => figure.exploit)].map(([exploit, own]) => [
      exploit,
      new Map(own.map((rate) => [rate.figure.group.join(", "), rate])),
    ]),
  );
}

export function analysisOf(sessions: readonly SessionFigures[], sample: Sample, seed: number): Analysis {
  const random = seededRandom(seed);
  const tiers = TIERS.flatMap((tier) => {
    const scores = scoresIn(sample.sessions, tier);
    return scores.length > 0 ? [{ tier, scores }] : [];
  });
  const measures = [
    ...tiers.map(({ tier, scores }) => ({ tier, measure: measureOf(tier), values: scores })),
    ...reportedMeasures(sessions),
  ];
  const family = measures.flatMap(({ tier, measure, values }) =>
    FACTORS.flatMap((factor) => compareAll(values, factor, { random }).map((figure) => ({ tier, measure, figure }))),
  );
  const corrected = withHolm(family.map(({ figure }) => figure));
  const comparisons = family.flatMap(({ tier, measure }, i): ComparisonFigure[] => {
    const figure = corrected[i];
    if (!figure) return [];
    const shown = figure.kind === "compared" && isShown(figure);
    return [{ tier, measure, figure, shown, sentence: comparisonSentence(figure, measure) }];
  });
  const agreement = consistency(sample.sessions);
  return {
    sessions: sample.sessions.length,
    tiers: tiers.map(({ tier, scores }) => ({
      tier,
      step: stepSentence(stepOf(scores), tier === 1 ? "requirement" : "test"),
      spreads: spreadsOf(scores),
      comparisons: comparisons.filter((c) => c.tier === tier),
      variance: varianceOf(scores),
    })),
    others: comparisons.filter((c) => c.tier === null),
    exploits: FACTORS.flatMap((factor) => pairsOf(sample.sessions, factor)),
    consistency: { figure: agreement, sentence: consistencySentence(agreement) },
    notes: [...notesOf(sample, comparisons), ...tooManyPairs(sample)],
  };
}

const measureOf = (tier: Tier): Measure => ({ name: `tier ${tier} tests defended`, unit: "share", better: "higher" });

const REPORTED: readonly { measure: Measure; of: (session: SessionFigures) => number | null }[] = [
  { measure: { name: "cost", unit: "USD", better: "lower" }, of: (s) => s.costUsd },
  {
    measure: { name: "the agent's time", unit: "minutes", better: "neither" },
    of: (s) => (s.agentSeconds === null ? null : s.agentSeconds / 60),
  },
];

/** Measures that some session reported. A recording's are not this run's, so replays are left out. */
function reportedMeasures(sessions: readonly SessionFigures[]) {
  return REPORTED.flatMap(({ measure, of }) => {
    const values = sessions.flatMap(({ identity, tiers, ...rest }): SessionValue[] => {
      const value = of({ identity, tiers, ...rest });
      if (value === null || tiers === null || identity.agentKind === "replay") return [];
      const { id, baseline, agent, condition, replicate } = identity;
      return [{ id, baseline, agent, condition, replicate, value }];
    });
    return values.length > 0 ? [{ tier: null, measure, values }] : [];
  });
}

function spreadsOf(scores: readonly SessionScore[]): string[] {
  return [...groupBy(scores, (s) => placeKey(s)).values()].flatMap((place) => {
    const [first] = place;
    if (!first || place.length < 2) return [];
    const name = `${first.baseline}, ${first.agent}, ${first.condition}`;
    return [spreadSentence(name, spreadOf(place.map((s) => s.value)))];
  });
}

function varianceOf(scores: readonly SessionScore[]): Said<VarianceComponents | null> {
  const figure = varianceComponents(scores);
  return { figure, sentence: varianceSentence(figure, scores.length) };
}

/** More pairs of levels than this make a table that nobody reads, and whose correction leaves nothing standing. */
const MOST_PAIRS = 15;

const pairsIn = (levels: number): number => (levels * (levels - 1)) / 2;

function pairsOf(sessions: readonly SessionVerdicts[], factor: Factor): ExploitPairs[] {
  const levels = [...new Set(sessions.map((s) => s[factor]))];
  if (pairsIn(levels.length) > MOST_PAIRS) return [];
  return levels.flatMap((a, i) =>
    levels.slice(i + 1).flatMap((b): ExploitPairs[] => {
      const rows = compareExploits(sessions, factor, [a, b]);
      if (rows.length === 0) return [];
      const shown = rows
        .filter(isShown)
        .map((figure) => ({ figure, sentence: exploitComparisonSentence(figure, [a, b]) }));
      const most = { a: Math.max(...rows.map((r) => r.a.of)), b: Math.max(...rows.map((r) => r.b.of)) };
      const found = shown.length
        ? `${shown.length} of them ${shown.length === 1 ? "differs" : "differ"}`
        : "none differs";
      return [
        {
          factor,
          a,
          b,
          compared: rows.length,
          shown,
          sentence: `${count(rows.length, "exploit")} compared one by one between ${a} and ${b}: ${found} after correction. ${detectableShare(most)}`,
        },
      ];
    }),
  );
}

/** The smallest difference that one exploit's row could have shown, from "always defended" downwards. */
function detectableShare({ a, b }: { a: number; b: number }): string {
  const sizes = `${a} against ${count(b, "session")}`;
  const to = minimumDetectableShare({ a, b, from: 1 });
  if (to === null) return `For one exploit ${sizes} cannot show any difference, not even always against never.`;
  return `For one exploit ${sizes} could have shown ${percent(1)} against ${percent(to)} or less (80 % power at the 5 % level, before correction).`;
}

function notesOf(sample: Sample, comparisons: readonly ComparisonFigure[]): string[] {
  const notes: string[] = [];
  if (sample.repeated > 0) {
    notes.push(
      `${count(sample.repeated, "session replays", "sessions replay")} a recording again that stands in the same place already: it counts once in intervals and comparisons, since it is the same session and not one more.`,
    );
  }
  const tested = comparisons.filter((c) => c.figure.kind === "compared");
  const [first] = tested;
  if (!first) {
    notes.push("There is nothing to compare: no two agents, baselines or conditions met in the same place.");
    return notes;
  }
  const shown = tested.filter((c) => c.shown).map((c) => `${sideNames(c)} on ${c.measure.name}`);
  const verdict = shown.length
    ? `${shown.length} of them ${shown.length === 1 ? "shows" : "show"} a difference: ${listed(shown)}`
    : "none of them shows a difference";
  notes.push(
    `${count(tested.length, "comparison was", "comparisons were")} made, session by session and with Holm's correction over all of them; ${verdict}. Only where a difference is shown does this report call one side better.`,
  );
  return notes;
}

function tooManyPairs({ sessions }: Sample): string[] {
  return FACTORS.flatMap((factor) => {
    const levels = new Set(sessions.map((s) => s[factor])).size;
    if (pairsIn(levels) <= MOST_PAIRS) return [];
    return [`Exploit by exploit, ${factor}s were not compared: ${levels} of them make ${pairsIn(levels)} pairs.`];
  });
}

function sideNames({ figure }: ComparisonFigure): string {
  return figure.kind === "compared" ? `${figure.a.name} and ${figure.b.name}` : `${figure.a} and ${figure.b}`;
}
