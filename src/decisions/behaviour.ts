import type { Decision } from "../model/decision.ts";

/** One thing that the running app or its database showed, in the words of the ledger's topics and choices. */
export interface BehaviourFact {
  topic: string;
  /** The choice that the source would have to name for the two to agree. */
  choice: string;
  /** The choices of the source that it confirms; by default those that begin with `choice`. */
  agrees?: RegExp;
  /** Choices of the source that it neither confirms nor denies: beside them it is not shown. */
  silentOn?: RegExp;
  /**
   * The name that the decision's detail must hold, where a topic has several, such as `JWT_SECRET`. Where a pattern fits
   * several settings, it is not known which of them was seen, and nothing is said.
   */
  of?: string | RegExp;
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
    const read = out.filter((decision) => decision.topic === fact.topic && decision.by === "source");
    if (isOfSeveral(read, fact)) continue;
    const agreed = read.filter((decision) => agrees(decision, fact));
    for (const decision of agreed) {
      decision.confidence = "sure";
      decision.detail = [decision.detail, `seen: ${fact.seen}`].filter(Boolean).join("; ");
    }
    if (agreed.length > 0 || read.some(({ choice }) => fact.silentOn?.test(choice))) continue;
    const isAbsence = fact.choice === "none";
    // What was not found, and yet is there, was not known to be absent.
    for (const decision of isAbsence || fact.of !== undefined ? [] : out)
      if (decision.topic === fact.topic && decision.origin === "absent") decision.confidence = "unknown";
    out.push({
      topic: fact.topic,
      choice: fact.choice,
      origin: isAbsence && !CHOSEN.has(fact.topic) ? "absent" : "unknown",
      file: null,
      line: null,
      by: fact.by,
      confidence: "sure",
      detail: `seen: ${fact.seen}`,
    });
  }
  return out;
}

/** Topics in which there being nothing to see may be somebody's work: only the source can tell. */
const CHOSEN = new Set(["cors-methods-told"]);

/** `HS256` agrees with `HS256, pinned`: the source may say more than can be seen. */
function agrees({ choice, detail }: Decision, fact: BehaviourFact): boolean {
  if (fact.of !== undefined && namesOf(detail, fact.of).length === 0) return false;
  return fact.agrees ? fact.agrees.test(choice) : choice === fact.choice || choice.startsWith(`${fact.choice},`);
}

function namesOf(detail: string | undefined, of: string | RegExp): string[] {
  const words = detail?.split("; seen:")[0]?.split(/\W+/) ?? [];
  return words.filter((word) => (typeof of === "string" ? word === of : of.test(word)));
}

function isOfSeveral(read: readonly Decision[], { of }: BehaviourFact): boolean {
  return of instanceof RegExp && new Set(read.flatMap(({ detail }) => namesOf(detail, of))).size > 1;
}
