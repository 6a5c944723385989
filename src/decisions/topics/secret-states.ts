import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { runsOnRequestOnly } from "../source/requests.ts";
import { settled, type Value } from "../source/value.ts";

/** What becomes of an app without the secret. `required when used`: it starts, and fails at the first request that needs it. */
export type SecretState = "required" | "required when used" | "random" | "default" | "optional";

/** Random values, in the words of both languages. */
export const RANDOM =
  /token_(hex|urlsafe|bytes)|randomBytes|randomUUID|uuid4?|urandom|random_key|get_random_secret_key|getRandomValues/;
const THROWS = /\b(raise|throw|sys\.exit|process\.exit|SystemExit|os\._exit|exit\()/;
const ANSWERS = /HTTPException|HttpError|HttpException|abort\(|res\.|status\(|Response|ctx\.|reply|return\b/;
const MAX_DEPTH = 2;

/** A place that reads a secret, and the whole expression with its fallback. */
export interface Reading {
  node: Node;
  value: Value & { kind: "setting" };
  whole: Node;
  /** The variable that it is given to, where that is not plain from what is around it. */
  name?: string;
}

/** What stands in for a missing secret. */
type Fallback = "random" | "default" | "nothing" | "refuses" | "unknown";

export function stateOf(project: Project, reading: Reading): SecretState {
  const { node, value, whole } = reading;
  const written = [...fallbacksIn(project, node, whole), ...laterFallbacks(project, reading)];
  const fallbacks = written.map((fallback) => ({ fallback, kind: fallbackKind(project, fallback, 0) }));
  const has = (kind: Fallback) => fallbacks.some((one) => one.kind === kind);
  if (has("random")) return "random";
  const outer = whole === node ? value : project.values.value(whole);
  const known = settled((outer.kind === "setting" ? outer.fallback : undefined) ?? value.fallback ?? value);
  if (has("default") || (known?.kind === "text" && known.text !== "")) return "default";
  const refusals = [
    ...fallbacks.flatMap(({ fallback, kind }) => (kind === "refuses" ? [fallback] : [])),
    ...(refusesItself(project, node) ? [node] : []),
    ...checksOf(reading),
  ];
  if (refusals.length > 0)
    return refusals.every((refusal) => runsOnRequestOnly(project, refusal)) ? "required when used" : "required";
  return has("unknown") ? "default" : "optional";
}

/** The fallbacks of the expression itself: after `??` or `or`, in the other branch, or as the getter's default. */
function fallbacksIn(project: Project, node: Node, whole: Node): Node[] {
  const out: Node[] = [];
  for (let at = node; at !== whole && at.parent; at = at.parent) {
    const expr = project.language.expr(at.parent);
    if (expr.type !== "either") continue;
    const others = expr.options.filter((option) => option !== at);
    // A branch that something else decides, such as a test run, says little of what a missing secret does.
    const isDecided = expr.operator === "or" || testOf(expr.condition?.text ?? "", [node.text]) !== undefined;
    out.push(...others.filter((other) => isDecided || RANDOM.test(other.text)));
  }
  const call = project.call(node);
  const given = call?.option("default") ?? call?.arg(1);
  return given && fallbackKind(project, given, 0) === "random" ? [...out, given] : out;
}

function fallbackKind(project: Project, node: Node, depth: number): Fallback {
  const own = project.call(node)?.own;
  if (!own && RANDOM.test(node.text)) return "random";
  const value = settled(project.values.value(node));
  if (value?.kind === "text") return value.text === "" ? "nothing" : "default";
  if (value?.kind === "nothing") return "nothing";
  const expr = project.language.expr(node);
  if (expr.type === "inner") return fallbackKind(project, expr.node, depth);
  if (expr.type === "name" && depth <= MAX_DEPTH) {
    const binding = project.resolver.binding(node);
    const given = binding?.kind === "value" && binding.value ? [binding.value, ...binding.more] : [];
    return given.some((one) => fallbackKind(project, one, depth + 1) === "random") ? "random" : "unknown";
  }
  if (!own || depth > MAX_DEPTH || !project.language.functionKinds.includes(own.kind)) return "unknown";
  const results = project.language.returned(own);
  if (results.length === 0) return THROWS.test(own.text) ? "refuses" : "nothing";
  const kinds = results.map((result) => fallbackKind(project, result, depth + 1));
  // A secret that is made once and kept is read back from where it is kept.
  if (kinds.includes("random") || RANDOM.test(own.text)) return "random";
  return kinds.includes("default") ? "default" : "unknown";
}

/** The fallbacks that stand apart: given back or assigned where the value was found missing, or after `??` on its name. */
function laterFallbacks(project: Project, { node, value, whole, name: given }: Reading): Node[] {
  const holder = holderOf(whole);
  const name = given ?? (holder && nameOf(holder));
  const subjects = [name, node.text, whole.text].filter((text): text is string => text !== undefined && text !== "");
  const scope = (holder ?? node).within(...project.language.functionKinds) ?? node.file.root;
  const isSecret = (at: Node) => {
    const found = project.values.value(at);
    return found.kind === "setting" && found.name === value.name;
  };
  // A branch that also stops the app does so where it matters; what it gives elsewhere is for development.
  const branches = scope
    .all("if_statement")
    .flatMap((statement) => branchWithout(statement, subjects))
    .filter((branch) => !THROWS.test(branch.text));
  const assigned = branches
    .flatMap((branch) => branch.all("assignment", "assignment_expression"))
    .filter((assignment) => name !== undefined && assignment.field("left")?.text === name)
    .flatMap((assignment) => assignment.field("right") ?? []);
  const results = project.language.functionKinds.includes(scope.kind) ? project.language.returned(scope) : [];
  const returned = results.filter((result) => branches.some((branch) => branch.holds(result)));
  const givesSecret = results.some((result) => !returned.includes(result) && isSecret(result));
  const chosen = name === undefined ? [] : choicesBeside(project, scope, name, subjects, isSecret);
  return [...assigned, ...(givesSecret ? returned : []), ...chosen];
}

/** `secret ?? fallback` and `secret ? secret : fallback`, where `secret` is the name that the reading was given. */
function choicesBeside(
  project: Project,
  scope: Node,
  name: string,
  subjects: readonly string[],
  isSecret: (at: Node) => boolean,
): Node[] {
  return scope.walk().flatMap((at): Node[] => {
    const expr = project.language.expr(at);
    if (expr.type !== "either") return [];
    const [first, second] = expr.options;
    if (!first || !second) return [];
    if (expr.operator === "or") return first.text === name ? [second] : [];
    const tests = expr.condition && testOf(expr.condition.text, subjects);
    const [kept, other] = tests === "missing" ? [second, first] : [first, second];
    return tests && isSecret(kept) ? [other] : [];
  });
}

/** What an `if` runs when the value is missing: its branch for that, or what follows when the other one leaves. */
function branchWithout(statement: Node, subjects: readonly string[]): Node[] {
  const tests = testOf(statement.field("condition")?.text ?? "", subjects);
  const then = statement.field("consequence");
  if (tests === "missing") return then ? [then] : [];
  if (tests !== "present") return [];
  const otherwise = statement.field("alternative");
  if (otherwise) return [otherwise];
  const siblings = statement.parent?.parts ?? [];
  return /\breturn\b/.test(then?.text ?? "") ? siblings.slice(siblings.indexOf(statement) + 1) : [];
}

/** Whether a condition holds because a value is missing, or because it is there. */
function testOf(condition: string, subjects: readonly string[]): "missing" | "present" | undefined {
  const escaped = subjects.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const subject = `(?<![\\w.])(?:${escaped})(?:\\??\\.(?:trim|strip)\\(\\))?(?![\\w.([])`;
  const nothing = `(?:undefined|null|None|""|'')(?!\\w)`;
  const missing = [
    `(?:!|\\bnot\\s+)\\(?${subject}`,
    `${subject}\\s*(?:===?|is)\\s*${nothing}`,
    `typeof\\s+${subject}\\s*===?\\s*["']undefined["']`,
  ];
  if (new RegExp(missing.join("|")).test(condition)) return "missing";
  const there = [`^\\(*${subject}\\)*$`, `${subject}\\s*(?:!==?|is\\s+not)\\s*${nothing}`];
  return new RegExp(there.join("|")).test(condition) ? "present" : undefined;
}

const HOLDERS = ["assignment", "variable_declarator", "pair"];
const PICKS = /^(filter|find|some|every|map|flatMap)$/;

/** What a value is given to, within its own function or through the function of a `filter` or `map`. */
function holderOf(whole: Node): Node | undefined {
  const { functionKinds } = whole.file.language;
  for (let at = whole.parent; at; at = at.parent) {
    if (HOLDERS.includes(at.kind)) return at;
    const method = at.parent?.parent?.field("function")?.field("property")?.text ?? "";
    if (functionKinds.includes(at.kind) && !PICKS.test(method)) return undefined;
  }
  return undefined;
}

/** Where the name of a holder counts: a variable's in its function, a property's everywhere. */
function reachOf(holder: Node | undefined, file: Node): Node {
  const isVariable = /^\w+$/.test((holder?.field("left") ?? holder?.field("name"))?.text ?? "");
  return (isVariable && holder?.within(...holder.file.language.functionKinds)) || file;
}

function nameOf(holder: Node): string | undefined {
  return (holder.field("left") ?? holder.field("name") ?? holder.field("key"))?.text.replace(/^.*\./, "");
}

/** `os.environ["X"]`, `getOrThrow`, and helpers of the app that stop without a value. */
function refusesItself(project: Project, node: Node): boolean {
  const expr = project.language.expr(node);
  if (expr.type === "index") return project.language.id === "python";
  const call = project.call(node);
  if (!call) return false;
  if (
    call.is(/getOrThrow$|^env-var\.get/) ||
    (call.is(/^(decouple\.config|starlette\.config\.Config\(\)|environ\.Env\(\)|environs\.Env\(\)(\.\w+)?)$/) &&
      !call.option("default"))
  )
    return true;
  const { own } = call;
  return own !== undefined && stops(project, own, 0);
}

function stops(project: Project, fn: Node, depth: number): boolean {
  if (THROWS.test(fn.text)) return true;
  if (depth >= MAX_DEPTH) return false;
  return fn.all(...project.language.callKinds).some((node) => {
    const own = project.call(node)?.own;
    return own !== undefined && own !== fn && stops(project, own, depth + 1);
  });
}

/** Every `if` that stops the app when the value is missing: over the reading itself, its name, or what holds it. */
function checksOf({ node, value, whole, name: given }: Reading): Node[] {
  const holder = holderOf(whole);
  const name = given ?? (holder && nameOf(holder));
  const reach = reachOf(holder, node.file.root);
  const asWord = (word: string | undefined) =>
    word !== undefined && /^\w+$/.test(word) ? new RegExp(`\\b${word}\\b`) : undefined;
  const [held, setting] = [asWord(name), asWord(value.name)];
  // `missing = [name for name in NAMES if not environ.get(name)]` is a list of what is not there.
  const around = holder?.text.slice(0, holder.text.indexOf(whole.text)) ?? "";
  const isListOfMissing = /(\bnot\s+|!)\(?$/.test(around);
  return node.file.root.all("if_statement").filter((statement) => {
    const condition = statement.field("condition");
    const text = condition?.text ?? "";
    const then = statement.field("consequence")?.text ?? "";
    const isAbout = condition?.holds(node) || setting?.test(text) || (reach.holds(statement) && held?.test(text));
    return (
      isAbout &&
      (/not |!|None|undefined|null|len\(|length|Length|<|==/.test(text) || isListOfMissing) &&
      THROWS.test(then) &&
      !ANSWERS.test(then)
    );
  });
}

/** Whether a reading is only tested for being there, its value used by nothing. */
export function isOnlyTested(project: Project, { whole }: Reading): boolean {
  let at = whole;
  for (let { parent } = at; parent; at = parent, { parent } = at) {
    if (/^(if_statement|ternary_expression|while_statement|conditional_expression)$/.test(parent.kind))
      return parent.field("condition") === at || (parent.kind === "conditional_expression" && parent.parts[1] === at);
    const isTest =
      /^(parenthesized_expression|unary_expression|not_operator|comparison_operator|boolean_operator)$/.test(
        parent.kind,
      ) ||
      (parent.kind === "binary_expression" &&
        /^([!=]==?|[<>]=?|&&|\|\|)$/.test(parent.field("operator")?.text ?? "")) ||
      (project.language.expr(parent).type === "member" &&
        /^(trim|strip|length)$/.test(parent.parts.at(-1)?.text ?? "")) ||
      (project.call(parent)?.callee === at && at !== whole);
    if (!isTest) return false;
  }
  return false;
}
