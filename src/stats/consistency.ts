import { type Counting, ensure, groupBy, outcomeOf, placeKey, type SessionVerdicts } from "./sessions.ts";

/** How often replicates of one place (baseline, agent, condition) gave the same verdict on the same exploit. */
export interface Consistency {
  /** Places x exploits with at least two judged replicates. */
  units: number;
  /** Units on which all replicates agree. */
  agreed: number;
  /** `agreed / units`; null without a unit. */
  share: number | null;
  /** Krippendorff's alpha over the units; see `krippendorffAlpha`. */
  alpha: number | null;
  /** Sessions that took part. */
  sessions: number;
  /** Exploits on which replicates disagree somewhere, most often split first. */
  splits: { exploit: string; units: number; split: number }[];
}

/** Consistency of the outcomes of replicates. `planned` tells defended from everything else, `tested` from exploited. */
export function consistency(sessions: readonly SessionVerdicts[], counting: Counting = "planned"): Consistency {
  const units: { exploit: string; labels: string[] }[] = [];
  let taking = 0;
  for (const replicates of groupBy(sessions, (s) => placeKey(s)).values()) {
    if (replicates.length < 2) continue;
    taking += replicates.length;
    const labels = new Map<string, string[]>();
    for (const { id, verdict } of replicates.flatMap((s) => s.verdicts)) {
      const outcome = outcomeOf(verdict, counting);
      if (outcome !== null) ensure(labels, id, () => []).push(String(outcome));
    }
    for (const [exploit, own] of labels) if (own.length > 1) units.push({ exploit, labels: own });
  }
  const splits = [...groupBy(units, (u) => u.exploit)].map(([exploit, own]) => ({
    exploit,
    units: own.length,
    split: own.filter((u) => !allEqual(u.labels)).length,
  }));
  const agreed = units.filter((u) => allEqual(u.labels)).length;
  return {
    units: units.length,
    agreed,
    share: units.length > 0 ? agreed / units.length : null,
    alpha: krippendorffAlpha(units.map((u) => u.labels)),
    sessions: taking,
    splits: splits
      .filter((s) => s.split > 0)
      .sort((x, y) => y.split / y.units - x.split / x.units || (x.exploit < y.exploit ? -1 : 1)),
  };
}

/**
 * Krippendorff's (2011) alpha for labels without order: 1 is full agreement, 0 what chance gives, below 0 is worse.
 * A unit lists the labels it was given; units may have different numbers of them, and fewer than two say nothing.
 * Null when fewer than two labels are in use, since chance agreement is then certain.
 */
export function krippendorffAlpha(units: readonly (readonly string[])[]): number | null {
  const pairable = units.filter((u) => u.length > 1);
  const totals = new Map<string, number>();
  let n = 0;
  let same = 0;
  for (const unit of pairable) {
    n += unit.length;
    for (const [label, own] of groupBy(unit, (l) => l)) {
      totals.set(label, (totals.get(label) ?? 0) + own.length);
      same += (own.length * (own.length - 1)) / (unit.length - 1);
    }
  }
  if (totals.size < 2) return null;
  const byChance = [...totals.values()].reduce((sum, c) => sum + c * (c - 1), 0) / (n * (n - 1));
  return 1 - (1 - same / n) / (1 - byChance);
}

function allEqual(labels: readonly string[]): boolean {
  return labels.every((l) => l === labels[0]);
}
