export type { BehaviourFact, BehaviourFacts } from "./behaviour.ts";
export { factsOf } from "./facts.ts";
export { type Choice, decisionOf, type StepLedger, withFirstSeen } from "./first-seen.ts";
export { decisionTopics, type ReadOptions, readChoices, readDecisions } from "./read.ts";
