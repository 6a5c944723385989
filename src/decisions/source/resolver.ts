import { type Binding, handedOn } from "./expr.ts";
import type { SourceFile } from "./file.ts";
import type { Node } from "./node.ts";

/**
 * What an expression stands for. `outside`: something of a library, by its dotted name, where `()` marks what a call
 * gives: `express().use`. `node`: an expression, function or class of the app. `instance`: an object of an app's class.
 */
export type Meaning =
  | { kind: "outside"; name: string }
  | { kind: "file"; file: SourceFile }
  | { kind: "node"; node: Node }
  | { kind: "instance"; cls: Node }
  | { kind: "unknown" };

const UNKNOWN: Meaning = { kind: "unknown" };
const MAX_DEPTH = 24;

/** Calls that hand back their first argument, or something that is used in its place. */
const SAME_AS_ARGUMENT =
  /^(util\.promisify|functools\.(partial|wraps|cache|lru_cache)|contextlib\.(closing|nullcontext|contextmanager|asynccontextmanager)|Object\.freeze|asgiref\.sync\.sync_to_async|react\.cache|typing\.cast)$/;

/** Follows names through imports, re-exports, assignments, wrappers, parameters and attributes. */
export class Resolver {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly #known = new Map<Node, Meaning>();
  readonly #busy = new Set<Node>();
  readonly #callSites: (fn: Node) => Node[];

  /** `callSites` gives the calls of a function of the app. */
  constructor(files: ReadonlyMap<string, SourceFile>, callSites: (fn: Node) => Node[]) {
    this.files = files;
    this.#callSites = callSites;
  }

  /** What an expression stands for, following calls of the app's own functions into what they return. */
  meaning(node: Node): Meaning {
    const known = this.#known.get(node);
    if (known) return known;
    if (this.#busy.has(node) || this.#busy.size > MAX_DEPTH) return UNKNOWN;
    this.#busy.add(node);
    try {
      const found = this.#meaning(node);
      if (this.#busy.size === 1 || found.kind !== "unknown") this.#known.set(node, found);
      return found;
    } finally {
      this.#busy.delete(node);
    }
  }

  /** The dotted name of something outside the app; undefined for anything else. */
  name(node: Node): string | undefined {
    const meaning = this.meaning(node);
    return meaning.kind === "outside" ? meaning.name : undefined;
  }

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
    const target = this.#importedFile(binding, file);
    if (!target || binding.imported == null) return undefined;
    return this.exported(target, binding.imported, depth + 1);
  }

  #importedFile(binding: Binding, file: SourceFile): SourceFile | undefined {
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

  #meaning(node: Node): Meaning {
    const { language } = node.file;
    const cls = language.selfClass(node);
    if (cls) return { kind: "instance", cls };
    const expr = language.expr(node);
    switch (expr.type) {
      case "name": {
        const binding = node.file.lookup(expr.name, node);
        return binding ? this.bindingMeaning(binding, node.file) : { kind: "outside", name: expr.name };
      }
      case "inner":
        return this.meaning(expr.node);
      case "member":
        return this.#member(this.meaning(expr.object), expr.property, node);
      case "index": {
        const key = language.expr(expr.index);
        if (key.type === "string") return this.#member(this.meaning(expr.object), key.text, node);
        return { kind: "node", node };
      }
      case "call":
        return this.#call(node, expr.callee, expr.args[0]?.value);
      case "either": {
        const meanings = expr.options.map((option) => this.meaning(option));
        return meanings.find((m) => m.kind === "outside" || m.kind === "instance") ?? { kind: "node", node };
      }
      default:
        return { kind: "node", node };
    }
  }

  bindingMeaning(binding: Binding, file: SourceFile): Meaning {
    switch (binding.kind) {
      case "import":
        return this.#importMeaning(binding, file);
      case "function":
      case "class":
        return { kind: "node", node: binding.node };
      case "parameter":
        return this.#parameterMeaning(binding);
      case "value":
        return this.#path(this.#valueMeaning(binding), binding.path);
      case "item":
        return binding.annotation ? this.instanceOf(binding.annotation) : UNKNOWN;
    }
  }

  #valueMeaning(binding: Binding): Meaning {
    const first = binding.value ? this.meaning(binding.value) : UNKNOWN;
    if (first.kind === "outside" || first.kind === "instance") return first;
    for (const later of binding.more) {
      const meaning = this.meaning(later);
      if (meaning.kind === "outside" || meaning.kind === "instance") return meaning;
    }
    return binding.annotation && first.kind === "unknown" ? this.instanceOf(binding.annotation) : first;
  }

  #importMeaning(binding: Binding, file: SourceFile): Meaning {
    const target = this.#importedFile(binding, file);
    if (target) {
      if (binding.imported == null) return { kind: "file", file: target };
      const found = this.exported(target, binding.imported);
      if (found) return this.bindingMeaning(found, found.node.file);
      const submodule = file.language.moduleFile(
        file,
        `${(binding.module ?? "").replace(/\.$/, "")}.${binding.imported}`,
        this.files,
      );
      if (submodule) return { kind: "file", file: submodule };
      const passed = this.#passedOutside(target, binding.imported);
      if (passed) return { kind: "outside", name: passed };
      return binding.imported === "default" ? { kind: "file", file: target } : UNKNOWN;
    }
    if (binding.imported != null) {
      const dotted = /\.$/.test(binding.module ?? "")
        ? `${binding.module}${binding.imported}`
        : `${binding.module}.${binding.imported}`;
      const submodule = file.language.moduleFile(file, dotted, this.files);
      if (submodule) return { kind: "file", file: submodule };
    }
    const module = file.language.moduleName(binding.module ?? "");
    return {
      kind: "outside",
      name: binding.imported == null || binding.imported === "default" ? module : `${module}.${binding.imported}`,
    };
  }

  /** A name that a file of the app re-exports from a library. */
  #passedOutside(file: SourceFile, name: string, depth = 0): string | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const own = file.language.exported(file, name);
    if (own?.kind === "import" && !this.#importedFile(own, file)) {
      const module = file.language.moduleName(own.module ?? "");
      return own.imported === "default" || own.imported == null ? module : `${module}.${own.imported}`;
    }
    if (own?.kind === "import") {
      const next = this.#importedFile(own, file);
      return next && own.imported ? this.#passedOutside(next, own.imported, depth + 1) : undefined;
    }
    const outside = file.passedOn.filter((module) => !file.language.moduleFile(file, module, this.files));
    return outside.length === 1 ? `${file.language.moduleName(outside[0] ?? "")}.${name}` : undefined;
  }

  #parameterMeaning(binding: Binding): Meaning {
    const named = binding.annotation ? this.instanceOf(binding.annotation) : UNKNOWN;
    if (named.kind !== "unknown") return this.#path(named, binding.path);
    const given = binding.value ? this.#injected(binding.value) : UNKNOWN;
    if (given.kind !== "unknown") return this.#path(given, binding.path);
    for (const value of this.passed(binding)) {
      const meaning = this.#path(this.meaning(value), binding.path);
      if (meaning.kind !== "unknown") return meaning;
    }
    return UNKNOWN;
  }

  /** FastAPI: `db=Depends(get_db)` stands for what get_db gives. */
  #injected(value: Node): Meaning {
    const expr = value.file.language.expr(value);
    if (expr.type !== "call" || this.name(expr.callee) !== "fastapi.Depends" || !expr.args[0]) return UNKNOWN;
    return this.#result(this.meaning(expr.args[0].value), value);
  }

  /** An object of the type that an annotation names. */
  instanceOf(annotation: Node): Meaning {
    const type = annotation.file.language.typeName(annotation);
    if (!type) return UNKNOWN;
    const expr = type.file.language.expr(type);
    const root = expr.type === "name" ? type.file.lookup(expr.name, type) : undefined;
    if (root?.node.kind === "type_alias_declaration") {
      const aliased = root.node.field("value");
      return aliased ? this.instanceOf(aliased) : UNKNOWN;
    }
    if (expr.type === "name" && !root) return { kind: "outside", name: `${expr.name}()` };
    const binding = this.binding(type);
    if (binding?.kind === "item" && binding.node.kind === "type_alias_declaration") {
      const aliased = binding.node.field("value");
      return aliased ? this.instanceOf(aliased) : UNKNOWN;
    }
    if (binding?.kind === "value" && binding.value && binding.value !== type) return this.instanceOf(binding.value);
    const meaning = this.meaning(type);
    if (meaning.kind === "outside") return { kind: "outside", name: `${meaning.name}()` };
    if (meaning.kind === "node" && type.file.language.classKinds.includes(meaning.node.kind))
      return { kind: "instance", cls: meaning.node };
    return UNKNOWN;
  }

  #path(meaning: Meaning, path: readonly (string | number)[]): Meaning {
    let at = meaning;
    for (const step of path)
      if (step !== "...") at = typeof step === "string" ? this.#member(at, step) : this.#element(at, step);
    return at;
  }

  #element(meaning: Meaning, index: number): Meaning {
    if (meaning.kind !== "node") return UNKNOWN;
    const expr = meaning.node.file.language.expr(meaning.node);
    const item = expr.type === "list" ? expr.items[index] : undefined;
    return item ? this.meaning(item) : UNKNOWN;
  }

  #member(object: Meaning, property: string, whole?: Node): Meaning {
    switch (object.kind) {
      case "outside":
        return { kind: "outside", name: property === "default" ? object.name : `${object.name}.${property}` };
      case "file": {
        const found = this.exported(object.file, property);
        if (found) return this.bindingMeaning(found, found.node.file);
        const passed = this.#passedOutside(object.file, property);
        if (passed) return { kind: "outside", name: passed };
        const ending = object.file.path.replace(/\/?__init__\.py$/, "");
        const submodule = object.file.language.moduleFile(
          object.file,
          `${ending.replaceAll("/", ".")}.${property}`,
          this.files,
        );
        return submodule ? { kind: "file", file: submodule } : UNKNOWN;
      }
      case "instance":
        return this.#instanceMember(object.cls, property);
      case "node": {
        const { node } = object;
        if (node.file.language.classKinds.includes(node.kind)) return this.#instanceMember(node, property);
        const part = this.property(node, property);
        if (part) return this.meaning(part);
        return whole ? { kind: "node", node: whole } : UNKNOWN;
      }
      case "unknown":
        return UNKNOWN;
    }
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

  #instanceMember(cls: Node, property: string, depth = 0): Meaning {
    const own = cls.file.language.attribute(cls, property);
    if (own?.value) return this.meaning(own.value);
    if (own?.annotation) return this.instanceOf(own.annotation);
    for (const base of cls.file.language.bases(cls)) {
      const meaning = this.meaning(base);
      if (meaning.kind === "outside") return { kind: "outside", name: `${meaning.name}().${property}` };
      if (meaning.kind === "node" && meaning.node !== cls && depth < 5)
        return this.#instanceMember(meaning.node, property, depth + 1);
    }
    return UNKNOWN;
  }

  #call(node: Node, callee: Node, first: Node | undefined): Meaning {
    if ((callee.text === "require" || callee.kind === "import") && first) {
      const module = first.file.language.expr(first);
      if (module.type !== "string") return UNKNOWN;
      const file = node.file.language.moduleFile(node.file, module.text, this.files);
      if (!file) return { kind: "outside", name: node.file.language.moduleName(module.text) };
      const whole = file.exports.get("default");
      return whole && callee.text === "require" && whole.kind !== "import"
        ? this.bindingMeaning(whole, file)
        : { kind: "file", file };
    }
    const target = this.meaning(callee);
    if (target.kind === "outside" && first && SAME_AS_ARGUMENT.test(target.name)) return this.meaning(first);
    return this.#result(target, node);
  }

  #result(target: Meaning, call: Node): Meaning {
    if (target.kind === "outside") return { kind: "outside", name: `${target.name}()` };
    if (target.kind !== "node") return UNKNOWN;
    const { language } = target.node.file;
    if (language.classKinds.includes(target.node.kind)) return { kind: "instance", cls: target.node };
    if (!language.functionKinds.includes(target.node.kind)) return UNKNOWN;
    const results = language.returned(target.node).map((returned) => this.meaning(returned));
    return (
      results.find((m) => m.kind === "outside" || m.kind === "instance") ??
      results.find((m) => m.kind === "node") ?? { kind: "node", node: call }
    );
  }
}
