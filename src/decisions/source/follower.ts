import { type Binding, handedOn } from "./expr.ts";
import type { SourceFile } from "./file.ts";
import type { Meaning } from "./meaning.ts";
import type { Node } from "./node.ts";

export const MAX_DEPTH = 24;

/** Follows names, attributes and parameters to the expressions that were given to them. */
export abstract class Follower {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly #callSites: (fn: Node) => Node[];

  /** `callSites` gives the calls of a function of the app. */
  constructor(files: ReadonlyMap<string, SourceFile>, callSites: (fn: Node) => Node[]) {
    this.files = files;
    this.#callSites = callSites;
  }

  /** What an expression stands for. */
  abstract meaning(node: Node): Meaning;

  /** The expression that a name or attribute was given; calls are left as they are. */
  source(node: Node, depth = 0): Node {
    if (depth > MAX_DEPTH) return node;
    const expr = node.file.language.expr(node);
    if (expr.type === "inner") return this.source(expr.node, depth + 1);
    if (expr.type !== "name" && expr.type !== "member") return node;
    const target =
      expr.type === "name"
        ? this.#bindingSource(node, depth)
        : this.#memberSource(node, expr.object, expr.property, depth);
    return target ? this.source(target, depth + 1) : node;
  }

  /** The binding that a name comes from, through imports. */
  binding(node: Node): Binding | undefined {
    const expr = node.file.language.expr(node);
    if (expr.type === "inner") return this.binding(expr.node);
    if (expr.type === "name") {
      const found = node.file.lookup(expr.name, node);
      return found?.kind === "import" ? this.#imported(found, node.file) : found;
    }
    if (expr.type === "member") {
      const object = this.meaning(expr.object);
      if (object.kind === "file") return this.exported(object.file, expr.property);
    }
    return undefined;
  }

  /** What a file offers under a name, through re-exports. */
  exported(file: SourceFile, name: string, depth = 0): Binding | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const own = file.language.exported(file, name);
    if (own?.kind === "import") return this.#imported(own, file, depth + 1);
    if (own) return own;
    for (const module of file.passedOn) {
      const next = file.language.moduleFile(file, module, this.files);
      const found = next && next !== file ? this.exported(next, name, depth + 1) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  #imported(binding: Binding, file: SourceFile, depth = 0): Binding | undefined {
    const target = this.importedFile(binding, file);
    if (!target || binding.imported == null) return undefined;
    return this.exported(target, binding.imported, depth + 1);
  }

  protected importedFile(binding: Binding, file: SourceFile): SourceFile | undefined {
    return file.language.moduleFile(file, binding.module ?? "", this.files);
  }

  #bindingSource(node: Node, depth: number): Node | undefined {
    const binding = this.binding(node);
    if (!binding) return undefined;
    if (binding.kind === "function" || binding.kind === "class") return binding.node;
    if (binding.kind === "parameter") return this.#parameterSource(binding);
    if (binding.kind !== "value" || !binding.value || binding.more.length > 0) return undefined;
    return this.take(binding.value, binding.path, depth);
  }

  /** The part of an expression that destructuring takes out of it. */
  take(value: Node, path: readonly (string | number)[], depth = 0): Node | undefined {
    let at: Node | undefined = value;
    for (const step of path) {
      if (!at || step === "...") return undefined;
      const source: Node = this.source(at, depth + 1);
      const expr = source.file.language.expr(source);
      if (expr.type === "list" && typeof step === "number") at = expr.items[step];
      else if (typeof step === "string") at = this.property(source, step, depth + 1);
      else return undefined;
    }
    return at;
  }

  #parameterSource(binding: Binding): Node | undefined {
    const passed = this.passed(binding);
    const only = passed[0];
    if (!only || passed.length !== 1) return passed.length === 0 ? binding.value : undefined;
    return this.take(only, binding.path);
  }

  /** What the app's calls pass for a parameter. */
  passed(binding: Binding): Node[] {
    const { fn, index } = binding;
    if (!fn || index === undefined) return [];
    return this.#callSites(fn).flatMap((call) => {
      const expr = call.file.language.expr(call);
      if (expr.type !== "call") return [];
      const { args } = handedOn(expr.callee, expr.args);
      const named = args.find((arg) => arg.name === binding.name);
      const at = named ?? args.filter((arg) => arg.name === null)[index - (this.#isMethod(fn) ? 1 : 0)];
      return at ? [at.value] : [];
    });
  }

  #isMethod(fn: Node): boolean {
    return (
      fn.file.language.id === "python" &&
      fn.parent?.parent?.kind === "class_definition" &&
      fn.field("parameters")?.parts[0]?.text === "self"
    );
  }

  #memberSource(node: Node, object: Node, property: string, depth: number): Node | undefined {
    const binding = this.binding(node);
    if (binding) return this.#found(binding, depth);
    const cls = node.file.language.selfClass(object);
    if (cls) return cls.file.language.attribute(cls, property)?.value;
    const meaning = this.meaning(object);
    if (meaning.kind === "instance") return meaning.cls.file.language.attribute(meaning.cls, property)?.value;
    const source = this.source(object, depth + 1);
    return source === object && meaning.kind === "node"
      ? this.property(meaning.node, property, depth)
      : this.property(source, property, depth);
  }

  #found(binding: Binding, depth: number): Node | undefined {
    if (binding.kind === "function" || binding.kind === "class") return binding.node;
    return binding.value && binding.more.length === 0 ? this.take(binding.value, binding.path, depth) : undefined;
  }

  /** A named part of an object literal, class, or of what a function of the app returns. */
  property(node: Node, name: string, depth = 0): Node | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const { language } = node.file;
    if (language.classKinds.includes(node.kind)) return language.attribute(node, name)?.value;
    const expr = language.expr(node);
    if (expr.type === "inner") return this.property(expr.node, name, depth + 1);
    if (expr.type === "object") {
      const entry = expr.entries.findLast((candidate) => candidate.key === name);
      if (entry) return entry.value;
      for (const spread of expr.spreads) {
        const found = this.property(this.source(spread, depth + 1), name, depth + 1);
        if (found) return found;
      }
    }
    if (expr.type === "either") {
      for (const option of expr.options) {
        const found = this.property(this.source(option, depth + 1), name, depth + 1);
        if (found) return found;
      }
    }
    if (expr.type === "call") {
      const callee = this.source(expr.callee, depth + 1);
      if (language.classKinds.includes(callee.kind)) return language.attribute(callee, name)?.value;
      if (callee.file.language.functionKinds.includes(callee.kind)) {
        for (const returned of language.returned(callee)) {
          const found = this.property(this.source(returned, depth + 1), name, depth + 1);
          if (found) return found;
        }
      }
      if (["freeze", "Object.freeze"].includes(expr.callee.text) && expr.args[0])
        return this.property(expr.args[0].value, name, depth + 1);
    }
    return undefined;
  }

  /** An attribute of a class or of the app's classes that it extends. */
  attribute(cls: Node, name: string, depth = 0): { value?: Node; annotation?: Node } | undefined {
    const own = cls.file.language.attribute(cls, name);
    if (own || depth > 5) return own;
    for (const base of cls.file.language.bases(cls)) {
      const meaning = this.meaning(base);
      const found =
        meaning.kind === "node" && meaning.node !== cls ? this.attribute(meaning.node, name, depth + 1) : undefined;
      if (found) return found;
    }
    return undefined;
  }
}
