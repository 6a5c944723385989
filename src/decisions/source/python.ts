import python from "@ast-grep/lang-python";
import { parse, registerDynamicLanguage } from "@ast-grep/napi";
import type { Argument, Binding, Expr, Scope } from "./expr.ts";
import type { SourceFile } from "./file.ts";
import { type Language, remembered } from "./language.ts";
import type { Node } from "./node.ts";

registerDynamicLanguage({ python });

const INNER = new Set([
  "parenthesized_expression",
  "await",
  "type",
  "expression_statement",
  "as_pattern_target",
  "yield",
]);

function stringText(node: Node): string {
  return node.children
    .filter((child) => child.kind === "string_content")
    .map((child) => child.text.replace(/\\(["'\\])/g, "$1"))
    .join("");
}

function stringExpr(node: Node): Expr {
  if (!node.children.some((child) => child.kind === "interpolation")) return { type: "string", text: stringText(node) };
  const parts: (string | Node)[] = [];
  for (const child of node.children) {
    if (child.kind === "string_content") parts.push(child.text);
    if (child.kind === "interpolation") {
      const inside = child.field("expression") ?? child.parts[0];
      if (inside) parts.push(inside);
    }
  }
  return { type: "template", parts };
}

function concatenated(node: Node): Expr {
  const parts: (string | Node)[] = [];
  for (const part of node.parts) {
    const expr = stringExpr(part);
    if (expr.type === "string") parts.push(expr.text);
    if (expr.type === "template") parts.push(...expr.parts);
  }
  if (parts.every((part) => typeof part === "string")) return { type: "string", text: parts.join("") };
  return { type: "template", parts };
}

function callArguments(list: Node | undefined): Argument[] {
  if (!list) return [];
  if (list.kind !== "argument_list") return [{ name: null, value: list }];
  return list.parts.flatMap((part): Argument[] => {
    if (part.kind === "keyword_argument") {
      const name = part.field("name");
      const value = part.field("value");
      return name && value ? [{ name: name.text, value }] : [];
    }
    if (part.kind === "dictionary_splat") return part.parts[0] ? [{ name: "**", value: part.parts[0] }] : [];
    if (part.kind === "list_splat") return part.parts[0] ? [{ name: "*", value: part.parts[0] }] : [];
    return [{ name: null, value: part }];
  });
}

function dictionary(node: Node): Expr {
  const entries: { key: string; value: Node; node: Node }[] = [];
  const spreads: Node[] = [];
  for (const part of node.parts) {
    const key = part.field("key");
    const value = part.field("value");
    if (part.kind === "pair" && key && value) {
      const name = pythonExpr(key);
      entries.push({ key: name.type === "string" ? name.text : key.text, value, node: part });
    } else if (part.kind === "dictionary_splat" && part.parts[0]) spreads.push(part.parts[0]);
  }
  return { type: "object", entries, spreads };
}

function pythonExpr(node: Node): Expr {
  const [first, second, third] = node.parts;
  switch (node.kind) {
    case "identifier":
      return { type: "name", name: node.text };
    case "attribute": {
      const object = node.field("object");
      const attribute = node.field("attribute");
      return object && attribute ? { type: "member", object, property: attribute.text } : { type: "other" };
    }
    case "subscript": {
      const object = node.field("value");
      const index = node.field("subscript");
      return object && index ? { type: "index", object, index } : { type: "other" };
    }
    case "call": {
      const callee = node.field("function");
      return callee ? { type: "call", callee, args: callArguments(node.field("arguments")) } : { type: "other" };
    }
    case "string":
      return stringExpr(node);
    case "concatenated_string":
      return concatenated(node);
    case "integer":
    case "float":
      return { type: "number", value: Number(node.text.replaceAll("_", "")) };
    case "true":
    case "false":
      return { type: "boolean", value: node.kind === "true" };
    case "none":
      return { type: "null" };
    case "list":
    case "tuple":
    case "set":
    case "expression_list":
      return { type: "list", items: node.parts };
    case "dictionary":
      return dictionary(node);
    case "binary_operator": {
      const left = node.field("left");
      const right = node.field("right");
      const operator = node.field("operator");
      return left && right && operator ? { type: "binary", operator: operator.text, left, right } : { type: "other" };
    }
    case "boolean_operator": {
      const left = node.field("left");
      const right = node.field("right");
      if (!left || !right) return { type: "other" };
      if (node.field("operator")?.text === "or") return { type: "either", operator: "or", options: [left, right] };
      return { type: "binary", operator: "and", left, right };
    }
    case "conditional_expression":
      if (!first || !second || !third) return { type: "other" };
      return { type: "either", operator: "if", options: [first, third], condition: second };
    case "lambda":
    case "function_definition":
      return { type: "function" };
    default:
      return INNER.has(node.kind) && first ? { type: "inner", node: first } : { type: "other" };
  }
}

const ASSIGNMENTS = new Set(["assignment", "augmented_assignment", "named_expression"]);

class Declarer {
  readonly file: SourceFile;
  constructor(file: SourceFile) {
    this.file = file;
  }

  scope(node: Node, kind: Scope["kind"]): Scope {
    const scope: Scope = { node, kind, names: new Map() };
    this.file.scopes.set(node, scope);
    return scope;
  }

  bind(scope: Scope, binding: Omit<Binding, "more" | "path"> & { path?: (string | number)[] }): void {
    const known = scope.names.get(binding.name);
    if (known && binding.kind === "value" && binding.value) known.more.push(binding.value);
    else if (!known || known.kind === "item") scope.names.set(binding.name, { more: [], path: [], ...binding });
  }

  target(scope: Scope, target: Node, value: Node | undefined, annotation?: Node, path: (string | number)[] = []): void {
    if (target.kind === "identifier") {
      const binding: Omit<Binding, "more" | "path"> = {
        kind: value ? "value" : "item",
        name: target.text,
        node: target,
      };
      if (value) binding.value = value;
      if (annotation) binding.annotation = annotation;
      this.bind(scope, { ...binding, path });
    } else if (["pattern_list", "tuple_pattern", "tuple", "list_pattern"].includes(target.kind)) {
      target.parts.forEach((part, index) => {
        this.target(scope, part, value, undefined, [...path, index]);
      });
    } else if (target.kind === "as_pattern_target" && target.parts[0])
      this.target(scope, target.parts[0], value, undefined, path);
  }

  parameters(scope: Scope, fn: Node): void {
    const list = fn.field("parameters");
    let index = 0;
    for (const part of list?.parts ?? []) {
      const named = part.kind === "identifier" ? part : (part.field("name") ?? part.parts[0]);
      if (named?.kind !== "identifier") continue;
      const binding: Omit<Binding, "more" | "path"> = {
        kind: "parameter",
        name: named.text,
        node: part,
        fn,
        index: index++,
      };
      const annotation = part.field("type");
      const value = part.field("value");
      if (annotation) binding.annotation = annotation;
      if (value) binding.value = value;
      this.bind(scope, binding);
    }
  }

  imports(scope: Scope, node: Node): void {
    const from = node.field("module_name");
    if (node.kind === "import_statement") {
      for (const part of node.parts) {
        const name = part.kind === "aliased_import" ? part.field("name") : part;
        if (!name) continue;
        const alias = part.kind === "aliased_import" ? part.field("alias") : undefined;
        const local = alias?.text ?? name.text.split(".")[0] ?? name.text;
        this.bind(scope, {
          kind: "import",
          name: local,
          node: part,
          module: alias ? name.text : local,
          imported: null,
        });
      }
      return;
    }
    for (const part of node.parts) {
      if (part === from || !from) continue;
      const name = part.kind === "aliased_import" ? part.field("name") : part;
      if (!name || name.kind === "wildcard_import") {
        this.file.passedOn.push(from.text);
        continue;
      }
      const local = part.kind === "aliased_import" ? (part.field("alias")?.text ?? name.text) : name.text;
      this.bind(scope, { kind: "import", name: local, node: part, module: from.text, imported: name.text });
    }
  }

  visit(node: Node, scope: Scope): void {
    let inner = scope;
    if (node.kind === "function_definition" || node.kind === "lambda") {
      const name = node.field("name");
      if (name) this.bind(scope, { kind: "function", name: name.text, node });
      inner = this.scope(node, "function");
      this.parameters(inner, node);
    } else if (node.kind === "class_definition") {
      const name = node.field("name");
      if (name) this.bind(scope, { kind: "class", name: name.text, node });
      inner = this.scope(node, "class");
    } else if (node.kind === "import_statement" || node.kind === "import_from_statement") this.imports(scope, node);
    else if (ASSIGNMENTS.has(node.kind)) {
      const left = node.field("left") ?? node.field("name");
      if (left) this.target(scope, left, node.field("right") ?? node.field("value"), node.field("type"));
    } else if (node.kind === "as_pattern") {
      const alias = node.field("alias");
      if (alias && node.parts[0]) this.target(scope, alias, node.parts[0]);
    } else if (node.kind === "for_statement" || node.kind === "for_in_clause") {
      const left = node.field("left");
      if (left) this.target(scope, left, undefined);
    }
    for (const child of node.children) this.visit(child, inner);
  }
}

function pythonFile(
  from: SourceFile,
  specifier: string,
  files: ReadonlyMap<string, SourceFile>,
): SourceFile | undefined {
  const dots = /^\.*/.exec(specifier)?.[0].length ?? 0;
  const tail = specifier.slice(dots).split(".").filter(Boolean);
  const here = from.path.split("/").slice(0, -1);
  const above = here.map((_, i) => here.slice(0, here.length - i)).concat([[]]);
  const isPackage = (folder: string[]) => files.has([...folder, "__init__.py"].join("/"));
  const bases = dots > 0 ? [here.slice(0, here.length - (dots - 1))] : above.filter((folder) => !isPackage(folder));
  for (const base of bases) {
    const stem = [...base, ...tail].join("/");
    const found = files.get(`${stem}.py`) ?? files.get(stem === "" ? "__init__.py" : `${stem}/__init__.py`);
    if (found && (dots > 0 || found !== from)) return found;
  }
  if (dots > 0 || tail.length === 0) return undefined;
  const ending = `/${tail.join("/")}`;
  const matches = [...files.keys()].filter(
    (path) => `/${path}`.endsWith(`${ending}.py`) || `/${path}`.endsWith(`${ending}/__init__.py`),
  );
  return matches.length === 1 && tail.length > 1 ? files.get(matches[0] ?? "") : undefined;
}

function pythonReturned(fn: Node): Node[] {
  if (fn.kind === "lambda") return fn.field("body") ? [fn.field("body") as Node] : [];
  const out: Node[] = [];
  const visit = (node: Node) => {
    for (const child of node.children) {
      if (child.kind === "function_definition" || child.kind === "lambda" || child.kind === "class_definition")
        continue;
      if ((child.kind === "return_statement" || child.kind === "yield") && child.parts[0]) out.push(child.parts[0]);
      visit(child);
    }
  };
  visit(fn);
  return out;
}

function pythonAttribute(cls: Node, name: string): { value?: Node; annotation?: Node } | undefined {
  const own = cls.file.scopes.get(cls)?.names.get(name);
  if (own?.kind === "function") return { value: own.node };
  if (own) return { ...(own.value && { value: own.value }), ...(own.annotation && { annotation: own.annotation }) };
  for (const assignment of cls.all("assignment")) {
    const left = assignment.field("left");
    if (left?.kind !== "attribute" || left.field("object")?.text !== "self" || left.field("attribute")?.text !== name)
      continue;
    const value = assignment.field("right");
    const annotation = assignment.field("type");
    return { ...(value && { value }), ...(annotation && { annotation }) };
  }
  for (const assignment of cls.all("assignment", "typed_assignment")) {
    if (assignment.field("left")?.text === name && assignment.field("type"))
      return { annotation: assignment.field("type") as Node };
  }
  return undefined;
}

/** `Annotated[X, ...]` and `Optional[X]` stand for X. */
function pythonType(annotation: Node): Node | undefined {
  const node = annotation.kind === "type" ? annotation.parts[0] : annotation;
  if (!node) return undefined;
  if (node.kind === "generic_type" || node.kind === "subscript") {
    const head = node.parts[0]?.text.split(".").at(-1) ?? "";
    if (
      !["Annotated", "Optional", "Mapped", "Type", "AsyncGenerator", "Generator", "Iterator", "AsyncIterator"].includes(
        head,
      )
    )
      return node.parts[0];
    const inner = node.kind === "generic_type" ? node.parts[1]?.parts[0] : node.parts[1];
    return inner ? pythonType(inner) : undefined;
  }
  if (node.kind === "binary_operator" || node.kind === "union_type") {
    const left = node.parts[0];
    return left ? pythonType(left) : undefined;
  }
  return node;
}

export const pythonLanguage: Language = {
  id: "python",
  extensions: [".py"],
  parse: (_path, text) => parse("python", text),
  declare(file) {
    const declarer = new Declarer(file);
    declarer.visit(file.root, declarer.scope(file.root, "module"));
  },
  expr: remembered(pythonExpr),
  moduleFile: pythonFile,
  exported: (file, name) => file.global(name),
  moduleName: (specifier) => specifier,
  returned: pythonReturned,
  functionKinds: ["function_definition", "lambda"],
  classKinds: ["class_definition"],
  callKinds: ["call"],
  attribute: pythonAttribute,
  bases: (cls) => cls.field("superclasses")?.parts.filter((part) => part.kind !== "keyword_argument") ?? [],
  selfClass: (node) => (node.text === "self" || node.text === "cls" ? node.within("class_definition") : undefined),
  typeName: pythonType,
};
