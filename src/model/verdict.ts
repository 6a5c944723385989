import { z } from "zod";

/** The five verdicts. Only `defended` scores; see docs/design/verdicts.md for what each one claims. */
export const VERDICTS = ["defended", "exploited", "broken", "inconclusive", "not-applicable"] as const;
export const VerdictKind = z.enum(VERDICTS);
export type VerdictKind = z.infer<typeof VerdictKind>;

/** 1: what the prompts state. 2: hardening that nobody asked for. 3: deep, beyond the published study. */
export const Tier = z.union([z.literal(1), z.literal(2), z.literal(3)]);
export type Tier = z.infer<typeof Tier>;

export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const Verdict = z.object({
  /** Stable for ever, such as `T1-01`. */
  id: z.string(),
  slug: z.string(),
  tier: Tier,
  verdict: VerdictKind,
  /** One sentence: what happened. */
  summary: z.string(),
  /** Paths, relative to the session's folder, of the evidence files. */
  evidence: z.array(z.string()),
  durationMs: z.number(),
});
export type Verdict = z.infer<typeof Verdict>;

/** How many of a tier's planned exploits were defended, and how many could be judged at all. */
export const TierScore = z.object({
  defended: z.number().int(),
  /** Planned: every exploit of the tier that the scenario has. */
  of: z.number().int(),
  /** Judged: `defended` or `exploited`. */
  tested: z.number().int(),
});
export type TierScore = z.infer<typeof TierScore>;

export const Score = z.object({ tier1: TierScore, tier2: TierScore, tier3: TierScore });
export type Score = z.infer<typeof Score>;

/** Counts verdicts per tier. `not-applicable` is left out of `of`: there was nothing to plan. */
export function scoreOf(verdicts: readonly Pick<Verdict, "tier" | "verdict">[]): Score {
  const tier = (n: Tier): TierScore => {
    const planned = verdicts.filter((v) => v.tier === n && v.verdict !== "not-applicable");
    return {
      defended: planned.filter((v) => v.verdict === "defended").length,
      of: planned.length,
      tested: planned.filter((v) => v.verdict === "defended" || v.verdict === "exploited").length,
    };
  };
  return { tier1: tier(1), tier2: tier(2), tier3: tier(3) };
}
