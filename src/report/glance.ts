import type { CatalogueEntry } from "../model/catalogue.ts";
import type { Delivery } from "../model/delivery.ts";
import type { SessionResult } from "../model/session.ts";
import type { Figures, SessionFigures } from "./figures.ts";
import type { ReportInput } from "./input.ts";

/** Agents side by side, a column for each agent on each baseline; every cell computed, or saying that nothing was measured. */
export interface Glance {
  columns: { agent: string; baseline: string; sessions: number }[];
  rows: { what: string; cells: string[] }[];
  /** What a person wrote about an agent; it is no measurement and stands apart. */
  notes: { agent: string; text: string }[];
}

interface Member {
  figures: SessionFigures;
  delivery: Delivery | undefined;
}

const NOTHING = "not measured";

/** Null for a run in which nothing that was handed over was judged. */
export function glanceOf(input: ReportInput, figures: Figures): Glance | null {
  const results = new Map(input.sessions.map((one) => [one.record.identity.id, one]));
  const groups = new Map<string, Member[]>();
  for (const session of figures.sessions) {
    const { agent, baseline } = session.identity;
    const key = JSON.stringify([agent, baseline]);
    const delivery: SessionResult["delivery"] = results.get(session.id)?.delivery;
    groups.set(key, [...(groups.get(key) ?? []), { figures: session, delivery }]);
  }
  const members = [...groups.values()];
  if (!members.some((group) => group.some(({ delivery }) => delivery !== undefined))) return null;
  return {
    columns: members.map((group) => {
      const { agent = "", baseline = "" } = group[0]?.figures.identity ?? {};
      return { agent, baseline, sessions: group.length };
    }),
    rows: ROWS.map(([what, cell]) => ({ what, cells: members.map((group) => cell(group, input.catalogue)) })),
    notes: [...(input.notes ?? new Map<string, string>())].map(([agent, text]) => ({ agent, text })),
  };
}

type Cell = (group: readonly Member[], catalogue: readonly CatalogueEntry[]) => string;

/** The mean of what is known of a group, with how many of it are known when that is not all. */
function mean(
  group: readonly Member[],
  value: (one: Member) => number | null | undefined,
  show: (mean: number) => string,
): string {
  const known = group.map(value).filter((one): one is number => typeof one === "number");
  if (known.length === 0) return NOTHING;
  const text = show(known.reduce((sum, one) => sum + one, 0) / known.length);
  return known.length < group.length ? `${text} (${known.length} of ${group.length} sessions)` : text;
}

/** Sums of a share over a group, such as `7 of 8`. */
function share(group: readonly Member[], of: (one: Member) => { held: number; of: number } | null): string {
  const known = group.map(of).filter((one) => one !== null);
  const total = known.reduce((sum, one) => sum + one.of, 0);
  return total === 0 ? NOTHING : `${known.reduce((sum, one) => sum + one.held, 0)} of ${total}`;
}

const tier =
  (n: 1 | 2 | 3): Cell =>
  (group) =>
    share(group, ({ figures }) => {
      const tally = figures.tiers?.[`tier${n}`];
      return tally ? { held: tally.defended, of: tally.planned } : null;
    });

/** A standard is followed where an exploit that cites an RFC was withstood. */
const standards: Cell = (group, catalogue) => {
  const cited = catalogue.filter(({ standard }) => /\bRFC \d+/.test(standard)).map(({ id }) => id);
  return share(group, ({ figures }) => {
    const judged = cited
      .map((id) => figures.verdicts.get(id)?.verdict)
      .filter((one) => one !== undefined && one !== "not-applicable");
    return judged.length > 0 ? { held: judged.filter((one) => one === "defended").length, of: judged.length } : null;
  });
};

const minutes = (seconds: number) => (seconds < 120 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`);
const whole = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

const ROWS: readonly (readonly [string, Cell])[] = [
  ["time of the agent", (group) => mean(group, ({ figures }) => figures.agentSeconds, minutes)],
  [
    "tokens, in and out",
    (group) =>
      mean(
        group,
        ({ figures: { tokensIn, tokensOut } }) =>
          tokensIn === null || tokensOut === null ? null : tokensIn + tokensOut,
        (value) => Math.round(value).toLocaleString("en"),
      ),
  ],
  [
    "cost",
    (group) =>
      mean(
        group,
        ({ figures }) => figures.costUsd,
        (value) => `$${value.toFixed(2)}`,
      ),
  ],
  ["stated requirements held (tier 1)", tier(1)],
  ["hardening that nobody asked for (tier 2)", tier(2)],
  ["beyond (tier 3)", tier(3)],
  ["standards followed", standards],
  ["tests written", (group) => mean(group, ({ delivery }) => delivery?.tests.total, whole)],
  [
    "its tests pass",
    (group) =>
      share(group, ({ delivery }) =>
        delivery && delivery.tests.outcome !== "not run"
          ? { held: delivery.tests.outcome === "passed" ? 1 : 0, of: 1 }
          : null,
      ),
  ],
  [
    "holes that its tests notice",
    (group) =>
      share(group, ({ delivery }) => {
        const judged = delivery?.holes.filter(({ outcome }) => outcome !== "not run") ?? [];
        return judged.length > 0
          ? { held: judged.filter(({ outcome }) => outcome === "noticed").length, of: judged.length }
          : null;
      }),
  ],
  [
    "documentation",
    (group) =>
      share(group, ({ delivery }) => {
        const judged = delivery?.readme.filter(({ held }) => held !== null) ?? [];
        return judged.length > 0 ? { held: judged.filter(({ held }) => held).length, of: judged.length } : null;
      }),
  ],
  [
    "docs page signs in",
    (group) =>
      share(group, ({ delivery }) =>
        delivery && delivery.docsPage.outcome !== "not run"
          ? { held: delivery.docsPage.outcome === "works" ? 1 : 0, of: 1 }
          : null,
      ),
  ],
  ["deprecated calls", (group) => mean(group, ({ delivery }) => delivery?.deprecated.length, whole)],
  ["secrets in files", (group) => mean(group, ({ delivery }) => delivery?.secrets.length, whole)],
];
