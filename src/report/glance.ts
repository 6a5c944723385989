import { deliveryFigures } from "../model/index.ts";
import { type Glance, glanceOf } from "../stats/index.ts";
import type { Figures } from "./figures.ts";
import type { ReportInput } from "./input.ts";

/** The table of a run, and what a person wrote about its agents: no measurement, and apart. */
export interface RunGlance extends Glance {
  notes: { agent: string; text: string }[];
}

/** Null for a run in which nothing that was handed over was judged. */
export function runGlance(input: ReportInput, figures: Figures): RunGlance | null {
  const results = new Map(input.sessions.map((one) => [one.record.identity.id, one]));
  const glance = glanceOf(
    figures.sessions.map(({ id, identity, agentSeconds, tokensIn, tokensOut, costUsd, tiers, verdicts }) => {
      const delivery = results.get(id)?.delivery;
      return {
        ...{ agentSeconds, tokensIn, tokensOut, costUsd },
        ...{ agent: identity.agent, baseline: identity.baseline, condition: identity.condition },
        verdictOn: (exploit) => (tiers ? (verdicts.get(exploit)?.verdict ?? null) : null),
        delivery: delivery ? deliveryFigures(delivery) : null,
      };
    }),
    input.catalogue,
  );
  return glance && { ...glance, notes: [...(input.notes ?? [])].map(([agent, text]) => ({ agent, text })) };
}
