import type { Binding } from "../source/expr.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** What is known of a token's payload. */
export interface Claims {
  names: Set<string>;
  /** The literal that holds them; undefined when they are put together elsewhere. */
  literal: Node | undefined;
  /** The expressions that may give `exp`. */
  expiries: Node[];
  /** Whether every part of the payload could be read. */
  whole: boolean;
}

const REGISTERED = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
const MAX_DEPTH = 8;

/** Registered claims in the order of RFC 7519, then the rest by name. */
export function claimList(names: Iterable<string>): string {
  const all = [...new Set(names)];
  const own = all.filter((name) => !REGISTERED.includes(name)).sort();
  return [...REGISTERED.filter((name) => all.includes(name)), ...own].join(", ");
}

/** Reads a payload through variables, copies, updates, spreads and parameters. */
export function readClaims(project: Project, node: Node): Claims {
  const claims: Claims = { names: new Set(), literal: undefined, expiries: [], whole: true };
  const literal = collect(project, node, claims, 0);
  claims.literal = literal;
  return claims;
}

function add(claims: Claims, name: string, value: Node): void {
  claims.names.add(name);
  if (name === "exp") claims.expiries.push(value);
}

/** Notes that a part of the payload could not be read. */
function unread(claims: Claims): undefined {
  claims.whole = false;
  return undefined;
}

function collect(project: Project, node: Node, claims: Claims, depth: number): Node | undefined {
  if (depth > MAX_DEPTH) return unread(claims);
  const expr = project.language.expr(node);
  switch (expr.type) {
    case "inner":
      return collect(project, expr.node, claims, depth + 1);
    case "object":
      for (const entry of expr.entries) add(claims, entry.key, entry.value);
      for (const spread of expr.spreads) collect(project, spread, claims, depth + 1);
      return node;
    case "either":
      for (const option of expr.options) collect(project, option, claims, depth + 1);
      return undefined;
    case "call":
      return collectCall(project, node, claims, depth);
    case "name":
      return collectName(project, node, claims, depth);
    case "member": {
      const source = project.resolver.source(node);
      return source === node ? unread(claims) : collect(project, source, claims, depth + 1);
    }
    default:
      return unread(claims);
  }
}

/** `dict(...)`, `x.copy()`, `json.dumps(x)`, `Object.assign(...)`, and functions of the app. */
function collectCall(project: Project, node: Node, claims: Claims, depth: number): Node | undefined {
  const call = project.call(node);
  if (!call) return undefined;
  if (call.is(/^dict$/)) {
    for (const arg of call.args) {
      if (arg.name && arg.name !== "**") add(claims, arg.name, arg.value);
      else collect(project, arg.value, claims, depth + 1);
    }
    return node;
  }
  if (call.receiver && /^(copy|model_dump|dict|encode)$/.test(call.method)) {
    const inner = collect(project, call.receiver, claims, depth + 1);
    return call.method === "encode" ? inner : undefined;
  }
  if (
    call.is(/^(json\.dumps|JSON\.stringify|copy\.(deep)?copy|Object\.assign|structuredClone|Buffer\.from|str|bytes)$/)
  ) {
    const literals = call.args.map((arg) => collect(project, arg.value, claims, depth + 1));
    return literals.find((literal) => literal !== undefined);
  }
  const { own } = call;
  if (own && project.language.classKinds.includes(own.kind)) {
    for (const arg of call.args) if (arg.name && arg.name !== "**") add(claims, arg.name, arg.value);
    return node;
  }
  if (own && project.language.functionKinds.includes(own.kind)) {
    const returned = project.language.returned(own);
    return returned
      .map((result) => collect(project, result, claims, depth + 1))
      .find((literal) => literal !== undefined);
  }
  return unread(claims);
}

function collectName(project: Project, node: Node, claims: Claims, depth: number): Node | undefined {
  const binding = project.resolver.binding(node);
  if (!binding) return unread(claims);
  if (binding.kind === "parameter") {
    const passed = project.resolver.passed(binding);
    for (const value of passed) collect(project, value, claims, depth + 1);
    if (passed.length === 0) unread(claims);
    if (claims.names.size === 0 && binding.annotation)
      for (const name of fieldsOfType(binding.annotation)) claims.names.add(name);
    return undefined;
  }
  if (binding.kind !== "value" || !binding.value) return unread(claims);
  const literal = collect(project, binding.value, claims, depth + 1);
  later(project, binding, node, claims, depth);
  return literal;
}

/** `payload["exp"] = ...`, `payload.exp = ...` and `payload.update(...)` after the payload was made. */
function later(project: Project, binding: Binding, node: Node, claims: Claims, depth: number): void {
  const scope = node.within(...project.language.functionKinds) ?? node.file.root;
  for (const assignment of scope.all("assignment", "assignment_expression")) {
    const left = assignment.field("left");
    const right = assignment.field("right");
    if (!left || !right) continue;
    const target = project.language.expr(left);
    if (target.type === "index" && target.object.text === binding.name) {
      const key = project.values.text(target.index);
      if (key) add(claims, key, right);
    }
    if (target.type === "member" && target.object.text === binding.name) add(claims, target.property, right);
  }
  for (const found of scope.all(...project.language.callKinds)) {
    const call = project.call(found);
    if (call?.method !== "update" || call.receiver?.text !== binding.name) continue;
    for (const arg of call.args) {
      if (arg.name && arg.name !== "**") add(claims, arg.name, arg.value);
      else collect(project, arg.value, claims, depth + 1);
    }
  }
}

/** The property names of an object type. */
function fieldsOfType(annotation: Node): string[] {
  const type = annotation.parts.find((part) => part.kind === "object_type");
  return (type?.parts ?? []).flatMap((part) =>
    part.kind === "property_signature" ? (part.field("name")?.text ?? []) : [],
  );
}
