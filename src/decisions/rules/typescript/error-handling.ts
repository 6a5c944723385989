import { answeredBy, answersFailures } from "../../libraries/express-errors.ts";
import { defineRule } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { type ErrorHandler, errorHandling } from "../../topics/errors.ts";

const FUNCTIONS = ["arrow_function", "function_expression", "function_declaration"];
const HANDLER_FILE = /(^|\/)route\.[cm]?[jt]sx?$|(^|\/)pages\/api\//;

function parameterName(node: Node | undefined): string {
  return (node?.field("pattern") ?? node)?.text ?? "";
}

/** Express: a function of four parameters, the first of which is the failure. */
function express(project: Project): ErrorHandler[] {
  return project.all(...FUNCTIONS).flatMap((fn): ErrorHandler[] => {
    const parameters = fn.field("parameters")?.parts ?? [];
    const first = parameterName(parameters[0]);
    const answer = parameterName(parameters[2]);
    const answers = new RegExp(`\\b${answer}\\b[^;]*\\.(json|send|sendStatus|status|end|render|type|format)\\(`).test(
      fn.field("body")?.text ?? "",
    );
    if (parameters.length !== 4 || !/^_?(err|error|e|ex|exception)$/.test(first)) return [];
    const maker = answers ? undefined : answeredBy(project, fn, answer);
    if (!(answers || maker) || !answersFailures(project, fn)) return [];
    return [{ at: fn, body: maker ?? fn, error: maker ? errorParameter(maker) : first, origin: "hand-written" }];
  });
}

/** Fastify's setErrorHandler and Hono's onError. */
function registered(project: Project): ErrorHandler[] {
  return project.calls.flatMap((call): ErrorHandler[] => {
    const handler = /^(setErrorHandler|onError)$/.test(call.method) ? call.arg(0) : undefined;
    if (!handler || !call.receiver) return [];
    const body = project.resolver.source(handler);
    const parameter = body.field("parameter") ?? body.field("parameters")?.parts[0];
    const isRead = project.language.functionKinds.includes(body.kind);
    return [{ at: call.node, body: isRead ? body : undefined, error: parameterName(parameter), origin: "framework" }];
  });
}

/** NestJS: a filter that catches everything. */
function filters(project: Project): ErrorHandler[] {
  return project.all("decorator").flatMap((decorator): ErrorHandler[] => {
    if (!/^@Catch\((Error|HttpException)?\)$/.test(decorator.text)) return [];
    const cls = decorator.parent?.all("class_declaration")[0];
    const method = cls?.all("method_definition").find((node) => node.field("name")?.text === "catch");
    const first = parameterName(method?.field("parameters")?.parts[0]);
    return method ? [{ at: decorator, body: method, error: first, origin: "framework" }] : [];
  });
}

/** A wrapper round the server's answer, which puts another in the place of those with an error's status. */
function rewriting(project: Project): ErrorHandler[] {
  return project.all(...FUNCTIONS).flatMap((fn): ErrorHandler[] => {
    const name = fn.field("name")?.text ?? fn.parent?.field("name")?.text ?? "";
    const replaces = fn
      .all("assignment_expression")
      .some(
        (node) =>
          /^\w+\.(end|write|send|json)$/.test(node.field("left")?.text ?? "") && isFunction(node.field("right")),
      );
    const isOuter = !fn.within(...FUNCTIONS) || fn.kind === "function_declaration";
    return replaces && isOuter && ERROR_STATUS.test(fn.text) && (name === "" || project.mentions(name) > 1)
      ? [{ at: fn, body: fn, error: "", origin: "hand-written" }]
      : [];
  });
}

const ERROR_STATUS = /\bstatus(Code)?\b\)?\s*([<>]=?\s*([45]00|[34]99)|===?\s*5\d\d)/;

const isFunction = (node: Node | undefined) => FUNCTIONS.includes(node?.kind ?? "");

/** Catch clauses that lead to a 500: around all handlers in a wrapper or middleware, or in one route. */
function caught(project: Project, isCentral: boolean): ErrorHandler[] {
  return project.all("catch_clause").flatMap((clause): ErrorHandler[] => {
    const central = wrapsHandlers(clause);
    const answer = answers500(project, clause);
    if (central !== isCentral || !answer) return [];
    const error = clause.field("parameter")?.text.replace(/:.*$/s, "").trim() ?? "";
    const made = answer === clause ? answerer(project, clause) : undefined;
    if (made) return [{ at: clause, body: made, error: errorParameter(made), origin: "hand-written" }];
    return [{ at: isCentral ? clause : answer, body: clause, error, origin: "hand-written" }];
  });
}

/** The try calls what it was given: `next()`, `handler(...)`. */
function wrapsHandlers(clause: Node): boolean {
  const body = clause.parent?.field("body")?.text ?? "";
  const inRoute = HANDLER_FILE.test(clause.file.path) && clause.within("export_statement") !== undefined;
  return !inRoute && /\b(next|handler|fn|handle|answer|action|callback|cb|route)\s*(\?\.)?\(/.test(body);
}

/** The app's own function that a clause has make the answer. */
function answerer(project: Project, clause: Node): Node | undefined {
  const calls = clause.all("call_expression").flatMap((node) => project.call(node) ?? []);
  return calls.find((call) => call.own && /\b500\b/.test(call.own.text))?.own;
}

function errorParameter(fn: Node): string {
  const names = (fn.field("parameters")?.parts ?? []).map(parameterName);
  return names.find((name) => /^(err|error|e|ex|exception|cause)$/.test(name)) ?? names[0] ?? "";
}

/** The call or assignment with a 500 in the clause; the clause itself when a function that it calls answers so. */
function answers500(project: Project, clause: Node): Node | undefined {
  const literal = clause.all("number").find((node) => node.text === "500");
  if (literal) return literal.within("call_expression", "new_expression", "assignment_expression") ?? clause;
  return answerer(project, clause) ? clause : undefined;
}

export default defineRule({
  topic: "error-handling",
  read(project) {
    const rewritten = rewriting(project);
    const central =
      rewritten.length > 0
        ? rewritten
        : [...express(project), ...registered(project), ...filters(project), ...caught(project, true)];
    return errorHandling(project, central, caught(project, false));
  },
});
