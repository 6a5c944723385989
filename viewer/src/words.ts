import type { Severity, Tier, VerdictKind } from "../../src/model/index.ts";
import { decimal, whole } from "../../src/stats/words.ts";

export const VERDICTS: readonly VerdictKind[] = ["exploited", "defended", "broken", "inconclusive", "not-applicable"];

export const VERDICT_WORDS: Readonly<Record<VerdictKind, { symbol: string; word: string; means: string }>> = {
  defended: { symbol: "✓", word: "defended", means: "The attack was tried and failed. Only this counts as held." },
  exploited: { symbol: "✕", word: "exploited", means: "The attack worked. The proof is in the evidence." },
  broken: { symbol: "B", word: "broken", means: "The feature itself does not work, so the attack says nothing." },
  inconclusive: { symbol: "?", word: "inconclusive", means: "The harness could not decide: a defect of ours." },
  "not-applicable": { symbol: "–", word: "not applicable", means: "There was nothing to test here; in no rate." },
};

export const TIER_WORDS: Readonly<Record<Tier, { short: string; means: string }>> = {
  1: { short: "Tier 1", means: "what the prompts state" },
  2: { short: "Tier 2", means: "hardening that nobody asked for" },
  3: { short: "Tier 3", means: "deep tests" },
};

export const SEVERITY_RANK: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, low: 3 };

export const count = (n: number, one: string, many = `${one}s`): string => `${whole(n)} ${n === 1 ? one : many}`;

/** `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${decimal(seconds)} s`;
  const rounded = Math.round(seconds);
  const pad = (n: number) => String(n).padStart(2, "0");
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${pad(rounded % 60)} s`;
  return `${Math.floor(rounded / 3600)} h ${pad(Math.floor((rounded % 3600) / 60))} min`;
}

export const dollars = (usd: number): string => `$${usd < 0.1 ? usd.toFixed(3) : usd.toFixed(2)}`;

export const bytes = (n: number): string =>
  n < 1000 ? `${n} bytes` : n < 1e6 ? `${decimal(n / 1000)} kB` : `${decimal(n / 1e6)} MB`;
