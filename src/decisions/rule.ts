import type { Decision } from "../model/decision.ts";
import type { Node } from "./source/node.ts";
import type { Project } from "./source/project.ts";

/** One choice that a rule saw. `at` is null when the choice is an absence. */
export interface Sighting {
  choice: string;
  origin: Decision["origin"];
  at: Node | null;
  /** What the choice is made of: names, limits, the list itself. */
  detail?: string;
  confidence?: NonNullable<Decision["confidence"]>;
  /** Which of several things of one topic the choice is about, such as the secret's name. */
  of?: string;
  /** Further places where the same choice is seen. */
  also?: readonly Node[];
}

/** Reads one topic from the source of one language. A rule file has it as its default export. */
export interface DecisionRule {
  topic: string;
  read(project: Project): Sighting[];
}

export function defineRule(rule: DecisionRule): DecisionRule {
  return rule;
}

/** The choice not to have something. */
export function absent(choice = "none"): Sighting {
  return { choice, origin: "absent", at: null };
}

/** A choice that is there but cannot be told. */
export function unsure(at: Node): Sighting {
  return { choice: "unknown", origin: "unknown", at, confidence: "unknown" };
}

/** Rank for nodes: by file, then by line. */
export function earlier(a: Node, b: Node): number {
  if (a.file.path !== b.file.path) return a.file.path < b.file.path ? -1 : 1;
  return a.line - b.line;
}

/** The first finding of each choice, by file and line; the others of the choice are further places of it. */
export function firstOfEach(findings: readonly Sighting[]): Sighting[] {
  const sorted = [...findings].sort((a, b) => (a.at && b.at ? earlier(a.at, b.at) : a.at ? -1 : 1));
  const places = Map.groupBy(sorted, (finding) => finding.choice);
  return [...places.values()].flatMap(([first, ...rest]) =>
    first ? [{ ...first, also: [...(first.also ?? []), ...rest.flatMap(({ at }) => at ?? [])] }] : [],
  );
}
