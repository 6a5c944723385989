import { absent, type Finding } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** Topic `throttling`: a library's limiter, or answers of 429 made by hand. */
export function throttling(project: Project, built: readonly Finding[]): Finding[] {
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

/** Where the app itself answers 429. */
function tooMany(project: Project): Node[] {
  return project
    .all("number", "integer", "attribute")
    .filter((node) => /^429$|HTTP_429_TOO_MANY_REQUESTS$/.test(node.text) && project.isLive(node));
}
