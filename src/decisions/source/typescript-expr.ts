import type { Argument, Expr } from "./expr.ts";
import type { Node } from "./node.ts";

const INNER = new Set([
  ...["parenthesized_expression", "await_expression", "as_expression", "satisfies_expression", "non_null_expression"],
  ...["expression_statement", "yield_expression", "spread_element"],
]);
export const JS_FUNCTIONS = [
  "arrow_function",
  "function_expression",
  "function_declaration",
  "method_definition",
  "generator_function_declaration",
  "generator_function",
];
const FUNCTIONS = new Set(JS_FUNCTIONS);

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

function stringText(node: Node): string {
  return node.children
    .filter((child) => child.kind === "string_fragment" || child.kind === "escape_sequence")
    .map((child) =>
      child.kind === "string_fragment" ? child.text : (ESCAPES[child.text.slice(1)] ?? child.text.slice(1)),
    )
    .join("");
}

function template(node: Node): Expr {
  const parts: (string | Node)[] = [];
  for (const child of node.children) {
    if (child.kind === "string_fragment" || child.kind === "escape_sequence") parts.push(child.text);
    if (child.kind === "template_substitution" && child.parts[0]) parts.push(child.parts[0]);
  }
  if (parts.every((part) => typeof part === "string")) return { type: "string", text: parts.join("") };
  return { type: "template", parts };
}

function callArguments(list: Node | undefined): Argument[] {
  if (!list) return [];
  if (list.kind === "template_string") return [{ name: null, value: list }];
  return list.parts.map((part) =>
    part.kind === "spread_element" && part.parts[0] ? { name: "*", value: part.parts[0] } : { name: null, value: part },
  );
}

/** A property's name without quotes. */
export function keyName(key: Node): string {
  return key.kind === "string" ? stringText(key) : key.text;
}

function object(node: Node): Expr {
  const entries: { key: string; value: Node; node: Node }[] = [];
  const spreads: Node[] = [];
  for (const part of node.parts) {
    const key = part.field("key");
    const value = part.field("value");
    if (part.kind === "pair" && key && value) entries.push({ key: keyName(key), value, node: part });
    else if (part.kind === "shorthand_property_identifier") entries.push({ key: part.text, value: part, node: part });
    else if (part.kind === "method_definition")
      entries.push({ key: part.field("name")?.text ?? "", value: gotten(part) ?? part, node: part });
    else if (part.kind === "spread_element" && part.parts[0]) spreads.push(part.parts[0]);
  }
  return { type: "object", entries, spreads };
}

/** What `get name() { return ...; }` gives, when it does nothing else. */
function gotten(method: Node): Node | undefined {
  const [only, more] = method.field("body")?.parts ?? [];
  return /^get\s/.test(method.text) && only?.kind === "return_statement" && !more ? only.parts[0] : undefined;
}

function binary(node: Node): Expr {
  const left = node.field("left");
  const right = node.field("right");
  const operator = node.field("operator")?.text;
  if (!left || !right || !operator) return { type: "other" };
  if (operator === "??" || operator === "||") return { type: "either", operator: "or", options: [left, right] };
  return { type: "binary", operator, left, right };
}

export function typescriptExpr(node: Node): Expr {
  const first = node.parts[0];
  switch (node.kind) {
    case "identifier":
    case "shorthand_property_identifier":
    case "type_identifier":
      return { type: "name", name: node.text };
    case "nested_type_identifier":
    case "nested_identifier":
    case "member_expression": {
      const target = node.field("object") ?? node.field("module");
      const property = node.field("property") ?? node.field("name");
      return target && property ? { type: "member", object: target, property: property.text } : { type: "other" };
    }
    case "subscript_expression": {
      const target = node.field("object");
      const index = node.field("index");
      return target && index ? { type: "index", object: target, index } : { type: "other" };
    }
    case "call_expression":
    case "new_expression": {
      const callee = node.field("function") ?? node.field("constructor");
      return callee ? { type: "call", callee, args: callArguments(node.field("arguments")) } : { type: "other" };
    }
    case "string":
      return { type: "string", text: stringText(node) };
    case "template_string":
      return template(node);
    case "number":
      return { type: "number", value: Number(node.text.replaceAll("_", "")) };
    case "true":
    case "false":
      return { type: "boolean", value: node.kind === "true" };
    case "null":
    case "undefined":
      return { type: "null" };
    case "array":
      return { type: "list", items: node.parts };
    case "object":
      return object(node);
    case "binary_expression":
      return binary(node);
    case "augmented_assignment_expression": {
      const left = node.field("left");
      const right = node.field("right");
      return left &&
        right &&
        /^(\?\?|\|\|)=/.test(node.field("operator")?.text ?? node.text.slice(left.text.length).trim())
        ? { type: "either", operator: "or", options: [left, right] }
        : { type: "other" };
    }
    case "ternary_expression": {
      const yes = node.field("consequence");
      const no = node.field("alternative");
      const condition = node.field("condition");
      return yes && no && condition
        ? { type: "either", operator: "if", options: [yes, no], condition }
        : { type: "other" };
    }
    default:
      if (FUNCTIONS.has(node.kind)) return { type: "function" };
      return INNER.has(node.kind) && first ? { type: "inner", node: first } : { type: "other" };
  }
}
