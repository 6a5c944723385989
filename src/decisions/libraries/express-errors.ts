import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

const ROUTES = /^(get|post|put|patch|delete|all|route)$/;
type Outcome = "answered" | "handed on" | "open";

/**
 * Whether an Express error handler answers a failure that nobody foresaw: a database that is away, a bug. One that hands
 * on all but the client's errors does not, nor does one that is mounted before the routes.
 */
export function answersFailures(project: Project, fn: Node): boolean {
  const [error, , answer, next] = (fn.field("parameters")?.parts ?? []).map(
    (parameter) => (parameter.field("pattern") ?? parameter).text,
  );
  const body = fn.field("body");
  if (!error || !answer || !body) return false;
  const words = {
    answers: new RegExp(
      `\\b${escaped(answer)}\\b[^;]*\\.(json|send|sendStatus|end|render|type|format|redirect)\\(`,
      "s",
    ),
    answer,
    handsOn: next === undefined ? /(?!)/ : new RegExp(`\\b${escaped(next)}\\(\\s*[^)\\s]|\\bthrow\\b`),
    error,
  };
  return outcomeOf(project, body, words) !== "handed on" && !isBeforeRoutes(project, fn);
}

interface Words {
  answers: RegExp;
  answer: string;
  handsOn: RegExp;
  error: string;
}

const escaped = (name: string) => name.replaceAll("$", "\\$");

/** The app's own function that is handed the answer to make, under the name that it has here. */
export function answeredBy(project: Project, node: Node, answer: string): Node | undefined {
  return node
    .all("call_expression")
    .flatMap((one) => project.call(one) ?? [])
    .filter((call) => call.args.some(({ value }) => value.text === answer))
    .find((call) => call.own && /\.(json|send|sendStatus|end|render)\(/.test(call.own.text))?.own;
}

/** What becomes of an unforeseen failure in a statement; where both are possible, it counts as answered. */
function outcomeOf(project: Project, node: Node, words: Words): Outcome {
  if (node.kind === "statement_block") {
    for (const statement of node.parts) {
      const outcome = outcomeOf(project, statement, words);
      if (outcome !== "open") return outcome;
    }
    return "open";
  }
  if (node.kind === "if_statement") {
    const truth = truthOf(project, node.field("condition"), words.error);
    const [then, otherwise] = [node.field("consequence"), node.field("alternative")?.parts[0]].map((branch) =>
      branch ? outcomeOf(project, branch, words) : "open",
    ) as [Outcome, Outcome];
    if (truth !== undefined) return truth ? then : otherwise;
    if (then === "answered" || otherwise === "answered") return "answered";
    return then === otherwise ? then : "open";
  }
  if (words.answers.test(node.text) || answeredBy(project, node, words.answer)) return "answered";
  return words.handsOn.test(node.text) ? "handed on" : "open";
}

/** Of an unforeseen failure: it has no status, is of no class of its own, and nothing was sent yet. */
function truthOf(project: Project, node: Node | undefined, error: string, depth = 0): boolean | undefined {
  if (!node || depth > 6) return undefined;
  const truth = (inner: Node | undefined) => truthOf(project, inner, error, depth + 1);
  if (node.kind === "parenthesized_expression") return truth(node.parts[0]);
  if (node.kind === "unary_expression" && node.field("operator")?.text === "!") {
    const inner = truth(node.field("argument"));
    return inner === undefined ? undefined : !inner;
  }
  if (node.kind === "binary_expression") return ofBinary(node, truth, error);
  if (/\.headersSent$/.test(node.text)) return false;
  if (node.text === error) return true;
  if (isPartOf(node, error)) return /\??\.(message|stack|name)$/.test(node.text) ? undefined : false;
  const source = node.kind === "identifier" ? project.resolver.source(node) : node;
  if (source !== node) return truth(source);
  const call = project.call(node);
  const results = call?.own ? project.language.returned(call.own) : [];
  const given = call?.arg(0)?.text === error ? call.own?.field("parameters")?.parts[0] : undefined;
  const name = (given?.field("pattern") ?? given)?.text;
  return name && results.length === 1 ? truthOf(project, results[0], name, depth + 1) : undefined;
}

function ofBinary(
  node: Node,
  truth: (node: Node | undefined) => boolean | undefined,
  error: string,
): boolean | undefined {
  const [left, right] = [node.field("left"), node.field("right")];
  const operator = node.field("operator")?.text ?? "";
  if (operator === "&&" || operator === "||") {
    const [a, b] = [truth(left), truth(right)];
    const settling = operator === "||";
    if (a === settling || b === settling) return settling;
    return a === undefined || b === undefined ? undefined : !settling;
  }
  if (operator === "instanceof" && left?.text === error) return right?.text === "Error";
  if (!left || !right || ![left, right].some((side) => isPartOf(side, error))) return undefined;
  const isAbsent = [left, right].some((side) => /^(undefined|null)$/.test(side.text));
  if (/^[!=]==?$/.test(operator)) return operator.startsWith("=") === isAbsent;
  return /^[<>]=?$/.test(operator) ? false : undefined;
}

/** `err.status`, `err?.type`: what only foreseen failures have. */
function isPartOf(node: Node, error: string): boolean {
  return new RegExp(`^\\(?${escaped(error)}( as \\w+\\))?\\??\\.\\w+$`).test(node.text);
}

/** Every place that mounts it comes before the first route there: what fails in a route never comes by. */
function isBeforeRoutes(project: Project, fn: Node): boolean {
  const mounts = project.calls.filter(
    (call) => call.method === "use" && call.args.some(({ value }) => project.resolver.source(value) === fn),
  );
  return (
    mounts.length > 0 &&
    mounts.every((mount) => {
      const later = project.calls.filter(
        (call) =>
          call.node.file === mount.node.file &&
          call.receiver?.text === mount.receiver?.text &&
          call.args.length > 0 &&
          (ROUTES.test(call.method) || (call.method === "use" && /^["'`]/.test(call.arg(0)?.text ?? ""))) &&
          (call.args.length > 1 || call.method === "route"),
      );
      return later.length > 0 && later.every((call) => call.line > mount.line);
    })
  );
}
