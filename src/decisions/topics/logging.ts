import { absent, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

const REDACTING = /redact|sensitive|mask|scrub|censor|secret_?(fields|keys)/i;

/** Topic `logging`: the first logger by preference, and what it leaves out of its lines by name. */
export function logging(project: Project, loggers: readonly Sighting[], redacted: readonly string[]): Sighting[] {
  const [logger] = loggers;
  if (!logger) return [absent()];
  const names = [...new Set([...redacted, ...redactionLists(project)])].sort();
  return [names.length > 0 ? { ...logger, choice: `${logger.choice}, redacts ${names.join(" ")}` } : logger];
}

/** Lists of field names that are called sensitive. */
function redactionLists(project: Project): string[] {
  return project.all("assignment", "variable_declarator").flatMap((node) => {
    const name = (node.field("left") ?? node.field("name"))?.text ?? "";
    const value = node.field("right") ?? node.field("value");
    const isList = value !== undefined && REDACTING.test(name) && !project.language.functionKinds.includes(value.kind);
    return isList ? (listed(project, value) ?? []) : [];
  });
}

function listed(project: Project, value: Node): string[] | undefined {
  const call = project.call(value);
  const list = call?.is(/^(Set|set|frozenset|tuple|list)$/) ? call.arg(0) : value;
  const expr = list && project.language.expr(list);
  return expr?.type === "list" ? project.values.texts(list as Node) : undefined;
}
