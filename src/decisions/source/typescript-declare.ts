import type { Binding, Scope } from "./expr.ts";
import type { SourceFile } from "./file.ts";
import type { Node } from "./node.ts";
import { JS_FUNCTIONS, keyName, typescriptExpr } from "./typescript-expr.ts";

type NewBinding = Omit<Binding, "more" | "path"> & { path?: (string | number)[] };

const CLASSES = new Set(["class_declaration", "abstract_class_declaration", "class"]);
const FUNCTIONS = new Set(JS_FUNCTIONS);

/** Fills a file's scopes and exports. */
export class Declarer {
  readonly file: SourceFile;
  constructor(file: SourceFile) {
    this.file = file;
  }

  run(): void {
    const scope = this.scope(this.file.root, "module");
    this.visit(this.file.root, scope);
    for (const statement of this.file.root.parts) this.exportsOf(statement, scope);
  }

  scope(node: Node, kind: Scope["kind"]): Scope {
    const scope: Scope = { node, kind, names: new Map() };
    this.file.scopes.set(node, scope);
    return scope;
  }

  bind(scope: Scope, binding: NewBinding): void {
    if (!scope.names.has(binding.name)) scope.names.set(binding.name, { more: [], path: [], ...binding });
  }

  pattern(scope: Scope, pattern: Node, base: Omit<NewBinding, "name" | "node">, path: (string | number)[] = []): void {
    switch (pattern.kind) {
      case "identifier":
      case "shorthand_property_identifier_pattern":
        this.bind(scope, {
          ...base,
          name: pattern.text,
          node: pattern,
          path: pattern.kind === "identifier" ? path : [...path, pattern.text],
        });
        return;
      case "object_pattern":
        for (const part of pattern.parts) {
          if (part.kind === "pair_pattern") {
            const key = part.field("key");
            const value = part.field("value");
            if (key && value) this.pattern(scope, value, base, [...path, keyName(key)]);
          } else if (part.kind === "object_assignment_pattern") {
            const left = part.field("left");
            if (left) this.pattern(scope, left, base, path);
          } else if (part.kind === "rest_pattern" && part.parts[0])
            this.pattern(scope, part.parts[0], base, [...path, "..."]);
          else this.pattern(scope, part, base, path);
        }
        return;
      case "array_pattern":
        for (const part of pattern.parts) this.pattern(scope, part, base, [...path, part.position]);
        return;
      case "assignment_pattern": {
        const left = pattern.field("left");
        if (left) this.pattern(scope, left, base, path);
      }
    }
  }

  parameters(scope: Scope, fn: Node): void {
    const single = fn.field("parameter");
    if (single) this.pattern(scope, single, { kind: "parameter", fn, index: 0 });
    (fn.field("parameters")?.parts ?? []).forEach((part, index) => {
      const pattern = part.field("pattern") ?? part;
      const annotation = part.field("type");
      const value = part.field("value");
      const base: Omit<NewBinding, "name" | "node"> = { kind: "parameter", fn, index };
      if (annotation) base.annotation = annotation;
      if (value) base.value = value;
      this.pattern(scope, pattern, base);
    });
  }

  imports(scope: Scope, node: Node): void {
    const source = node.field("source");
    const clause = node.children.find((child) => child.kind === "import_clause");
    if (!source || !clause) return;
    const module = keyName(source);
    for (const part of clause.parts) {
      if (part.kind === "identifier")
        this.bind(scope, { kind: "import", name: part.text, node: part, module, imported: "default" });
      if (part.kind === "namespace_import" && part.parts[0]) {
        this.bind(scope, { kind: "import", name: part.parts[0].text, node: part, module, imported: null });
      }
      for (const specifier of part.kind === "named_imports" ? part.parts : []) {
        const name = specifier.field("name");
        const local = specifier.field("alias") ?? name;
        if (name && local)
          this.bind(scope, { kind: "import", name: local.text, node: specifier, module, imported: keyName(name) });
      }
    }
  }

  visit(node: Node, scope: Scope): void {
    let inner = scope;
    if (node.kind === "import_statement") this.imports(scope, node);
    else if (FUNCTIONS.has(node.kind)) {
      const name = node.field("name");
      if (name && node.kind.endsWith("declaration")) this.bind(scope, { kind: "function", name: name.text, node });
      inner = this.scope(node, "function");
      this.parameters(inner, node);
    } else if (CLASSES.has(node.kind)) {
      const name = node.field("name");
      if (name) this.bind(scope, { kind: "class", name: name.text, node });
      inner = this.scope(node, "class");
    } else if (node.kind === "statement_block") inner = this.scope(node, "block");
    else if (node.kind === "variable_declarator") {
      const name = node.field("name");
      const value = node.field("value");
      const annotation = node.field("type");
      const base: Omit<NewBinding, "name" | "node"> = { kind: value ? "value" : "item" };
      if (value) base.value = value;
      if (annotation) base.annotation = annotation;
      if (name) this.pattern(scope, name, base);
    } else if (
      node.kind === "type_alias_declaration" ||
      node.kind === "interface_declaration" ||
      node.kind === "enum_declaration"
    ) {
      const name = node.field("name");
      if (name) this.bind(scope, { kind: "item", name: name.text, node });
    } else if (node.kind === "for_in_statement") {
      const left = node.field("left");
      inner = this.scope(node, "block");
      if (left) this.pattern(inner, left, { kind: "item" });
    } else if (node.kind === "for_statement") inner = this.scope(node, "block");
    else if (node.kind === "catch_clause") {
      inner = this.scope(node, "block");
      const parameter = node.field("parameter");
      if (parameter) this.pattern(inner, parameter, { kind: "item" });
    } else if (node.kind === "assignment_expression" || node.kind === "augmented_assignment_expression")
      this.assigned(node);
    for (const child of node.children) this.visit(child, inner);
  }

  assigned(node: Node): void {
    const left = node.field("left");
    const right = node.field("right");
    if (left?.kind !== "identifier" || !right) return;
    const known = this.file.lookup(left.text, left);
    if (known && known.kind === "item" && !known.value) {
      known.kind = "value";
      known.value = right;
    } else known?.more.push(right);
  }

  offer(name: string, binding: Binding | undefined): void {
    if (binding) this.file.exports.set(name, binding);
  }

  value(name: string, node: Node): Binding {
    return { kind: "value", name, node, value: node, path: [], more: [] };
  }

  exportsOf(statement: Node, scope: Scope): void {
    if (statement.kind === "export_statement") this.exportStatement(statement, scope);
    const assignment = statement.kind === "expression_statement" ? statement.parts[0] : undefined;
    if (assignment?.kind !== "assignment_expression") return;
    const left = assignment.field("left")?.text;
    const right = assignment.field("right");
    if (!left || !right) return;
    const single = /^(?:module\.)?exports\.(\w+)$/.exec(left)?.[1];
    if (single) this.offer(single, this.value(single, right));
    if (left !== "module.exports") return;
    this.offer("default", this.value("default", right));
    const expr = typescriptExpr(right);
    if (expr.type === "object")
      for (const entry of expr.entries) this.offer(entry.key, this.value(entry.key, entry.value));
  }

  exportStatement(statement: Node, scope: Scope): void {
    const source = statement.field("source");
    const module = source ? keyName(source) : undefined;
    const clause = statement.children.find((child) => child.kind === "export_clause");
    if (module && !clause) this.file.passedOn.push(module);
    for (const specifier of clause?.parts ?? []) {
      const name = specifier.field("name");
      const outside = (specifier.field("alias") ?? name)?.text;
      if (!name || !outside) continue;
      if (module)
        this.offer(outside, {
          kind: "import",
          name: outside,
          node: specifier,
          module,
          imported: name.text,
          path: [],
          more: [],
        });
      else this.offer(outside, scope.names.get(name.text));
    }
    const declaration = statement.field("declaration");
    const value = statement.field("value");
    if (value) this.offer("default", this.value("default", value));
    if (!declaration) return;
    const name = declaration.field("name")?.text;
    const isDefault = statement.children.some((child) => child.kind === "default");
    if (name) this.offer(isDefault ? "default" : name, scope.names.get(name));
    for (const declarator of declaration.parts.filter((part) => part.kind === "variable_declarator")) {
      for (const [key, binding] of scope.names) {
        if (declarator.field("name")?.holds(binding.node)) this.offer(key, binding);
      }
    }
  }
}
