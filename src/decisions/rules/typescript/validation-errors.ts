import { defineRule } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { type Told, validationErrors } from "../../topics/validation-errors.ts";

const FUNCTIONS = ["arrow_function", "function_expression", "function_declaration"];
const ANSWERS = /\.(json|send|end|status|sendStatus)\(/;
/** What Express's parsers throw carries the parser's words, and the body itself. */
const PARSER_FAILED = /SyntaxError|entity\.parse\.failed/;

interface Answered {
  told: Told;
  at: Node;
}

/** Express: what the app's own error handler makes of a body that cannot be parsed. */
function express(project: Project): Answered[] {
  const parses = project.calls.some((call) => call.is(/^(express\.json|body-parser(\.json)?)$/));
  if (!parses) return [];
  return project.all(...FUNCTIONS).flatMap((fn): Answered[] => {
    const [error, , answer] = (fn.field("parameters")?.parts ?? []).map(
      (parameter) => (parameter.field("pattern") ?? parameter).text,
    );
    const body = fn.field("body");
    const isHandler = fn.field("parameters")?.parts.length === 4 && /^_?(err|error|e|ex|exception)$/.test(error ?? "");
    if (!isHandler || !error || !answer || !body || !ANSWERS.test(body.text) || !project.isLive(fn)) return [];
    const branch = body.all("if_statement").find((node) => PARSER_FAILED.test(node.field("condition")?.text ?? ""));
    const place = branch?.field("consequence") ?? body;
    const [sent, words] = [answered(place, error, "body"), answered(place, error, "message|toString")];
    return [{ told: sent ? "all" : words ? "words" : "nothing", at: sent ?? words ?? fn }];
  });
}

/** The statement that answers with a member of the failure; not where the failure is of a class of the app's own. */
function answered(place: Node, error: string, members: string): Node | undefined {
  const member = new RegExp(`^${error}\\??\\.(${members})$`);
  for (const node of place.all("member_expression")) {
    if (!member.test(node.text) || isOwnFailure(node, place)) continue;
    for (let at = node.parent; at && at !== place.parent; at = at.parent) {
      const callee = at.kind === "call_expression" ? (at.field("function")?.text ?? "") : "";
      if (/^(console|log|logger|\w+\.log)\b/.test(callee)) break;
      if (ANSWERS.test(`${callee}(`)) return at.within("expression_statement", "return_statement") ?? at;
    }
  }
  return undefined;
}

function isOwnFailure(node: Node, place: Node): boolean {
  for (let at: Node | null = node; at && at !== place; at = at.parent) {
    const isBranch = /^(if_statement|ternary_expression)$/.test(at.parent?.kind ?? "");
    if (!isBranch || at.parent?.field("consequence") !== at) continue;
    if (/instanceof (?!Error\b|SyntaxError\b)/.test(at.parent.field("condition")?.text ?? "")) return true;
  }
  return false;
}

const ZOD_FAILED = /instanceof (z\.)?ZodError|!\s*\w+\.success\b|\w+\.success === false/;
const ZOD_TELLS =
  /\.(message|flatten\(|format\()|\bmessage\b|(treeify|prettify|flatten)Error\(|\.(issues|errors)\b(?!\s*(\.map|\.length|\[))/;

/** Zod's words, whole or message by message; the paths alone, or a text of the app's own, are none. */
function zod(project: Project): Answered[] {
  const isUsed = project.calls.some((call) => call.is(/^zod\./));
  if (!isUsed) return [];
  return project.all("if_statement").flatMap((branch): Answered[] => {
    const then = branch.field("consequence");
    if (!then || !ZOD_FAILED.test(branch.field("condition")?.text ?? "") || !project.isLive(branch)) return [];
    const answer = then
      .all("call_expression", "new_expression")
      .find((node) =>
        /(^|\.)(json|send|Response|NextResponse)$/.test(
          (node.field("function") ?? node.field("constructor"))?.text ?? "",
        ),
      );
    if (!answer) return [];
    return [{ told: ZOD_TELLS.test(withoutOwnTexts(then)) ? "words" : "nothing", at: answer }];
  });
}

/** The code of a branch without its texts and the names of its members: `message: "no"` tells nothing. */
function withoutOwnTexts(branch: Node): string {
  return branch.text.replace(/(["'`])(?:(?!\1)[^\\]|\\.)*\1/gs, "''").replace(/\b\w+:\s*''/g, "");
}

/** Validators whose answers are not read here: beside them, nothing is known to be told nowhere. */
const OTHERS = /^(joi|yup|express-validator|ajv|valibot|celebrate|superstruct|class-validator|@sinclair\/typebox)\b/;

export default defineRule({
  topic: "validation-errors",
  read(project) {
    const found = [...express(project), ...zod(project)];
    const isWhole = !project.calls.some((call) => call.is(OTHERS));
    return validationErrors(found.filter(({ told }) => isWhole || told !== "nothing"));
  },
});
