import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import type { Duration } from "./durations.ts";

/** The life of one kind of token. */
export interface KindLife {
  isRefresh: boolean;
  /** Reads it; undefined where it cannot be read. */
  read: () => Duration | undefined;
  at: Node;
}

/** One thing that an expression can stand for, and for which kind of token. */
interface Variant {
  /** The part of the expression that differs by kind. */
  part: Node;
  value: Node;
  /** The words that tell the kind. */
  words: string;
}

/** Tokens for confirming an address or a new password are not the ones that callers log in with. */
export const ASIDE = /confirm|reset|invite|forgot|unsubscribe|verif(y|ication)_?[Ee]mail|email_?[Vv]erif/i;
const MAX_DEPTH = 4;

/**
 * The lives that an expression gives to several kinds of tokens: looked up in a table by the kind, chosen by a
 * condition on it, or passed by the calls. Empty when it does not tell kinds apart. `read` reads a life of an expression.
 */
export function livesByKind(
  project: Project,
  expression: Node,
  read: (node: Node) => Duration | undefined,
): KindLife[] {
  const variants = variantsOf(project, expression, 0);
  if (variants.length < 2) return [];
  return variants
    .filter(({ words }) => !ASIDE.test(words))
    .map(({ part, value, words }) => ({
      isRefresh: /refresh/i.test(words),
      read: () => (part === expression ? read(value) : project.values.assuming(part, value, () => read(expression))),
      at: value,
    }));
}

function variantsOf(project: Project, expression: Node, depth: number): Variant[] {
  if (depth > MAX_DEPTH) return [];
  for (const node of expression.walk()) {
    const found = lookUp(project, node) ?? chosen(project, node) ?? further(project, node, depth);
    if (found && found.length > 0) return found;
  }
  return [];
}

/** `LIVES[kind]`, `LIVES.get(kind)`, and `KINDS[kind].life`. */
function lookUp(project: Project, node: Node): Variant[] | undefined {
  const expr = project.language.expr(node);
  if (expr.type === "member") {
    const rows = lookUp(project, expr.object);
    return rows?.flatMap(({ value, words }) => {
      const cell = project.resolver.property(project.resolver.source(value), expr.property);
      return cell ? [{ part: node, value: cell, words }] : [];
    });
  }
  const call = expr.type === "call" ? project.call(node) : undefined;
  const [object, key] =
    expr.type === "index"
      ? [expr.object, expr.index]
      : call?.method === "get" && call.args.length <= 2
        ? [call.receiver, call.arg(0)]
        : [];
  const entries = object && key && project.values.text(key) === undefined ? entriesOf(project, object) : undefined;
  if (!entries || !key) return undefined;
  const asked = askedFor(project, key);
  // A table by environment or customer is none of kinds.
  if (!asked && !entries.some((entry) => /access|refresh/i.test(entry.key))) return undefined;
  return entries
    .filter((entry) => !asked || asked.includes(entry.key))
    .map((entry) => ({ part: node, value: entry.value, words: entry.key }));
}

function entriesOf(project: Project, table: Node, depth = 0): { key: string; value: Node }[] | undefined {
  const source = project.resolver.source(table);
  const expr = project.language.expr(source);
  if (depth > MAX_DEPTH) return undefined;
  if (expr.type === "inner") return entriesOf(project, expr.node, depth + 1);
  if (expr.type === "object") return expr.entries;
  const first = expr.type === "call" ? expr.args[0]?.value : undefined;
  if (expr.type !== "call" || !first) return undefined;
  if (/^Object\.freeze$|MappingProxyType$/.test(expr.callee.text)) return entriesOf(project, first, depth + 1);
  const rows = expr.callee.text === "Map" ? project.language.expr(first) : undefined;
  if (rows?.type !== "list") return undefined;
  return rows.items.flatMap((row) => {
    const pair = project.language.expr(row);
    const [key, value] = pair.type === "list" ? pair.items : [];
    return key && value ? [{ key: project.values.text(key) ?? key.text, value }] : [];
  });
}

/** The kinds that the app's calls ask for; undefined when that cannot be told. */
function askedFor(project: Project, key: Node): string[] | undefined {
  const binding = project.resolver.binding(key);
  const passed = binding?.kind === "parameter" ? project.resolver.passed(binding) : [];
  const texts = passed.map((value) => project.values.text(value));
  const known = texts.filter((text) => text !== undefined);
  return known.length > 0 && known.length === texts.length ? known : undefined;
}

/** `kind === "refresh" ? "7d" : "15m"`. */
function chosen(project: Project, node: Node): Variant[] | undefined {
  const expr = project.language.expr(node);
  if (expr.type !== "either" || expr.operator !== "if" || !expr.condition) return undefined;
  const [then, otherwise] = expr.options;
  const { text } = expr.condition;
  const isOfRefresh = /refresh/i.test(text);
  if (!then || !otherwise || !(isOfRefresh || /\baccess\b/i.test(text))) return undefined;
  const isTurned = /!=|\bnot\b|^\(*!/.test(text);
  const [yes, no] = isTurned ? [otherwise, then] : [then, otherwise];
  // What is not an access token is a refresh token only in an app that has them.
  const other = /refresh/i.test(node.file.text) ? "refresh" : "other";
  return [
    { part: node, value: yes, words: isOfRefresh ? "refresh" : "access" },
    { part: node, value: no, words: isOfRefresh ? "access" : other },
  ];
}

/** Behind a name: what it was given, or what each call passes for it. */
function further(project: Project, node: Node, depth: number): Variant[] | undefined {
  const expr = project.language.expr(node);
  if (expr.type === "call") {
    const own = project.call(node)?.own;
    const isFunction = own !== undefined && project.language.functionKinds.includes(own.kind);
    return isFunction
      ? project.language.returned(own).flatMap((one) => variantsOf(project, one, depth + 1))
      : undefined;
  }
  const binding = expr.type === "name" ? project.resolver.binding(node) : undefined;
  if (binding?.kind === "value" && binding.value && binding.path.length === 0)
    return variantsOf(project, binding.value, depth + 1);
  if (binding?.kind !== "parameter" || !binding.fn || binding.path.length > 0) return undefined;
  const variants = project.resolver
    .passed(binding)
    .map((value): Variant => ({ part: node, value, words: wordsAround(value) }));
  return variants.some(({ words }) => /refresh/i.test(words)) ? variants : undefined;
}

/** What a call is written for: its own words, the name that its result is given, and its function's. */
function wordsAround(value: Node): string {
  const statement = value.within(
    "expression_statement",
    "variable_declarator",
    "assignment",
    "pair",
    "return_statement",
  );
  const fn = value.within(...value.file.language.functionKinds);
  const holder = fn?.parent?.kind === "variable_declarator" ? fn.parent : fn;
  const around = /\brefresh/i.test(statement?.text ?? "") || !holder ? "" : (holder.field("name")?.text ?? "");
  return `${around} ${statement?.text ?? value.text}`;
}
