import type { Evidence } from "../model/evidence.ts";
import { OBSERVATION } from "../model/evidence.ts";
import type { BehaviourFact } from "./behaviour.ts";
import { corsFacts, docsFacts, headerFacts, validationFacts } from "./facts/observation.ts";
import { tokenFacts } from "./facts/tokens.ts";
import {
  errorFacts,
  fallbackFacts,
  passwordFacts,
  policyFacts,
  secretFacts,
  throttlingFacts,
} from "./facts/verdicts.ts";

/** The exploits whose evidence shows a choice, by slug, over all scenarios. */
export const TELLING = new Map<string, (evidence: Evidence) => BehaviourFact[]>([
  ["password-storage", passwordFacts],
  ["bcrypt-storage", passwordFacts],
  ["login-throttle", throttlingFacts],
  ["password-guessing", throttlingFacts],
  ["missing-secret", secretFacts],
  ["no-fallback-secret", fallbackFacts],
  ["failure-hides-inside", errorFacts],
  ["weak-password", policyFacts],
]);

/**
 * What the stored evidence of one app shows of its choices: verdicts where they say it, exchanges where they show it.
 * Of a test that did not run, or could not be judged, nothing is said.
 */
export function factsOf(evidence: readonly Evidence[]): BehaviourFact[] {
  const observed = evidence.find(({ id }) => id === OBSERVATION)?.exchanges ?? [];
  const judged = evidence.filter(({ verdict }) => verdict === "defended" || verdict === "exploited");
  return [
    ...judged.flatMap((one) => TELLING.get(one.slug)?.(one) ?? []),
    ...tokenFacts(evidence),
    ...docsFacts(observed),
    ...corsFacts(observed),
    ...headerFacts(observed),
    ...validationFacts(observed),
  ];
}
