import { absent, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { headersSet } from "./headers.ts";

/** `origin === allowed`, `ALLOWED.has(origin)`, `self.is_allowed_origin(origin)`: not whether there is one. */
const JUDGES =
  /origin\b[^&|;]*([!=]==?|\bin\b)|([!=]==?|\bin\b)[^&|;]*origin|\b\w*(includes|has|test|match|allow\w*|permitted|trusted)\w*\??\.?\([^;]*origin/i;
const PRESENCE = /[!=]==?\s*(undefined|null|""|'')|\bis (not )?None\b|\bhas\(\s*["']origin["']\s*\)/gi;

/**
 * Topic `cors-methods-told`: what a preflight from an origin that nobody allowed is told in Access-Control-Allow-Methods;
 * `none`, or the list, `to any origin`. `corsOf` is the app's CORS; `built` what its library or framework tells, where
 * that is known.
 */
export function corsMethodsTold(project: Project, corsOf: readonly Sighting[], built: readonly Sighting[]): Sighting[] {
  if (corsOf.every(({ origin }) => origin === "absent")) return [absent()];
  if (built.length > 0) return built.slice(0, 1);
  if (corsOf.some(({ origin }) => origin !== "hand-written")) return [];
  const told = headersSet(project).filter(({ name }) => name === "access-control-allow-methods");
  const found = told.map(({ at }): Sighting => {
    const guard = originGuard(project, at);
    return { choice: guard ? "none" : "to any origin", origin: "hand-written", at: guard ?? at };
  });
  if (found.length === 0) return [absent()];
  return [found.find(({ choice }) => choice !== "none") ?? (found[0] as Sighting)];
}

/** The test of the origin that a statement stands under, or that leaves the function before it. */
export function originGuard(project: Project, node: Node): Node | undefined {
  for (let at: Node | null = node; at?.parent; at = at.parent) {
    const { parent }: { parent: Node | null } = at;
    if (!parent || project.language.functionKinds.includes(at.kind)) return undefined;
    if (parent.kind === "if_statement" && parent.field("condition") !== at && judgesOrigin(project, parent))
      return parent;
    const before = /^(statement_block|block|program|module)$/.test(parent.kind) ? parent.parts : [];
    const left = before.find(
      (statement) =>
        statement.line < at.line &&
        statement.kind === "if_statement" &&
        judgesOrigin(project, statement) &&
        (statement.field("consequence")?.all("return_statement", "throw_statement", "raise_statement").length ?? 0) > 0,
    );
    if (left) return left;
  }
  return undefined;
}

export function judgesOrigin(project: Project, branch: Node): boolean {
  const condition = branch.field("condition");
  if (!condition) return false;
  const names = condition.all("identifier").map((name) => [name.text, project.resolver.source(name).text] as const);
  const told = new Map(names.filter(([name, source]) => name !== source && source.length < 200));
  const text = condition.text.replace(/[\w$]+/g, (word) => told.get(word) ?? word);
  return JUDGES.test(text.replace(PRESENCE, ""));
}
