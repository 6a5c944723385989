import { Lang, parse } from "@ast-grep/napi";
import type { SourceFile } from "./file.ts";
import { type Language, remembered } from "./language.ts";
import type { Node } from "./node.ts";
import { Declarer } from "./typescript-declare.ts";
import { JS_FUNCTIONS, typescriptExpr } from "./typescript-expr.ts";

const CLASSES = ["class_declaration", "class", "abstract_class_declaration"];

function resolved(stem: string, files: ReadonlyMap<string, SourceFile>): SourceFile | undefined {
  const bare = stem.replace(/\.(c|m)?jsx?$/, "");
  for (const base of [stem, bare]) {
    for (const ending of ["", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"]) {
      const found = files.get(`${base}${ending}`) ?? files.get(`${base}/index${ending}`);
      if (found) return found;
    }
  }
  return undefined;
}

function join(folder: string[], specifier: string): string {
  const out = [...folder];
  for (const part of specifier.split("/")) {
    if (part === "..") out.pop();
    else if (part !== "." && part !== "") out.push(part);
  }
  return out.join("/");
}

function scriptFile(
  from: SourceFile,
  specifier: string,
  files: ReadonlyMap<string, SourceFile>,
): SourceFile | undefined {
  const here = from.path.split("/").slice(0, -1);
  if (specifier.startsWith(".")) return resolved(join(here, specifier), files);
  const alias = /^(?:@|~|#|src)\/(.+)$/.exec(specifier)?.[1];
  if (alias === undefined) return undefined;
  for (let depth = here.length; depth >= 0; depth--) {
    const base = here.slice(0, depth);
    const found = resolved(join(base, alias), files) ?? resolved(join([...base, "src"], alias), files);
    if (found) return found;
  }
  return undefined;
}

function returned(fn: Node): Node[] {
  const body = fn.field("body");
  if (!body) return [];
  if (fn.kind === "arrow_function" && body.kind !== "statement_block") return [body];
  const out: Node[] = [];
  const visit = (node: Node) => {
    for (const child of node.children) {
      if (JS_FUNCTIONS.includes(child.kind) || CLASSES.includes(child.kind)) continue;
      if ((child.kind === "return_statement" || child.kind === "yield_expression") && child.parts[0])
        out.push(child.parts[0]);
      visit(child);
    }
  };
  visit(body);
  return out;
}

function attribute(cls: Node, name: string): { value?: Node; annotation?: Node } | undefined {
  for (const member of cls.field("body")?.parts ?? []) {
    if (member.kind === "method_definition" && member.field("name")?.text === name) return { value: member };
    if (member.kind === "public_field_definition" && member.field("name")?.text === name) {
      const value = member.field("value");
      const annotation = member.field("type");
      if (value || annotation) return { ...(value && { value }), ...(annotation && { annotation }) };
    }
    if (member.kind === "method_definition" && member.field("name")?.text === "constructor") {
      for (const parameter of member.field("parameters")?.parts ?? []) {
        const pattern = parameter.field("pattern");
        const annotation = parameter.field("type");
        if (
          pattern?.text === name &&
          parameter.children.some((child) => child.kind === "accessibility_modifier" || child.kind === "readonly")
        ) {
          return annotation ? { annotation } : {};
        }
      }
      for (const assignment of member.all("assignment_expression")) {
        const value = assignment.field("right");
        if (assignment.field("left")?.text === `this.${name}` && value) return { value };
      }
    }
  }
  return undefined;
}

/** `Foo<X>` is Foo, `Foo | null` is Foo. */
function typeName(annotation: Node): Node | undefined {
  const node = annotation.kind === "type_annotation" ? annotation.parts[0] : annotation;
  if (!node) return undefined;
  if (node.kind === "generic_type") return node.field("name") ?? node.parts[0];
  if (node.kind === "union_type") return node.parts[0] ? typeName(node.parts[0]) : undefined;
  return ["type_identifier", "nested_type_identifier", "identifier"].includes(node.kind) ? node : undefined;
}

export const typescriptLanguage: Language = {
  id: "typescript",
  extensions: [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"],
  parse: (path, text) => parse(/\.[cm]?ts$/.test(path) ? Lang.TypeScript : Lang.Tsx, text),
  declare(file) {
    new Declarer(file).run();
  },
  expr: remembered(typescriptExpr),
  moduleFile: scriptFile,
  exported: (file, name) => file.exports.get(name),
  moduleName: (specifier) => specifier.replace(/^node:(?!sqlite)/, ""),
  returned,
  functionKinds: JS_FUNCTIONS,
  classKinds: CLASSES,
  callKinds: ["call_expression", "new_expression"],
  attribute,
  bases(cls) {
    const heritage = cls.children.find((child) => child.kind === "class_heritage");
    const clause = heritage?.children.find((child) => child.kind === "extends_clause");
    const value = clause?.field("value") ?? heritage?.parts[0];
    return value ? [value] : [];
  },
  selfClass: (node) => (node.kind === "this" ? node.within(...CLASSES) : undefined),
  typeName,
};
