export type { BehaviourFact, BehaviourFacts } from "./behaviour.ts";
export { decisionTopics, type ReadOptions, readDecisions } from "./read.ts";
