import { defineRule } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { type ErrorHandler, errorHandling } from "../../topics/errors.ts";

const GENERIC =
  /^(Exception|BaseException|500|status\.HTTP_500_INTERNAL_SERVER_ERROR|HTTPStatus\.INTERNAL_SERVER_ERROR|InternalServerError)$/;

function errorName(fn: Node): string {
  const named = (fn.field("parameters")?.parts ?? []).map((part) =>
    part.kind === "identifier" ? part.text : ((part.field("name") ?? part.parts[0])?.text ?? ""),
  );
  return named.find((name) => /^_?(exc|err|error|e|exception|ex)$/.test(name)) ?? named.at(-1) ?? "";
}

/** `@app.exception_handler(Exception)` and `app.add_exception_handler(Exception, f)`, and Flask's twins of them. */
function registered(project: Project): ErrorHandler[] {
  return project.calls.flatMap((call): ErrorHandler[] => {
    if (
      !/^(exception_handler|add_exception_handler|errorhandler|app_errorhandler|register_error_handler)$/.test(
        call.method,
      )
    )
      return [];
    if (!GENERIC.test(call.arg(0)?.text ?? "")) return [];
    const decorated = call.node.within("decorated_definition");
    const isDecorator = call.node.parent?.kind === "decorator";
    const given = call.arg(1);
    const body = isDecorator ? decorated?.field("definition") : given && project.resolver.source(given);
    return body
      ? [
          {
            at: isDecorator ? (call.node.parent as Node) : call.node,
            body,
            error: errorName(body),
            origin: "framework",
          },
        ]
      : [];
  });
}

/** One that only logs, and raises again, leaves the answer to others. */
function answers(clause: Node): boolean {
  const returns = clause.all("return_statement").some((node) => node.parts.length > 0);
  const swallows = clause.all("raise_statement").length === 0 && clause.all("await").length > 0;
  const sends = clause.all("call").some((node) => /^send\b|\bsend\b[^.(]*\)$/.test(node.text));
  return returns || swallows || sends;
}

/** A middleware that catches what the app below it throws. */
function aroundAll(project: Project): ErrorHandler[] {
  return project.all("except_clause").flatMap((clause): ErrorHandler[] => {
    const caught = clause.parts[0]?.text ?? "";
    const fn = clause.within("function_definition");
    const cls = clause.within("class_definition")?.field("name")?.text;
    const wraps = /\b(call_next|self\._{0,2}(app|get_response|inner|next\w*))\s*\(/.test(
      clause.parent?.field("body")?.text ?? "",
    );
    if (!fn || !wraps || !/^(Exception|BaseException)\b/.test(caught) || !answers(clause)) return [];
    if (cls !== undefined && project.mentions(cls) <= 1) return [];
    const made = clause
      .all("call")
      .flatMap((node) => project.call(node)?.own ?? [])
      .find((own) => /\b500\b/.test(own.text));
    if (made) return [{ at: clause, body: made, error: errorName(made), origin: "hand-written" }];
    return [{ at: clause, body: clause, error: /\bas\s+(\w+)/.exec(caught)?.[1] ?? "", origin: "hand-written" }];
  });
}

/** A framework's own debug answers, which show the stack. */
function debugging(project: Project): ErrorHandler[] {
  const usesDjango = project.fields("INSTALLED_APPS").length > 0;
  const django = usesDjango ? project.fields("DEBUG").filter((value) => value.text === "True") : [];
  const fastapi = project.callsOf(/^fastapi\.FastAPI$/).filter((call) => call.option("debug")?.text === "True");
  return [...django, ...fastapi.map((call) => call.node)].map((at) => ({
    at,
    body: at,
    error: "",
    origin: "framework",
  }));
}

/** `except Exception as e:` in a view that answers 500 itself. */
function inViews(project: Project): ErrorHandler[] {
  return project.all("except_clause").flatMap((clause): ErrorHandler[] => {
    const caught = clause.parts[0]?.text ?? "";
    const answers = clause.all("integer", "attribute").find((node) => /^500$|HTTP_500/.test(node.text));
    if (!/^Exception\b/.test(caught) || !answers) return [];
    const statement = answers.within("return_statement", "raise_statement");
    return statement
      ? [{ at: statement, body: clause, error: /\bas\s+(\w+)/.exec(caught)?.[1] ?? "", origin: "hand-written" }]
      : [];
  });
}

export default defineRule({
  topic: "error-handling",
  read(project) {
    // A middleware lies inside of what the framework has registered, and answers first.
    const around = aroundAll(project);
    if (around.length > 0) return errorHandling(project, around, []);
    const handlers = registered(project);
    if (handlers.length > 0) return errorHandling(project, handlers, []);
    const [debug] = debugging(project);
    if (debug) return [{ choice: "central, shown", origin: debug.origin, at: debug.at }];
    return errorHandling(project, [], inViews(project));
  },
});
