import { defineRule } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { type Told, validationErrors } from "../../topics/validation-errors.ts";

const REMOVES =
  /!=\s*["']input["']|not in\s*[({[][^)}\]]*["']input["']|pop\(\s*["']input["']|del \w+\[["']input["']\]|include_input\s*=\s*False/;
/** Members picked by name, of each error in turn. */
const PICKS = /(\[|\.get\(\s*)["'](msg|loc|type)["']|in\s*[({[]\s*["'](msg|loc|type)["']/;
const WHOLE = /\.body\b|\b(str|repr)\(\s*\w+\s*\)|request_validation_exception_handler|\.json\(\)/;

/** FastAPI: the app's own handlers for input that pydantic refused. */
function handlers(project: Project): { fn: Node; at: Node }[] {
  return project.calls.flatMap((call) => {
    if (!/^(exception_handler|add_exception_handler)$/.test(call.method)) return [];
    const cls = call.arg(0);
    if (!cls || !/(^|\.)(RequestValidationError|ValidationError)$/.test(project.resolver.name(cls) ?? "")) return [];
    const decorator = call.node.parent?.kind === "decorator" ? call.node.parent : undefined;
    const given = call.arg(1);
    const fn = decorator ? decorator.parent?.field("definition") : given && project.resolver.source(given);
    return fn?.kind === "function_definition" ? [{ fn, at: decorator ?? fn }] : [];
  });
}

function toldBy(fn: Node): Told {
  const statements = (fn.field("body")?.parts ?? []).filter((node) => !/^(\w+\.)?(log\w*|print)\b/.test(node.text));
  const text = statements.map((node) => node.text).join("\n");
  if (WHOLE.test(text)) return "all";
  if (!/\.errors\(/.test(text)) return "nothing";
  if (REMOVES.test(text)) return "words";
  return PICKS.test(text) && !/["']input["']/.test(text) ? "words" : "all";
}

export default defineRule({
  topic: "validation-errors",
  read: (project) => validationErrors(handlers(project).map(({ fn, at }) => ({ told: toldBy(fn), at }))),
});
