export type { BehaviourFact, BehaviourFacts } from "./behaviour.ts";
export { factsOf } from "./facts.ts";
export { type StepLedger, withFirstSeen } from "./first-seen.ts";
export { decisionTopics, type ReadOptions, readDecisions } from "./read.ts";
