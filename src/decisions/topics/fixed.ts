import type { Binding } from "../source/expr.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

const NUMERIC = /^(int|float|len|min|max|round|abs|bool|Number|parseInt|parseFloat|Number\.\w+|Math\.\w+|id)$/;
const SAME_TEXT =
  /^(upper|lower|strip|trim|toUpperCase|toLowerCase|toString|slice|values|keys|items|concat|reverse|filter|sort|repeat|flat|replace|rstrip|lstrip|removesuffix)$/;
const CLOSED_TYPE = /\b(int|float|bool|number|boolean|Literal|Enum|Order|Sort\w*|keyof|Direction)\b|^:?\s*["']/;
/** A schema's field that lets only listed words or numbers through. */
const CLOSED_FIELD =
  /\b(enum|nativeEnum|picklist|literal|Literal|oneOf|valid)\(|\bz(\.coerce)?\.(number|int|boolean)\(/;
const MAX_DEPTH = 14;

/**
 * Whether a text can only be what the app's authors wrote: literals, numbers, choices among literals, and names that
 * are tested against an allow-list. Anything that is not sure is not fixed.
 */
export function isFixed(project: Project, node: Node, depth = 0, seen: ReadonlySet<Node> = new Set()): boolean {
  if (depth > MAX_DEPTH || seen.has(node)) return seen.has(node);
  const inside = new Set([...seen, node]);
  const next = (child: Node) => isFixed(project, child, depth + 1, inside);
  const expr = project.language.expr(node);
  switch (expr.type) {
    case "string":
    case "number":
    case "boolean":
    case "null":
      return true;
    case "inner":
      return next(expr.node);
    case "template":
      return expr.parts.every((part) => typeof part === "string" || next(part));
    case "binary":
      return /^[-*/]{1,2}$|^%$/.test(expr.operator) && expr.operator !== "%"
        ? true
        : next(expr.left) && next(expr.right);
    case "list":
      return expr.items.every(next);
    case "object":
      return expr.entries.every((entry) => next(entry.value)) && expr.spreads.every(next);
    case "either":
      return expr.options.every(
        (option) => next(option) || (expr.condition !== undefined && isGuard(expr.condition, option.text)),
      );
    case "index":
      return next(expr.object);
    case "name":
      return isGuarded(project, node, expr.name) || isFixedName(project, node, depth, inside);
    case "member": {
      if (isGuarded(project, node, node.text)) return true;
      const declared = declaredType(project, expr.object, expr.property);
      if (declared !== undefined) return CLOSED_TYPE.test(declared);
      const source = project.resolver.source(node);
      if (source !== node) return next(source);
      const written = project.fields(expr.property);
      return written.length > 0 && written.every(next);
    }
    case "call":
      return isFixedCall(project, node, next);
    case "function":
      return project.language.returned(node).every(next);
    case "other":
      return isFixedComprehension(node, next);
  }
}

/** The words of the type that a model's field has, and of what an alias of a type stands for. */
function declaredType(project: Project, object: Node, property: string): string | undefined {
  const meaning = project.resolver.meaning(object);
  const annotation =
    meaning.kind === "instance" ? project.resolver.attribute(meaning.cls, property)?.annotation : undefined;
  if (!annotation) return undefined;
  const names = annotation.all("identifier", "type_identifier");
  return [annotation.text, ...names.map((name) => project.resolver.source(name).text.slice(0, 200))].join(" ");
}

function isFixedComprehension(node: Node, next: (child: Node) => boolean): boolean {
  if (!/comprehension|generator_expression/.test(node.kind)) return false;
  const body = node.field("body") ?? node.parts[0];
  return body !== undefined && next(body);
}

function isFixedCall(project: Project, node: Node, next: (child: Node) => boolean): boolean {
  const call = project.call(node);
  if (!call) return false;
  if (CLOSED_FIELD.test(node.text)) return true;
  if (NUMERIC.test(call.name ?? "") || NUMERIC.test(call.callee.text)) return true;
  if (
    call.is(
      /^(String|String\.raw|str|list|tuple|sorted|set|Array\.from|Object\.(keys|values|entries|freeze)|Object\.fromEntries|Set|Map)$/,
    )
  )
    return call.args.every((arg) => next(arg.value));
  if (call.own && project.language.functionKinds.includes(call.own.kind)) {
    const returned = project.language.returned(call.own);
    return returned.length > 0 && returned.every(next);
  }
  const { receiver, method } = call;
  if (!receiver) return false;
  if (method === "join") return next(receiver) && call.args.every((arg) => next(arg.value));
  if (method === "map") return call.args.every((arg) => next(arg.value));
  if (method === "fill" || method === "repeat" || method === "format")
    return next(receiver) && call.args.every((arg) => next(arg.value));
  if (method === "get") return next(receiver) && call.args.slice(1).every((arg) => next(arg.value));
  if (/^(model_dump|dict|model_fields)$/.test(method)) return true;
  return SAME_TEXT.test(method) && next(receiver);
}

function isFixedName(project: Project, node: Node, depth: number, seen: ReadonlySet<Node>): boolean {
  const next = (child: Node) => isFixed(project, child, depth + 1, seen);
  const binding = project.resolver.binding(node);
  if (!binding) return false;
  switch (binding.kind) {
    case "value":
      return fixedValue(project, binding, next) && [...binding.more, ...addedTo(project, binding, node)].every(next);
    case "parameter": {
      if (binding.annotation && CLOSED_TYPE.test(binding.annotation.text)) return true;
      if (binding.value && /pattern|regex|ge=|le=/.test(binding.value.text)) return true;
      const passed = project.resolver.passed(binding);
      return passed.length > 0 && passed.every((value) => next(project.resolver.take(value, binding.path) ?? value));
    }
    case "item": {
      const loop = binding.node.within("for_in_clause", "for_statement", "for_in_statement");
      const over = loop?.field("right");
      return over !== undefined && next(over);
    }
    default:
      return false;
  }
}

/** Destructured values count by the part that is taken; a part that cannot be told apart counts by its name. */
function fixedValue(project: Project, binding: Binding, next: (child: Node) => boolean): boolean {
  if (!binding.value) return false;
  if (binding.path.length === 0) return next(binding.value);
  const part = project.resolver.take(binding.value, binding.path);
  if (part) return next(part);
  const last = binding.path.at(-1);
  const written = typeof last === "string" ? project.fields(last) : [];
  return written.length > 0 && written.every(next);
}

/** What `.push()`, `.append()` and the like put into a list. */
function addedTo(project: Project, binding: Binding, node: Node): Node[] {
  const scope = node.within(...project.language.functionKinds) ?? node.file.root;
  return scope.all(...project.language.callKinds).flatMap((found) => {
    const call = project.call(found);
    const isAdding =
      call && /^(push|append|extend|unshift|insert|add)$/.test(call.method) && call.receiver?.text === binding.name;
    return isAdding ? call.args.map((arg) => arg.value) : [];
  });
}

/** Whether a condition tests a text for being one of a list. */
function isGuard(condition: Node, text: string): boolean {
  const plain = condition.text;
  if (!plain.includes(text)) return false;
  return /\bin\b|\.includes\(|\.has\(|hasOwn|\.test\(|===?/.test(plain);
}

/** Whether the function around a name refuses or replaces what is not on a list. */
function isGuarded(project: Project, node: Node, text: string): boolean {
  const scope = node.within(...project.language.functionKinds) ?? node.file.root;
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const tests = [
    new RegExp(`(^|[^\\w.])${escaped}\\s+(not\\s+)?in\\s`),
    new RegExp(`\\.(includes|has)\\(\\s*(String\\()?${escaped}\\b`),
    new RegExp(`hasOwn(Property\\.call)?\\([^()]*,\\s*${escaped}\\b`),
    new RegExp(`(match|test|fullmatch)\\(([^()]*,\\s*)?${escaped}\\s*\\)`),
  ];
  return tests.some((test) => test.test(scope.text));
}
