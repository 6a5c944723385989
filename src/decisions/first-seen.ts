import type { Decision } from "../model/decision.ts";

/** The ledger as it stood after one step; step 0 is the baseline. */
export interface StepLedger {
  step: number;
  commit: string;
  decisions: readonly Decision[];
}

const same = (a: Decision, b: Decision) => a.topic === b.topic && a.choice === b.choice;

/**
 * Says of each choice of the final ledger since which step it has stood: the first of the unbroken row of steps that
 * reaches to the end. A choice that was made, dropped and made again counts from when it came back. Absences, and what
 * only behaviour shows, have no step.
 */
export function withFirstSeen(decisions: readonly Decision[], ledgers: readonly StepLedger[]): Decision[] {
  const latestFirst = [...ledgers].sort((a, b) => b.step - a.step);
  return decisions.map((decision) => {
    if (decision.origin === "absent" || decision.by !== "source") return { ...decision, step: null, commit: null };
    let first: StepLedger | undefined;
    for (const ledger of latestFirst) {
      if (!ledger.decisions.some((one) => same(one, decision))) break;
      first = ledger;
    }
    return { ...decision, step: first?.step ?? null, commit: first?.commit ?? null };
  });
}
