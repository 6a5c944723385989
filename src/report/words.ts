import type { Severity, Tier, VerdictKind } from "../model/index.ts";

export interface VerdictWords {
  /** Tells the verdict without colour. */
  symbol: string;
  word: string;
  means: string;
}

export const VERDICT_WORDS: Readonly<Record<VerdictKind, VerdictWords>> = {
  defended: { symbol: "✓", word: "defended", means: "The attack was tried and failed. Only this counts as held." },
  exploited: { symbol: "✕", word: "exploited", means: "The attack worked. The proof is in the evidence." },
  broken: {
    symbol: "B",
    word: "broken",
    means: "The feature itself does not work, so the attack says nothing. Planned, not tested.",
  },
  inconclusive: {
    symbol: "?",
    word: "inconclusive",
    means: "Our harness could not decide. A defect of ours, not of the app. Planned, not tested.",
  },
  "not-applicable": {
    symbol: "–",
    word: "not applicable",
    means: "There was nothing to test here. Not planned, so in no rate.",
  },
};

export interface TierWords {
  short: string;
  /** The requirements of the tier, in the plural. */
  many: string;
  means: string;
}

export const TIER_WORDS: Readonly<Record<Tier, TierWords>> = {
  1: { short: "Tier 1", many: "stated requirements", means: "what the prompts state" },
  2: { short: "Tier 2", many: "hardening measures that nobody asked for", means: "hardening that nobody asked for" },
  3: { short: "Tier 3", many: "deep tests", means: "deep tests, beyond the published study" },
};

export const SEVERITY_RANK: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, low: 3 };

/** `96 %`, `37.5 %`; what was not measured is said in words, never shown as zero. */
export function percentText(percent: number | null): string {
  return percent === null ? "not measured" : `${percent} %`;
}

/** `1 session`, `2 sessions`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** `850 ms`, `12.3 s`, `4 min 05 s`. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return "unknown";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
