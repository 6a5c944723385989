import { absent, firstOfEach, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { settled, type Value } from "../source/value.ts";
import { conditionsOf, wordsOf } from "./conditions.ts";
import type { HeaderSet } from "./headers.ts";
import { settable } from "./settable.ts";

/** Topic `cors`: how, and for which origins. Library and framework findings come first; then headers set by hand. */
export function cors(project: Project, built: Sighting[], headers: readonly HeaderSet[]): Sighting[] {
  if (built.length > 0) return firstOfEach(built);
  const set = headers.filter((header) => header.name === "access-control-allow-origin");
  const found = set.map(({ at, value }) =>
    settable(project, () => ({
      choice: `hand-written, ${value ? allowed(project, value, at) : "unknown"}`,
      origin: "hand-written",
      at,
    })),
  );
  return found.length > 0 ? firstOfEach(found).slice(0, 1) : [absent()];
}

/** The origins that an expression lists: their texts, `*`, `reflected`, `by pattern`, `by setting` or `unknown`. */
export function originsOf(project: Project, node: Node): string {
  const value = settled(project.values.value(node));
  if (value?.kind === "truth") return value.value ? "reflected" : "none";
  const texts = project.values.texts(node);
  if (texts)
    return (
      [...texts]
        .map((text) => text.trim().replace(/\/$/, ""))
        .sort()
        .join(" ") || "none"
    );
  if (fromSetting(project.values.value(node))) return "by setting";
  const source = project.resolver.source(node);
  if (source.kind === "regex") return "by pattern";
  if (project.language.functionKinds.includes(source.kind)) return byFunction(project, source);
  return "unknown";
}

/** A setting without a default, alone or in a list. */
function fromSetting(value: Value): boolean {
  return value.kind === "setting" || (value.kind === "list" && value.items.some(fromSetting));
}

/** What a function that judges an origin compares it with. */
export function byFunction(project: Project, fn: Node): string {
  const listed = new Set<string>();
  for (const condition of conditionsOf(project)) {
    if (!fn.holds(condition.node) || condition.how === "order") continue;
    if (condition.how === "pattern") return "by pattern";
    for (const [side, other] of [
      [condition.against, condition.tested],
      [condition.tested, condition.against],
    ] as const) {
      const origins =
        /origin/i.test(wordsOf(project, other)) && side.text.length > 1 ? originsOf(project, side) : "unknown";
      if (/https?:|\*|\bnull\b|^by setting$/.test(origins)) for (const origin of origins.split(" ")) listed.add(origin);
    }
  }
  if (/endsWith|startsWith|endswith|startswith/.test(fn.text)) return "by pattern";
  if (listed.size > 0) return listed.has("by") ? "by setting" : [...listed].sort().join(" ");
  return answered(project, fn);
}

/** `done(null, true)` and `done(null, origin && "https://...")`: what a callback says without comparing. */
function answered(project: Project, fn: Node): string {
  for (const node of fn.all("call_expression")) {
    const given = project.call(node)?.arg(1);
    const expr = given && project.language.expr(given);
    if (!given || project.call(node)?.arg(0)?.text !== "null") continue;
    if (expr?.type === "binary" && expr.operator === "&&") return originsOf(project, expr.right);
    if (/^(true|origin|!!origin|origin !== undefined|origin)$/.test(given.text)) return "reflected";
  }
  return /=>\s*(origin|true)\b/.test(fn.text) ? "reflected" : "unknown";
}

/** What an object or the settings hold is not the caller's, whatever its name. */
const OWN_FIELD = /^(self|this|cls|settings|config|cfg|conf|env|options|opts)\b\s*[.[]/i;

/** The origins behind a header set by hand: fixed, or the caller's own, checked against a list or not. */
function allowed(project: Project, value: Node, at: Node): string {
  const direct = originsOf(project, value);
  if (direct !== "unknown") return direct;
  const fn = at.within(...project.language.functionKinds);
  const checked = fn ? byFunction(project, fn) : "unknown";
  if (checked !== "unknown" && checked !== "reflected") return checked;
  if (OWN_FIELD.test(value.text)) return "unknown";
  const words = `${value.text} ${project.resolver.source(value).text}`;
  return /origin/i.test(words) ? "reflected" : "unknown";
}
