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

function lengthOfPassword(node: Node): boolean {
  return /^len\(.*passw(or)?d\w*["'\])]*\)$|passw(or)?d\w*["'\])]*!?\??\.length$|^len\((pw|pwd)\)$/i.test(node.text);
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
    /^(?:len\((\w+)(?:\.strip\(\))?\)|(\w+)(?:\.trim\(\))?\.length)$/.exec(node.text) ?? [];
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

const isBoth = (node: Node) =>
  node.kind === "parenthesized_expression" || /^(and|&&)$/.test(node.field("operator")?.text ?? "");
const REFUSING_NAME = /weak|short|too_?long|bad|invalid|illegal|error|problem|reject|refuse/i;

/** Whether a comparison, or its conjunction with others, is what a function returns: true is yes, unless it is named for a fault. */
function saysYes(node: Node): boolean {
  let at = node.parent;
  while (at && isBoth(at)) at = at.parent;
  const isReturned =
    at?.kind === "return_statement" || (at?.kind === "arrow_function" && at.field("body")?.holds(node));
  if (!at || !isReturned) return false;
  const fn = at.kind === "arrow_function" ? at : at.within(...at.file.language.functionKinds);
  const name = fn?.field("name")?.text ?? fn?.parent?.field("name")?.text ?? "";
  return !REFUSING_NAME.test(name);
}
