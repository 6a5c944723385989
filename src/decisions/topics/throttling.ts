import { absent, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** Topic `throttling`: a library's limiter, or answers of 429 made by hand. */
export function throttling(project: Project, built: readonly Sighting[]): Sighting[] {
  const [first] = built.filter(({ at }) => at && project.isLive(at) && isUsed(project, at));
  if (first) return [first];
  const [answer] = tooMany(project);
  return [answer ? { choice: "hand-written", origin: "hand-written", at: answer } : absent()];
}

/** A limiter that is only made and never mentioned again limits nothing. */
function isUsed(project: Project, at: Node): boolean {
  const holder = at.parent?.kind === "variable_declarator" || at.parent?.kind === "assignment" ? at.parent : undefined;
  const name = holder && (holder.field("name") ?? holder.field("left"));
  return name?.kind !== "identifier" || project.mentions(name.text) > 1 || at.file.exports.has(name.text);
}

/** Where the app itself answers 429, or refuses in a function that is named for it. */
function tooMany(project: Project): Node[] {
  const answers = project
    .all("number", "integer", "attribute")
    .filter(
      (node) => /^429$|HTTP_429_TOO_MANY_REQUESTS$/.test(node.text) && isAnswer(project, node) && project.isLive(node),
    );
  if (answers.length > 0) return answers;
  const refusals = project.all("raise_statement", "throw_statement");
  return refusals.filter((node) => /RateLimit|TooMany|Throttl/.test(node.text) && project.isLive(node));
}

/** Given to a call, a return or a status, in a function. */
function isAnswer(project: Project, node: Node): boolean {
  const cls = node.within(...project.language.classKinds)?.field("name")?.text;
  if (!node.within(...project.language.functionKinds) || (cls !== undefined && project.mentions(cls) <= 1))
    return false;
  return (
    node.within("call", "call_expression", "new_expression", "return_statement", "assignment_expression", "pair") !==
    undefined
  );
}
