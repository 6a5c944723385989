import type { Decision } from "../../model/decision.ts";
import { absent, firstOfEach, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** A place where failures become answers. */
export interface ErrorHandler {
  at: Node;
  /** What runs then; undefined when it is not the app's own code. */
  body: Node | undefined;
  /** The name that the failure has there. */
  error: string;
  origin: Decision["origin"];
}

const CONDITION =
  /NODE_ENV|development|production|debug|isDev|expose|status|code|statusCode|isClient|validation|instanceof (?!Error\b)|\b500\b|\b[45]00\b|operational|isOperational|public|headersSent|safe/i;
const LOGGING =
  /\b(log(ger|ging)?|console|print|captureException|request\.log|req\.log|app\.logger|current_app\.logger|this\.logger|sentry\w*)\b/i;

/**
 * Topic `error-handling`: `central` before `per route`; `shown` when the answer tells of the failure, `unknown` when a
 * library's handler decides. Answers outside the central place that pass on a library's words stand beside it.
 */
export function errorHandling(
  project: Project,
  central: readonly ErrorHandler[],
  perRoute: readonly ErrorHandler[],
): Sighting[] {
  const words = librarysWords(project, central);
  return [...styleOf(central, perRoute), ...words];
}

function styleOf(central: readonly ErrorHandler[], perRoute: readonly ErrorHandler[]): Sighting[] {
  const handlers = central.length > 0 ? central : perRoute;
  const style = central.length > 0 ? "central" : "per route";
  const found = handlers.map(
    (handler): Sighting => ({
      choice: `${style}, ${handler.body === undefined ? "unknown" : shows(handler.body, handler.error) ? "shown" : "hidden"}`,
      origin: handler.origin,
      at: handler.at,
      confidence: handler.body === undefined ? "unknown" : "sure",
    }),
  );
  if (found.length === 0) return [absent("default")];
  const shown = found.filter(({ choice }) => choice.endsWith("shown"));
  return firstOfEach(shown.length > 0 ? shown : found).slice(0, 1);
}

/** Validators, whose words are the topic of `validation-errors`. */
const VALIDATORS =
  /^(zod|joi|yup|valibot|ajv|superstruct|class-validator|express-validator|pydantic|marshmallow|fastapi|wtforms)\b/;

/** `err instanceof multer.MulterError`, `except jwt.PyJWTError as exc`: a library's failure, answered in its own words. */
function librarysWords(project: Project, central: readonly ErrorHandler[]): Sighting[] {
  const found = [...instanceChecks(project), ...exceptClauses(project)].flatMap(({ cls, error, body }): Sighting[] => {
    const name = project.resolver.name(cls) ?? "";
    const isLibrarys = /\./.test(name) && !VALIDATORS.test(name) && !BUILT_IN.test(name);
    if (!isLibrarys || central.some((handler) => handler.body?.holds(body))) return [];
    const told = body
      .walk()
      .find(
        (node) =>
          node.text === error &&
          node.kind === "identifier" &&
          tells(node, error) &&
          isAnswered(node, body) &&
          !isLogged(node, body),
      );
    const at = told?.within("return_statement", "raise_statement", "throw_statement", "expression_statement");
    return at ? [{ choice: "per route, a library's words", origin: "hand-written", at, detail: name }] : [];
  });
  return firstOfEach(found);
}

const BUILT_IN = /^(json|builtins|asyncio|sqlite3|socket|ssl|urllib|http)\./;

interface Caught {
  cls: Node;
  error: string;
  body: Node;
}

function instanceChecks(project: Project): Caught[] {
  return project.all("if_statement").flatMap((branch): Caught[] => {
    const tests = branch.field("condition")?.all("binary_expression") ?? [];
    const check = tests.find((node) => node.field("operator")?.text === "instanceof");
    const [error, cls] = [check?.field("left")?.text, check?.field("right")];
    const body = branch.field("consequence");
    return error && cls && body ? [{ cls, error, body }] : [];
  });
}

function exceptClauses(project: Project): Caught[] {
  return project.all("except_clause").flatMap((clause): Caught[] => {
    const [caught] = clause.parts;
    const error = /\bas\s+(\w+)/.exec(caught?.text ?? "")?.[1];
    const cls = caught?.kind === "as_pattern" ? caught.parts[0] : undefined;
    return error && cls ? [{ cls, error, body: clause }] : [];
  });
}

/** Whether the failure's own words reach the answer without a condition. */
function shows(body: Node, error: string): boolean {
  for (const node of body.walk()) {
    const isName =
      (node.kind === "identifier" || node.kind === "shorthand_property_identifier") &&
      (node.text === error || /^(traceback|format_exc)$/.test(node.text));
    if (isName && tells(node, error) && !isConditional(node, body) && !isLogged(node, body) && isAnswered(node, body))
      return true;
  }
  return false;
}

/** `err.message`, `str(exc)`, `f"{exc}"`, `traceback.format_exc()`: not `err.status` or the name alone in a test. */
function tells(node: Node, error: string): boolean {
  if (node.text !== error) return true;
  let at = node.parent;
  while (at && /^(parenthesized_expression|as_expression|non_null_expression)$/.test(at.kind)) at = at.parent;
  if (at?.kind === "attribute" || at?.kind === "member_expression")
    return (
      /\b(message|stack|args|detail|toString|orig|cause|name|errors)$/.test(at.text) ||
      /\.(message|stack)\b/.test(at.text)
    );
  if (at?.kind === "argument_list" || at?.kind === "arguments")
    return /^(str|repr|String|JSON\.stringify|format|\w*\.?json|\w*\.?send|format_exception|inspect)$/.test(
      at.parent?.children[0]?.text ?? "",
    );
  return (
    at?.kind === "interpolation" ||
    at?.kind === "template_substitution" ||
    at?.kind === "pair" ||
    at?.kind === "shorthand_property_identifier" ||
    node.kind === "shorthand_property_identifier"
  );
}

/** Guarded by a ternary, an `and`, or an `if` on the status, the environment or the class of the failure. */
function isConditional(node: Node, body: Node): boolean {
  for (let at: Node | null = node; at && at !== body; at = at.parent) {
    const { parent } = at;
    if (!parent) break;
    const isChoice =
      /^(ternary_expression|conditional_expression)$/.test(parent.kind) ||
      (parent.kind === "binary_expression" && /&&/.test(parent.field("operator")?.text ?? "")) ||
      parent.kind === "boolean_operator";
    if (isChoice && CONDITION.test(parent.text)) return true;
    const isBranch = /^(if_statement|elif_clause)$/.test(parent.kind) && parent.field("consequence") === at;
    if (
      isBranch &&
      (CONDITION.test(parent.field("condition")?.text ?? "") ||
        /isinstance/.test(parent.field("condition")?.text ?? ""))
    )
      return true;
  }
  return false;
}

function isLogged(node: Node, body: Node): boolean {
  for (let at = node.parent; at && at !== body.parent; at = at.parent) {
    if (/^call(_expression)?$/.test(at.kind) && LOGGING.test(at.field("function")?.text ?? "")) return true;
    if (/statement$/.test(at.kind)) return false;
  }
  return false;
}

/** Inside something that is returned, sent or put into a body, not in a test or an assignment of a local name. */
function isAnswered(node: Node, body: Node): boolean {
  for (let at = node.parent; at && at !== body.parent; at = at.parent) {
    if (at.kind === "return_statement" || at.kind === "raise_statement" || at.kind === "throw_statement")
      return /throw|raise/.test(at.kind) ? /HTTPException|HttpException/.test(at.text) : true;
    if (
      /^call(_expression)?$/.test(at.kind) &&
      /(json|send|end|render|jsonify|JSONResponse|text|Response)$/.test(at.field("function")?.text ?? "")
    )
      return true;
    if (/^assignment(_expression)?$/.test(at.kind))
      return /\.(body|data|detail)\b|^(content|payload|body|response|detail|message)\b/.test(
        at.field("left")?.text ?? "",
      );
    if (at.kind === "arrow_function" && at.field("body")?.holds(node) && at.field("body")?.kind !== "statement_block")
      return true;
  }
  return false;
}
