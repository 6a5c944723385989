import type { SgRoot } from "@ast-grep/napi";
import type { Binding, Expr } from "./expr.ts";
import type { SourceFile } from "./file.ts";
import type { Node } from "./node.ts";

/** What rules need to know of a programming language. A language is one object of this kind and a folder of rules. */
export interface Language {
  id: string;
  /** Endings of its files, with the dot. */
  extensions: readonly string[];
  parse(path: string, text: string): SgRoot;
  /** Fills the scopes (and exports) of a new file. */
  declare(file: SourceFile): void;
  expr(node: Node): Expr;
  /** The file of the app that an import means, among `files`; undefined for a library. */
  moduleFile(from: SourceFile, specifier: string, files: ReadonlyMap<string, SourceFile>): SourceFile | undefined;
  /** What a file offers under a name. */
  exported(file: SourceFile, name: string): Binding | undefined;
  /** What a module outside the app is called in names: `node:crypto` is `crypto`. */
  moduleName(specifier: string): string;
  /** What calling the function can give: returned and, for generators, yielded expressions. */
  returned(fn: Node): Node[];
  functionKinds: readonly string[];
  classKinds: readonly string[];
  callKinds: readonly string[];
  /** A class's attribute: its initial value, or its type when `annotation` is all there is. */
  attribute(cls: Node, name: string): { value?: Node; annotation?: Node } | undefined;
  /** The classes that a class extends. */
  bases(cls: Node): Node[];
  /** The class whose instance `self` or `this` is at a node, when the node is that word. */
  selfClass(node: Node): Node | undefined;
  /** The type that an annotation names, as an expression; undefined for unions and the like. */
  typeName(annotation: Node): Node | undefined;
}

/** Remembers the expression of each node. */
export function remembered(expr: (node: Node) => Expr): (node: Node) => Expr {
  const known = new WeakMap<Node, Expr>();
  return (node) => {
    const before = known.get(node);
    if (before) return before;
    const made = expr(node);
    known.set(node, made);
    return made;
  };
}
