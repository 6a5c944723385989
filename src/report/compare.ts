import type { Decision, SessionIdentity, Tier, Verdict, VerdictKind } from "../model/index.ts";
import {
  type Comparison,
  compareLevels,
  comparisonSentence,
  groupBy,
  isShown,
  type NotComparable,
  type SessionVerdicts,
  scoresIn,
  withHolm,
} from "../stats/index.ts";
import { seededRandom } from "../util/random.ts";
import { clip, columns, oneLine, pad, painter, wrap } from "./ansi.ts";
import { choiceOf } from "./session-figures.ts";
import { count, listed, VERDICT_WORDS } from "./words.ts";

/** One session or one checked app, as one side of a comparison. */
export interface ComparedSession {
  /** Where it stands in its study; a checked app stands alone, with empty names. */
  place: Pick<SessionIdentity, "id" | "baseline" | "agent" | "condition" | "replicate">;
  /** Empty when nothing was measured. */
  verdicts: readonly Verdict[];
  decisions: readonly Decision[];
}

export interface ComparedSide {
  /** The path that was given. */
  name: string;
  sessions: readonly ComparedSession[];
}

/**
 * `regressed`: exploited now and not before, or held before and broken now. `lost`: held before and not judged now.
 * `fixed`: exploited or broken before and held now. `new`: not run before. `other`: any other change.
 */
export const CHANGES = ["regressed", "lost", "fixed", "new", "other"] as const;
export type ChangeKind = (typeof CHANGES)[number];

export interface Change {
  kind: ChangeKind;
  session: string;
  exploit: string;
  slug: string;
  /** Null when it was not run. */
  before: VerdictKind | null;
  after: VerdictKind | null;
  summary: string;
}

export interface RunComparison {
  before: string;
  after: string;
  /** How sessions of the two sides were matched, in words. */
  pairedBy: string;
  pairs: number;
  /** Sessions without a counterpart: they are in no change. */
  unpaired: { before: string[]; after: string[] };
  compared: number;
  same: number;
  changes: Change[];
  decisions: { session: string; topic: string; before: string; after: string }[];
  /** Per tier, session by session; empty when there is one pair only. */
  statistics: { tier: Tier; shown: boolean; sentence: string; figure: Comparison | NotComparable }[];
  /** Exploited now. */
  exploited: number;
}

/** Pairs two runs, or two checked apps, and tells what changed between them. */
export function compareRuns(before: ComparedSide, after: ComparedSide): RunComparison {
  const { pairedBy, pairs } = pair(before.sessions, after.sessions);
  const changed = pairs.map(([a, b]) => changesOf(a, b));
  const left = (sessions: readonly ComparedSession[], side: 0 | 1) =>
    sessions.filter((s) => !pairs.some((p) => p[side] === s)).map((s) => s.place.id);
  return {
    before: before.name,
    after: after.name,
    pairedBy,
    pairs: pairs.length,
    unpaired: { before: left(before.sessions, 0), after: left(after.sessions, 1) },
    compared: changed.reduce((sum, c) => sum + c.compared, 0),
    same: changed.reduce((sum, c) => sum + c.compared - c.changes.length, 0),
    changes: changed.flatMap((c) => c.changes).sort((a, b) => CHANGES.indexOf(a.kind) - CHANGES.indexOf(b.kind)),
    decisions: pairs.flatMap(([a, b]) => decisionChanges(a, b)),
    statistics: pairs.length > 1 ? statisticsOf(pairs) : [],
    exploited: after.sessions.flatMap((s) => s.verdicts).filter((v) => v.verdict === "exploited").length,
  };
}

type Pair = readonly [ComparedSession, ComparedSession];
type Place = ComparedSession["place"];

const KEYS: readonly { words: string; of: (place: Place) => unknown[] }[] = [
  {
    words: "baseline, agent, condition and replicate",
    of: (p) => [p.baseline, p.agent, p.condition, p.replicate],
  },
  { words: "baseline, condition and replicate", of: (p) => [p.baseline, p.condition, p.replicate] },
  { words: "baseline, agent and replicate", of: (p) => [p.baseline, p.agent, p.replicate] },
];

/** By the fullest key that matches anything and is unique on both sides; two single apps are a pair whatever they are. */
function pair(
  before: readonly ComparedSession[],
  after: readonly ComparedSession[],
): { pairedBy: string; pairs: Pair[] } {
  const [a, b] = [before[0], after[0]];
  if (before.length === 1 && after.length === 1 && a && b) return { pairedBy: "being the only ones", pairs: [[a, b]] };
  for (const { words, of } of KEYS) {
    const key = (s: ComparedSession) => JSON.stringify(of(s.place));
    const others = groupBy(after, key);
    const own = groupBy(before, key);
    const unique = [...own.values(), ...others.values()].every((group) => group.length === 1);
    const pairs = before.flatMap((s): Pair[] => {
      const other = others.get(key(s))?.[0];
      return other ? [[s, other]] : [];
    });
    if (unique && pairs.length > 0) return { pairedBy: words, pairs };
  }
  return { pairedBy: "nothing: no session of one has a counterpart in the other", pairs: [] };
}

function changesOf(a: ComparedSession, b: ComparedSession): { compared: number; changes: Change[] } {
  const [was, is] = [a, b].map((s) => new Map(s.verdicts.map((v) => [v.id, v])));
  const ids = [...new Set([...a.verdicts, ...b.verdicts].map(({ id }) => id))].sort();
  const changes = ids.flatMap((exploit): Change[] => {
    const [old, now] = [was?.get(exploit), is?.get(exploit)];
    const [before, after] = [old?.verdict ?? null, now?.verdict ?? null];
    if (before === after) return [];
    const summary = now?.summary ?? "It was not run.";
    const slug = (now ?? old)?.slug ?? "";
    return [{ kind: kindOf(before, after), session: b.place.id, exploit, slug, before, after, summary }];
  });
  return { compared: ids.length, changes };
}

function kindOf(before: VerdictKind | null, after: VerdictKind | null): ChangeKind {
  if (before === null) return "new";
  if (after === "exploited" || (before === "defended" && after === "broken")) return "regressed";
  if (before === "defended") return "lost";
  if (after === "defended" && before !== "not-applicable" && before !== "inconclusive") return "fixed";
  return "other";
}

function decisionChanges(a: ComparedSession, b: ComparedSession): RunComparison["decisions"] {
  const topics = [...new Set([...a.decisions, ...b.decisions].map((d) => d.topic))].sort();
  return topics.flatMap((topic) => {
    const [before, after] = [choiceOf(a.decisions, topic), choiceOf(b.decisions, topic)];
    if (before === after || before === null || after === null) return [];
    return [{ session: b.place.id, topic, before, after }];
  });
}

/** The two sides as two conditions, stratified by where the pairs stand. */
function statisticsOf(pairs: readonly Pair[]): RunComparison["statistics"] {
  const sided = (session: ComparedSession, twin: ComparedSession, condition: string): SessionVerdicts => ({
    ...session.place,
    id: `${condition} ${session.place.id}`,
    agent: `${twin.place.agent}, ${twin.place.condition}`,
    condition,
    verdicts: session.verdicts,
  });
  const sessions = pairs.flatMap(([a, b]) => [sided(b, a, "after"), sided(a, a, "before")]);
  const random = seededRandom(1);
  const family = ([1, 2, 3] as const).flatMap((tier) => {
    const scores = scoresIn(sessions, tier);
    if (scores.length === 0) return [];
    return [{ tier, figure: compareLevels(scores, "condition", ["after", "before"], { random }) }];
  });
  const corrected = withHolm(family.map(({ figure }) => figure));
  return family.flatMap(({ tier }, i) => {
    const figure = corrected[i];
    if (!figure) return [];
    const measure = { name: `tier ${tier} tests defended`, unit: "share", better: "higher" } as const;
    const shown = figure.kind === "compared" && isShown(figure);
    return [{ tier, shown, sentence: comparisonSentence(figure, measure), figure }];
  });
}

const TITLES: Readonly<Record<ChangeKind, string>> = {
  regressed: "Regressed",
  lost: "Held before, not judged now",
  fixed: "Fixed",
  new: "Not run before",
  other: "Changed otherwise",
};

const verdictWord = (kind: VerdictKind | null): string => (kind === null ? "not run" : VERDICT_WORDS[kind].word);

/** What `unprompted compare` prints for a person. Ends with a line feed. */
export function comparisonText(result: RunComparison, { color, width }: { color: boolean; width: number }): string {
  const paint = painter(color);
  const counts = CHANGES.flatMap((kind) => {
    const n = result.changes.filter((c) => c.kind === kind).length;
    return n ? [`${n} ${kind}`] : [];
  });
  const said = (words: string) => wrap(oneLine(words), width);
  const lines = [
    ...said(
      result.pairs === 0
        ? "Nothing was compared: no session of one has a counterpart in the other."
        : `${count(result.compared, "test")} in ${count(result.pairs, "pair")}: ${counts.length ? listed(counts) : "no change"}, ${result.same} the same.`,
    ).map((line) => paint(line, "bold")),
    ...said(`Before: ${result.before}. After: ${result.after}. Paired by ${result.pairedBy}.`).map((l) =>
      paint(l, "dim"),
    ),
    ...unpairedLines(result, said),
  ];
  for (const kind of CHANGES) {
    const changes = result.changes.filter((c) => c.kind === kind);
    if (changes.length === 0) continue;
    lines.push("", paint(TITLES[kind], "bold", kind === "regressed" ? "red" : kind === "fixed" ? "green" : "yellow"));
    for (const { exploit, slug, session, before, after, summary } of changes) {
      const head = `${exploit} ${slug}: ${verdictWord(before)} -> ${verdictWord(after)}${result.pairs > 1 ? `, ${session}` : ""}`;
      lines.push(...said(head).map((line, i) => `${i ? "    " : "  "}${line}`));
      lines.push(...wrap(oneLine(summary), width - 4).map((line) => paint(`    ${line}`, "dim")));
    }
  }
  if (result.decisions.length) {
    lines.push("", paint("Decisions", "bold"));
    const widest = Math.min(30, Math.max(...result.decisions.map(({ topic }) => columns(oneLine(topic)))));
    for (const { topic, before, after, session } of result.decisions) {
      const words = `${before} -> ${after}${result.pairs > 1 ? `, ${session}` : ""}`;
      lines.push(clip(`  ${pad(oneLine(topic), widest)}  ${oneLine(words)}`, width));
    }
  }
  if (result.statistics.length) {
    lines.push("", paint("Over all sessions", "bold"));
    for (const { sentence } of result.statistics)
      lines.push(...wrap(oneLine(sentence), width - 4).map((line, i) => `${i ? "    " : "  - "}${line}`));
  }
  return `${lines.join("\n")}\n`;
}

function unpairedLines({ unpaired }: RunComparison, said: (words: string) => string[]): string[] {
  const some = (ids: readonly string[]) =>
    listed([...ids.slice(0, 5), ...(ids.length > 5 ? [`${ids.length - 5} more`] : [])]);
  return [
    ...(unpaired.before.length ? said(`Only before, so in no change: ${some(unpaired.before)}.`) : []),
    ...(unpaired.after.length ? said(`Only after, so in no change: ${some(unpaired.after)}.`) : []),
  ];
}
