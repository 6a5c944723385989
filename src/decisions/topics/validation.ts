import type { Decision } from "../../model/decision.ts";
import { absent, earlier, firstOfEach, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** A validation library, by the calls that make its schemas or the classes that are its schemas. */
export interface ValidationLibrary {
  choice: string;
  origin: Decision["origin"];
  calls?: RegExp;
  bases?: RegExp;
}

/**
 * Topic `input-validation`: every library that schemas for requests are written with; where there is none, the first
 * test of a request's fields written by hand. `more` gives what a language's frameworks add.
 */
export function inputValidation(
  project: Project,
  libraries: readonly ValidationLibrary[],
  more: Sighting[],
  byHand: (project: Project) => Node[],
): Sighting[] {
  const found = [...more, ...libraries.flatMap((library) => schemasOf(project, library))];
  if (found.length > 0) return firstOfEach(found);
  const [tested, ...also] = byHand(project)
    .filter((node) => project.isLive(node))
    .sort(earlier);
  return [tested ? { choice: "hand-written", origin: "hand-written", at: tested, also } : absent()];
}

function schemasOf(project: Project, { choice, origin, calls, bases }: ValidationLibrary): Sighting[] {
  const made = calls
    ? project.callsOf(calls).filter((call) => project.isLive(call.node) && !isForEnvironment(call.node))
    : [];
  const classes = bases ? classesOf(project, bases) : [];
  return [...made.map((call) => call.node), ...classes].map((at) => ({ choice, origin, at }));
}

/** Classes that extend a library's, directly or through the app's own. */
export function classesOf(project: Project, bases: RegExp): Node[] {
  return project.all(...project.language.classKinds).filter((cls) => extendsAny(project, cls, bases, 0));
}

function extendsAny(project: Project, cls: Node, bases: RegExp, depth: number): boolean {
  return project.language.bases(cls).some((base) => {
    const meaning = project.resolver.meaning(base);
    if (meaning.kind === "outside") return bases.test(meaning.name);
    return (
      meaning.kind === "node" &&
      depth < 5 &&
      project.language.classKinds.includes(meaning.node.kind) &&
      extendsAny(project, meaning.node, bases, depth + 1)
    );
  });
}

/** A schema that the environment is parsed with is not for requests. */
export function isForEnvironment(node: Node): boolean {
  const declarator = node.within("variable_declarator");
  const name = declarator?.field("name")?.text;
  const around = (declarator ?? node).parent?.text ?? "";
  if (/\.((safeP|p)arse|validate)\((process\.env|Bun\.env|import\.meta\.env)/.test(around)) return true;
  return (
    name !== undefined &&
    new RegExp(
      `\\b${name}\\b[^;\\n]*\\.((safeP|p)arse|validate)\\((process\\.env|Bun\\.env|import\\.meta\\.env|env\\b)`,
    ).test(node.file.text)
  );
}
