import type { Decision } from "../model/decision.ts";

/** One thing that the running app or its database showed, in the words of the ledger's topics and choices. */
export interface BehaviourFact {
  topic: string;
  /** The choice that the source would have to name for the two to agree. */
  choice: string;
  /** The choices of the source that it confirms; by default those that begin with `choice`. */
  agrees?: RegExp;
  /** The name that the decision's detail must hold, where a topic has several, such as `JWT_SECRET`. */
  of?: string;
  by: "behaviour" | "database";
  /** What was seen, such as `$2b$12$` or a header line. */
  seen: string;
}

/** What was learnt of an app by running it. */
export type BehaviourFacts = readonly BehaviourFact[];

/**
 * Puts behaviour beside the source. Where both say the same, the decision becomes sure. Where they differ, or the
 * source says nothing, the behaviour is a decision of its own, without a place, so that both are shown.
 */
export function confirm(decisions: readonly Decision[], facts: BehaviourFacts = []): Decision[] {
  const out = decisions.map((decision) => ({ ...decision }));
  for (const fact of facts) {
    const agreed = out.filter(
      (decision) => decision.topic === fact.topic && decision.by === "source" && agrees(decision, fact),
    );
    for (const decision of agreed) {
      decision.confidence = "sure";
      decision.detail = [decision.detail, `seen: ${fact.seen}`].filter(Boolean).join("; ");
    }
    if (agreed.length > 0) continue;
    const isAbsence = fact.choice === "none";
    // What was not found, and yet is there, was not known to be absent.
    for (const decision of isAbsence || fact.of !== undefined ? [] : out)
      if (decision.topic === fact.topic && decision.origin === "absent") decision.confidence = "unknown";
    out.push({
      topic: fact.topic,
      choice: fact.choice,
      origin: isAbsence ? "absent" : "unknown",
      file: null,
      line: null,
      by: fact.by,
      confidence: "sure",
      detail: `seen: ${fact.seen}`,
    });
  }
  return out;
}

/** `HS256` agrees with `HS256, pinned`: the source may say more than can be seen. */
function agrees({ choice, detail }: Decision, fact: BehaviourFact): boolean {
  if (fact.of !== undefined && !detail?.split(/\W+/).includes(fact.of)) return false;
  return fact.agrees ? fact.agrees.test(choice) : choice === fact.choice || choice.startsWith(`${fact.choice},`);
}
