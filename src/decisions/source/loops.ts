import type { Binding } from "./expr.ts";
import type { Node } from "./node.ts";
import type { Project } from "./project.ts";

const LOOPS = ["for_statement", "for_in_clause", "for_in_statement"];
const EACH = /^(forEach|map|flatMap|filter|every|some|find|reduce)$/;
const COPIES =
  /^(list|tuple|set|sorted|frozenset|reversed|dict|Set|Array\.from|Object\.freeze|types\.MappingProxyType)$/;

/** One turn of a loop: an expression, a key, or several of them side by side. */
type Turn = Node | string | readonly Turn[];

/**
 * The texts that a name takes on, turn by turn, in a loop over a table or list that is written in the app. Empty for
 * any other name, and for what is no text.
 */
export function textsInLoop(project: Project, name: Node): string[] {
  const binding = project.language.expr(name).type === "name" ? name.file.lookup(name.text, name) : undefined;
  const loop = binding && loopOf(project, binding);
  if (!loop) return [];
  return (turnsOf(project, loop.over) ?? []).flatMap((turn) => textOf(project, pick(project, turn, loop.path)) ?? []);
}

interface Loop {
  over: Node;
  /** Where in a turn the name stands. */
  path: readonly (string | number)[];
}

function loopOf(project: Project, binding: Binding): Loop | undefined {
  if (binding.kind === "parameter") {
    const { fn } = binding;
    const call = fn?.parent?.parent && project.call(fn.parent.parent);
    return call?.receiver && call.arg(0) === fn && binding.index === 0 && EACH.test(call.method)
      ? { over: call.receiver, path: binding.path }
      : undefined;
  }
  const loop = binding.kind === "item" ? binding.node.within(...LOOPS) : undefined;
  const [left, over] = [loop?.field("left"), loop?.field("right")];
  const path = left?.holds(binding.node) ? pathTo(left, binding.node) : undefined;
  return over && path ? { over, path } : undefined;
}

/** The way from a pattern to a name in it. */
function pathTo(pattern: Node, name: Node): (string | number)[] | undefined {
  if (pattern === name) return [];
  if (pattern.kind === "object_pattern") {
    const part = pattern.parts.find((one) => one.holds(name));
    return part && [(part.field("key") ?? name).text];
  }
  const part = pattern.parts.find((one) => one.holds(name));
  const rest = part && pathTo(part, name);
  if (!rest) return undefined;
  return /^(pattern_list|tuple_pattern|list_pattern|array_pattern)$/.test(pattern.kind)
    ? [part.position, ...rest]
    : rest;
}

function turnsOf(project: Project, over: Node, depth = 0): Turn[] | undefined {
  const source = project.resolver.source(over);
  const expr = project.language.expr(source);
  if (depth > 4) return undefined;
  if (expr.type === "inner") return turnsOf(project, expr.node, depth + 1);
  if (expr.type === "list") return expr.items;
  if (expr.type === "object") return expr.entries.map(({ key }) => key);
  const call = expr.type === "call" ? project.call(source) : undefined;
  const [, view] =
    /^(?:Object\.)?(items|entries|values|keys)$/.exec(call?.callee.text.replace(/^.*\.(?=\w+$)/, "") ?? "") ?? [];
  if (!call) return undefined;
  const first = call.arg(0);
  if (view) return viewOf(project, /^Object\./.test(call.callee.text) ? first : call.receiver, view);
  if (call.is(/^enumerate$/) && first) return turnsOf(project, first, depth + 1)?.map((turn, i) => [String(i), turn]);
  return call.is(COPIES) && first ? turnsOf(project, first, depth + 1) : undefined;
}

/** What `.items()`, `Object.keys` and their kin give of a table. */
function viewOf(project: Project, table: Node | undefined, view: string): Turn[] | undefined {
  const source = table && project.resolver.source(table);
  const expr = source && project.language.expr(source);
  if (expr?.type !== "object") return undefined;
  return expr.entries.map(({ key, value }) => (view === "keys" ? key : view === "values" ? value : [key, value]));
}

function pick(project: Project, turn: Turn, path: readonly (string | number)[]): Turn | undefined {
  let at: Turn | undefined = turn;
  for (const step of path) {
    if (at === undefined || typeof at === "string") return undefined;
    if (isNode(at)) {
      const source: Node = project.resolver.source(at);
      const expr = project.language.expr(source);
      if (typeof step === "string") at = project.resolver.property(source, step);
      else at = expr.type === "list" ? expr.items[step] : undefined;
    } else at = typeof step === "number" ? at[step] : undefined;
  }
  return at;
}

function textOf(project: Project, turn: Turn | undefined): string | undefined {
  if (typeof turn === "string") return turn;
  return turn && isNode(turn) ? project.values.text(turn) : undefined;
}

function isNode(turn: Turn): turn is Node {
  return typeof turn === "object" && "kind" in turn;
}
