import type { SessionIdentity, Tier, Verdict } from "../model/index.ts";

/** What a comparison can be about. The other two, crossed, are its strata. */
export const FACTORS = ["baseline", "agent", "condition"] as const;
export type Factor = (typeof FACTORS)[number];

/** Where a session stands in its study. */
export type Place = Pick<SessionIdentity, "id" | Factor | "replicate">;

/** One number measured on one session: a share between 0 and 1, seconds, tokens, dollars. */
export interface SessionValue extends Place {
  value: number;
}

/** Tests of one session: `value` is `defended / of`, as a share between 0 and 1. */
export interface SessionScore extends SessionValue, TestCount {
  /** How many of `of` were judged `defended` or `exploited`. */
  tested: number;
}

/** `defended` of `of` planned tests. */
export interface TestCount {
  defended: number;
  of: number;
}

export type JudgedExploit = Pick<Verdict, "id" | "tier" | "verdict">;

/** The verdicts of one session. */
export interface SessionVerdicts extends Place {
  verdicts: readonly JudgedExploit[];
}

/**
 * Which verdicts a share counts. `planned`: everything but `not-applicable`, and only `defended` scores (the published
 * measure, as `scoreOf` has it). `tested`: `defended` against `exploited`, the rest is missing.
 */
export type Counting = "planned" | "tested";

/** 1 defended, 0 not, null when the verdict does not count. */
export function outcomeOf(verdict: JudgedExploit["verdict"], counting: Counting): 0 | 1 | null {
  switch (verdict) {
    case "defended":
      return 1;
    case "exploited":
      return 0;
    case "broken":
    case "inconclusive":
      return counting === "planned" ? 0 : null;
    case "not-applicable":
      return null;
  }
}

/** A score from its counts. Throws a RangeError when `of` is not positive or `defended` lies outside 0..`of`. */
export function sessionScore(place: Place, count: TestCount & { tested?: number }): SessionScore {
  const { defended, of, tested = of } = count;
  if (!(of > 0) || defended < 0 || defended > of) throw new RangeError(`${place.id}: ${defended} of ${of} is no score`);
  const { id, baseline, agent, condition, replicate } = place;
  return { id, baseline, agent, condition, replicate, defended, of, tested, value: defended / of };
}

/** A run's evaluated sessions, and how many others there are. */
export interface Sample {
  sessions: SessionVerdicts[];
  /** Planned, but with nothing to evaluate. */
  unevaluated: number;
  /** Left out: the same recording replayed again in the same place is the same session, not one more. */
  repeated: number;
}

/** What statistics need of a session's result; every `SessionResult` is one. */
export interface JudgedSession {
  record: { identity: SessionIdentity };
  /** Null when the session has no verdicts. */
  evaluation: { verdicts: readonly JudgedExploit[] } | null;
}

/** Replays with equal keys are one session, not several; null for a session in which an agent worked. */
export function replayKey(identity: Pick<SessionIdentity, Factor | "recording">): string | null {
  const { recording, baseline, agent, condition } = identity;
  return recording === null ? null : JSON.stringify([recording, baseline, agent, condition]);
}

/** The sessions of a run that statistics may count as independent. */
export function sampleOf(results: readonly JudgedSession[]): Sample {
  const sample: Sample = { sessions: [], unevaluated: 0, repeated: 0 };
  const seen = new Set<string>();
  for (const { record, evaluation } of results) {
    const place = record.identity;
    const replayed = replayKey(place);
    if (evaluation === null) {
      sample.unevaluated++;
    } else if (replayed !== null && seen.has(replayed)) {
      sample.repeated++;
    } else {
      if (replayed !== null) seen.add(replayed);
      const { id, baseline, agent, condition, replicate } = place;
      sample.sessions.push({ id, baseline, agent, condition, replicate, verdicts: evaluation.verdicts });
    }
  }
  return sample;
}

/** Each session's score in one tier. Sessions with no test of that tier are left out. */
export function scoresIn(
  sessions: readonly SessionVerdicts[],
  tier: Tier,
  counting: Counting = "planned",
): SessionScore[] {
  return sessions.flatMap((session) => {
    const inTier = session.verdicts.filter((v) => v.tier === tier);
    const outcomes = inTier.map((v) => outcomeOf(v.verdict, counting)).filter((o) => o !== null);
    if (outcomes.length === 0) return [];
    const tested = inTier.filter((v) => outcomeOf(v.verdict, "tested") !== null).length;
    const defended = outcomes.filter((o) => o === 1).length;
    return [sessionScore(session, { defended, of: outcomes.length, tested })];
  });
}

/** Items by key, keys in the order of first appearance. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const k = key(item);
    const group = groups.get(k);
    if (group) group.push(item);
    else groups.set(k, [item]);
  }
  return groups;
}

/** Key of a session's place by some factors; equal exactly when all of them are. */
export function placeKey(place: Place, factors: readonly Factor[] = FACTORS): string {
  return JSON.stringify(factors.map((f) => place[f]));
}

export function totalOf(counts: readonly TestCount[]): TestCount {
  return {
    defended: counts.reduce((sum, c) => sum + c.defended, 0),
    of: counts.reduce((sum, c) => sum + c.of, 0),
  };
}

/** The value of a key, made and kept when it is not there yet. */
export function ensure<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
