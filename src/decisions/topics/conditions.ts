import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** A test of one expression against another. */
export interface Condition {
  node: Node;
  tested: Node;
  against: Node;
  how: "equal" | "member" | "order" | "pattern";
  operator: string;
}

const ORDER = /^[<>]=?$/;
const EQUAL = /^[!=]==?$/;
const PYTHON_OPERATORS = new Set(["==", "!=", "<", ">", "<=", ">=", "in", "not in", "not", "is", "is not"]);

/** Every comparison, membership test and pattern test, by file and line. */
export function conditionsOf(project: Project): Condition[] {
  const kinds = project.language.id === "python" ? ["comparison_operator"] : ["binary_expression"];
  const out: Condition[] = [];
  for (const node of project.all(...kinds, ...project.language.callKinds)) {
    if (node.kind === "comparison_operator") out.push(...pythonComparison(node));
    else if (node.kind === "binary_expression") out.push(...binary(node));
    else out.push(...called(project, node));
  }
  return out;
}

function pythonComparison(node: Node): Condition[] {
  const out: Condition[] = [];
  const { parts } = node;
  const operators = node.children
    .filter((child) => PYTHON_OPERATORS.has(child.text) && !parts.includes(child))
    .map((child) => child.text);
  for (let i = 0; i + 1 < parts.length; i++) {
    const [left, right] = [parts[i], parts[i + 1]];
    const operator = operators[i] ?? "";
    if (!left || !right) continue;
    const how = operator.endsWith("in") ? "member" : ORDER.test(operator) ? "order" : "equal";
    out.push({ node, tested: left, against: right, how, operator });
  }
  return out;
}

function binary(node: Node): Condition[] {
  const left = node.field("left");
  const right = node.field("right");
  const operator = node.field("operator")?.text ?? "";
  if (!left || !right) return [];
  const how =
    operator === "in" ? "member" : ORDER.test(operator) ? "order" : EQUAL.test(operator) ? "equal" : undefined;
  return how ? [{ node, tested: left, against: right, how, operator }] : [];
}

function called(project: Project, node: Node): Condition[] {
  const call = project.call(node);
  const first = call?.arg(0);
  if (!call || !first) return [];
  const second = call.arg(1);
  const { receiver, method } = call;
  if (/^Object\.hasOwn$/.test(call.callee.text) && second)
    return [{ node, tested: second, against: first, how: "member", operator: method }];
  if (/^re\.(match|search|fullmatch)$/.test(call.name ?? "") && second)
    return [{ node, tested: second, against: first, how: "pattern", operator: method }];
  if (!receiver) return [];
  if (/^(includes|has|hasOwnProperty)$/.test(method))
    return [{ node, tested: first, against: receiver, how: "member", operator: method }];
  if (/^(endsWith|endswith)$/.test(method))
    return [{ node, tested: receiver, against: first, how: "member", operator: method }];
  if (/^(test|fullmatch|exec)$/.test(method))
    return [{ node, tested: first, against: receiver, how: "pattern", operator: method }];
  if (method === "match" || method === "search")
    return [{ node, tested: receiver, against: first, how: "pattern", operator: method }];
  return [];
}

/** The outermost function around a node; the whole file when there is none. */
export function outermost(node: Node): Node {
  let found = node.file.root;
  for (
    let fn = node.within(...node.file.language.functionKinds);
    fn;
    fn = fn.within(...node.file.language.functionKinds)
  )
    found = fn;
  return found;
}

/** An expression's words and those of what it stands for. */
export function wordsOf(project: Project, node: Node): string {
  const source = project.resolver.source(node);
  const root = source.parent && source.text.length > 400 ? source.text.slice(0, 400) : source.text;
  return source === node ? node.text : `${node.text} ${root}`;
}
