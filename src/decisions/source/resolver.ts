import type { Binding } from "./expr.ts";
import type { SourceFile } from "./file.ts";
import { Follower, MAX_DEPTH } from "./follower.ts";
import type { Meaning } from "./meaning.ts";
import type { Node } from "./node.ts";

const UNKNOWN: Meaning = { kind: "unknown" };

/** Calls that hand back their first argument, or something that is used in its place. */
const SAME_AS_ARGUMENT =
  /^(util\.promisify|functools\.(partial|wraps|cache|lru_cache)|contextlib\.(closing|nullcontext|contextmanager|asynccontextmanager)|Object\.freeze|asgiref\.sync\.sync_to_async|react\.cache|typing\.cast)$/;

/** Follows names through imports, re-exports, assignments, wrappers, parameters and attributes. */
export class Resolver extends Follower {
  readonly #known = new Map<Node, Meaning>();
  readonly #busy = new Set<Node>();

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
    const target = this.importedFile(binding, file);
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
    if (own?.kind === "import" && !this.importedFile(own, file)) {
      const module = file.language.moduleName(own.module ?? "");
      return own.imported === "default" || own.imported == null ? module : `${module}.${own.imported}`;
    }
    if (own?.kind === "import") {
      const next = this.importedFile(own, file);
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
