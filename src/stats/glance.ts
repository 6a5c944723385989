import type { CatalogueEntry, DeliveryFigures, Share, Tier, VerdictKind } from "../model/index.ts";
import { outcomeOf } from "./sessions.ts";

/** What the table needs to know of a session. What was not measured is null, and no verdicts are an empty map. */
export interface GlanceSession {
  agent: string;
  baseline: string;
  condition: string;
  agentSeconds: number | null;
  tokensIn: number | null;
  tokensOut: number | null;
  costUsd: number | null;
  verdictOn: (exploit: string) => VerdictKind | null;
  delivery: DeliveryFigures | null;
}

/** Agents side by side, a column for each agent on each baseline; every cell computed, or saying that nothing was measured. */
export interface Glance {
  columns: { agent: string; baseline: string; sessions: number }[];
  rows: { what: string; cells: string[] }[];
}

/** What stands in a cell for which nothing was measured. */
export const NOT_MEASURED = "not measured";

/** Null for sessions of which nothing that was handed over was judged. */
export function glanceOf(sessions: readonly GlanceSession[], catalogue: readonly CatalogueEntry[]): Glance | null {
  if (!sessions.some(({ delivery }) => delivery !== null)) return null;
  const conditions = new Set(sessions.map(({ condition }) => condition)).size;
  const groups = new Map<string, { agent: string; baseline: string; members: GlanceSession[] }>();
  for (const session of sessions) {
    const agent = conditions > 1 ? `${session.agent}, ${session.condition}` : session.agent;
    const key = JSON.stringify([agent, session.baseline]);
    const group = groups.get(key) ?? { agent, baseline: session.baseline, members: [] };
    group.members.push(session);
    groups.set(key, group);
  }
  const columns = [...groups.values()];
  return {
    columns: columns.map(({ agent, baseline, members }) => ({ agent, baseline, sessions: members.length })),
    rows: ROWS.map(([what, cell]) => ({ what, cells: columns.map(({ members }) => cell(members, catalogue)) })),
  };
}

type Cell = (group: readonly GlanceSession[], catalogue: readonly CatalogueEntry[]) => string;

/** The mean of what is known of a group, with how many of it are known when that is not all. */
const mean =
  (value: (one: GlanceSession) => number | null | undefined, show: (mean: number) => string): Cell =>
  (group) => {
    const known = group.map(value).filter((one) => typeof one === "number");
    if (known.length === 0) return NOT_MEASURED;
    const text = show(known.reduce((sum, one) => sum + one, 0) / known.length);
    return known.length < group.length ? `${text} (${known.length} of ${group.length} sessions)` : text;
  };

/** Sums of a share over a group, such as `7 of 8`. */
const share =
  (of: (one: GlanceSession, catalogue: readonly CatalogueEntry[]) => Share | null | undefined): Cell =>
  (group, catalogue) => {
    const known = group.map((one) => of(one, catalogue)).filter((one) => one !== null && one !== undefined);
    const total = known.reduce((sum, one) => sum + one.of, 0);
    return total === 0 ? NOT_MEASURED : `${known.reduce((sum, one) => sum + one.held, 0)} of ${total}`;
  };

/** Of the exploits that fit: how many held, of those that were planned. */
const held = (fits: (entry: CatalogueEntry) => boolean): Cell =>
  share((session, catalogue) => {
    const outcomes = catalogue
      .filter(fits)
      .map(({ id }) => session.verdictOn(id))
      .map((verdict) => (verdict === null ? null : outcomeOf(verdict, "planned")))
      .filter((outcome) => outcome !== null);
    return { held: outcomes.reduce<number>((sum, outcome) => sum + outcome, 0), of: outcomes.length };
  });

const tier = (n: Tier): Cell => held((entry) => entry.tier === n);
const yes = (value: boolean | null | undefined): Share | null =>
  typeof value === "boolean" ? { held: value ? 1 : 0, of: 1 } : null;

const minutes = (seconds: number) => (seconds < 120 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`);
const whole = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1));
const tokens = ({ tokensIn, tokensOut }: GlanceSession) =>
  tokensIn === null || tokensOut === null ? null : tokensIn + tokensOut;

const ROWS: readonly (readonly [string, Cell])[] = [
  ["time of the agent", mean(({ agentSeconds }) => agentSeconds, minutes)],
  ["tokens, in and out", mean(tokens, (value) => Math.round(value).toLocaleString("en"))],
  [
    "cost",
    mean(
      ({ costUsd }) => costUsd,
      (value) => `$${value.toFixed(2)}`,
    ),
  ],
  ["stated requirements held (tier 1)", tier(1)],
  ["hardening that nobody asked for (tier 2)", tier(2)],
  ["beyond (tier 3)", tier(3)],
  // A standard is followed where an exploit that cites an RFC was withstood.
  ["standards followed", held(({ standard }) => /\bRFC \d+/.test(standard))],
  ["tests written", mean(({ delivery }) => delivery?.tests, whole)],
  ["its tests pass", share(({ delivery }) => yes(delivery?.testsPass))],
  ["holes that its tests notice", share(({ delivery }) => delivery?.holes)],
  ["documentation", share(({ delivery }) => delivery?.readme)],
  ["security told in its last words", share(({ delivery }) => delivery?.lastWords)],
  ["docs page signs in", share(({ delivery }) => yes(delivery?.docsPage))],
  ["deprecated calls", mean(({ delivery }) => delivery?.deprecated, whole)],
  ["weak first passwords", share(({ delivery }) => delivery?.weakPasswords)],
  ["secrets in files", mean(({ delivery }) => delivery?.secrets, whole)],
];
