import type { Decision } from "../../model/decision.ts";
import { absent, earlier, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { type Condition, conditionsOf } from "./conditions.ts";

/** A limit on passwords that a schema sets. */
export interface SchemaPolicy {
  at: Node;
  origin: Decision["origin"];
  min?: Node | number | undefined;
  max?: Node | undefined;
  /** Kinds of characters are asked for. */
  classes?: boolean;
}

const CLASSES = /isdigit|isupper|islower|isalpha|\[A-Z\]|\[a-z\]|\[0-9\]|\\d|\\W|symbol|uppercase|special/;

/** Topic `password-policy`: `min 8, max 128, classes`; nothing for an app without passwords. */
export function passwordPolicy(project: Project, schemas: readonly SchemaPolicy[], ready: Sighting[]): Sighting[] {
  if (ready.length > 0) return ready;
  const policies = [
    ...schemas.flatMap((schema) => fromSchema(project, schema)),
    ...byHand(project),
    ...byHelper(project),
  ].sort((a, b) => earlier(a.at as Node, b.at as Node));
  const [first] = policies;
  if (first) return [first];
  const [longest] = [...schemas.flatMap((schema) => longestOfSchema(project, schema)), ...longestByHand(project)].sort(
    (a, b) => earlier(a.at as Node, b.at as Node),
  );
  if (longest) return [longest];
  return project.mentions("password") > 0 ? [absent()] : [];
}

function text(min: number | undefined, max: number | undefined, classes: boolean): string {
  return [min !== undefined && `min ${min}`, max !== undefined && `max ${max}`, classes && "classes"]
    .filter(Boolean)
    .join(", ");
}

function fromSchema(project: Project, { at, origin, min, max, classes }: SchemaPolicy): Sighting[] {
  const low = typeof min === "number" ? min : min && project.values.number(min);
  const high = max && project.values.number(max);
  const asks = classes ?? false;
  if ((low === undefined || low <= 1) && !asks) return [];
  return [{ choice: text(low, high, asks), origin, at }];
}

/** What keeps shorter ones out alone is no greatest length but a test of strength. */
const LEAST_LONGEST = 16;
/** A password is asked for again at every login; what is refused there was let in before, or never was. */
const LOGIN = /log_?in|sign_?in|credential|verif|check|compare|authenticat|matches/i;

function longestOfSchema(project: Project, { at, origin, max }: SchemaPolicy): Sighting[] {
  const high = max && project.values.number(max);
  const holder = at.within("class_definition", "variable_declarator", "assignment");
  const name = (holder?.field("name") ?? holder?.field("left"))?.text ?? "";
  return high === undefined || LOGIN.test(`${name} ${functionAround(at)}`)
    ? []
    : [{ choice: text(undefined, high, false), origin, at }];
}

/** `if (Buffer.byteLength(password) > 72) throw ...` where no least length is asked for. */
function longestByHand(project: Project): Sighting[] {
  const read: Reading = { isLength: lengthOfPassword, number: (node) => project.values.number(node) };
  return conditionsOf(project).flatMap((condition): Sighting[] => {
    const { node } = condition;
    if (!isLimit(condition, lengthOfPassword) || !isRefused(node) || LOGIN.test(functionAround(node))) return [];
    const max = bound(condition, "max", read);
    return max === undefined || max < LEAST_LONGEST
      ? []
      : [{ choice: text(undefined, max, false), origin: "hand-written", at: node }];
  });
}

/** Whether the branch that a comparison opens turns the caller away, rather than cutting the password short. */
function isRefused(node: Node): boolean {
  const statement = node.within("if_statement");
  const then = statement?.field("condition")?.holds(node) ? (statement.field("consequence")?.text ?? "") : "";
  return (
    /\b(throw|raise|abort)\b|\bstatus(_code)?\W{1,3}4\d\d|too.?long|error|problem|invalid|refuse/i.test(then) ||
    /^\W*return(\s+(false|null|None|undefined))?\W*$/i.test(then)
  );
}

/** What the function around a node is called, and the route that it answers where that stands beside it. */
function functionAround(node: Node): string {
  const fn = node.within(...node.file.language.functionKinds);
  const name = (fn?.field("name") ?? fn?.parent?.field("name"))?.text;
  const decorators = fn?.parent?.parts.filter(({ kind }) => kind === "decorator") ?? [];
  const registered = fn?.parent?.kind === "arguments" ? fn.parent.parts[0] : undefined;
  const ofFile = /(^|\/)(route\.\w+|pages\/api\/.+)$/.test(node.file.path) ? node.file.path : "";
  return [name, registered?.text, ...decorators.map(({ text }) => text), ofFile].join(" ");
}

const BYTES_OF =
  /^(?:len\((.+?)\.encode\([^()]*\)\)|Buffer\.byteLength\(([^(),]+)(?:,.*)?\)|new TextEncoder\(\)\.encode\((.+)\)\.(?:length|byteLength))$/;

/** A length in bytes, as that of the text itself. */
function inCharacters(node: Node): string {
  const [, inPython, inNode, inScript] = BYTES_OF.exec(node.text) ?? [];
  const measured = inNode ?? inScript;
  return inPython ? `len(${inPython})` : measured ? `${measured}.length` : node.text;
}

function lengthOfPassword(node: Node): boolean {
  return /^len\(.*passw(or)?d\w*["'\])]*\)$|passw(or)?d\w*["'\])]*!?\??\.length$|^len\((pw|pwd)\)$/i.test(
    inCharacters(node),
  );
}

/** `len(password) < 8` and its kin. */
function byHand(project: Project): Sighting[] {
  const read: Reading = { isLength: lengthOfPassword, number: (node) => project.values.number(node) };
  const limits = conditionsOf(project).filter((condition) => isLimit(condition, lengthOfPassword));
  return limits.flatMap((condition): Sighting[] => {
    const min = bound(condition, "min", read);
    if (min === undefined || min <= 1) return [];
    const scope = condition.node.within(...project.language.functionKinds) ?? condition.node.file.root;
    const max = limits
      .filter((other) => scope.holds(other.node))
      .map((other) => bound(other, "max", read))
      .find((value) => value !== undefined);
    const classes = scope.text.split("\n").some((line) => CLASSES.test(line) && /passw(or)?d|\bpw\b|value/i.test(line));
    return [{ choice: text(min, max, classes), origin: "hand-written", at: condition.node }];
  });
}

/** A helper that holds any text to a length, where it is called for a password: `text(value, "password", 8, 72)`. */
function byHelper(project: Project): Sighting[] {
  const helpers = new Map<Node, Condition[]>();
  for (const condition of conditionsOf(project)) {
    const fn = condition.node.within(...project.language.functionKinds);
    if (fn && condition.how === "order") helpers.set(fn, [...(helpers.get(fn) ?? []), condition]);
  }
  return [...helpers].flatMap(([fn, conditions]) => {
    const names = parametersOf(fn);
    if (!conditions.some((one) => isLimit(one, (node) => measured(node, names) !== undefined))) return [];
    return project.callSites(fn).flatMap((site): Sighting[] => {
      const call = project.call(site);
      if (!call) return [];
      const given = (name: string) =>
        call.option(name) ?? (names.includes(name) ? call.arg(names.indexOf(name)) : undefined);
      // It is this argument that the password is, or one that a text beside it calls so: `f(email, password)` may measure the email.
      const isCalledSo = call.args.some(({ value }) => /^["'`].*passw(or)?d.*["'`]$/i.test(value.text));
      const read: Reading = {
        isLength: (node) => {
          const name = measured(node, names);
          return name !== undefined && (isCalledSo || /passw(or)?d/i.test(given(name)?.text ?? ""));
        },
        number: (node) => project.values.number(given(node.text) ?? node),
      };
      const [min, max] = (["min", "max"] as const).map((kind) =>
        conditions
          .filter((one) => isLimit(one, read.isLength))
          .map((one) => bound(one, kind, read))
          .find((value) => value !== undefined),
      );
      return min === undefined || min <= 1 ? [] : [{ choice: text(min, max, false), origin: "hand-written", at: site }];
    });
  });
}

function parametersOf(fn: Node): string[] {
  const names = (fn.field("parameters")?.parts ?? []).map(
    (part) =>
      (part.field("pattern") ?? part.field("name") ?? (part.kind === "identifier" ? part : part.parts[0]))?.text ?? "",
  );
  return /^(self|cls)$/.test(names[0] ?? "") ? names.slice(1) : names;
}

/** The parameter that an expression is the length of. */
function measured(node: Node, names: readonly string[]): string | undefined {
  const [, inPython, inScript] =
    /^(?:len\((\w+)(?:\.strip\(\))?\)|(\w+)(?:\.trim\(\))?\.length)$/.exec(inCharacters(node)) ?? [];
  return names.find((name) => name === (inPython ?? inScript));
}

const isLimit = ({ how, tested, against }: Condition, isLength: (node: Node) => boolean) =>
  how === "order" && (isLength(tested) || isLength(against));

/** Which expressions are the length in question, and what number another is. */
interface Reading {
  isLength: (node: Node) => boolean;
  number: (node: Node) => number | undefined;
}

/** The least or greatest length that a comparison lets through: one that refuses, or one whose truth is the answer. */
function bound({ node, tested, against, operator }: Condition, kind: "min" | "max", read: Reading): number | undefined {
  const isLeft = read.isLength(tested);
  const limit = read.number(isLeft ? against : tested);
  const less = operator.startsWith("<") === isLeft;
  const orEqual = operator.endsWith("=");
  if (limit === undefined) return undefined;
  if (saysYes(node)) {
    if (less !== (kind === "max")) return undefined;
    return orEqual ? limit : kind === "min" ? limit + 1 : limit - 1;
  }
  if (less !== (kind === "min")) return undefined;
  return orEqual ? (kind === "min" ? limit + 1 : limit - 1) : limit;
}

const REFUSING_NAME = /weak|short|too_?long|bad|invalid|illegal|error|problem|reject|refuse/i;

/**
 * Whether a comparison is true of what is let in. It is when a function gives it back, or a variable holds it, that is
 * not named for a fault, when it is asserted, and when a refusal is under its opposite. A range from one bound to another is what is let in.
 */
function saysYes(node: Node): boolean {
  if (isRange(node)) return true;
  let isTurned = false;
  let at = node.parent;
  for (; at && isPassedThrough(at); at = at.parent) if (isOpposite(at)) isTurned = !isTurned;
  if (!at) return false;
  if (/^(variable_declarator|assignment)$/.test(at.kind))
    return REFUSING_NAME.test((at.field("name") ?? at.field("left"))?.text ?? "") === isTurned;
  const isReturned = at.kind === "return_statement" || (at.kind === "arrow_function" && at.field("body")?.holds(node));
  if (!isReturned) return isTurned ? isRefused(node) : at.kind === "assert_statement";
  const fn = at.kind === "arrow_function" ? at : at.within(...at.file.language.functionKinds);
  const name = fn?.field("name")?.text ?? fn?.parent?.field("name")?.text ?? "";
  return REFUSING_NAME.test(name) === isTurned;
}

/** `8 <= len(password) <= 72`. */
function isRange(node: Node): boolean {
  return node.kind === "comparison_operator" && node.parts.length === 3;
}

function isOpposite(node: Node): boolean {
  return node.kind === "not_operator" || (node.kind === "unary_expression" && node.text.startsWith("!"));
}

/** Parentheses, conjunctions, and the opposite of a whole; a disjunction only under an opposite would change the answer. */
function isPassedThrough(node: Node): boolean {
  return (
    node.kind === "parenthesized_expression" ||
    isOpposite(node) ||
    /^(and|&&)$/.test(node.field("operator")?.text ?? "")
  );
}
