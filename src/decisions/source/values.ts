import { durationOf, splitBy } from "./derived.ts";
import type { Expr } from "./expr.ts";
import type { Node } from "./node.ts";
import type { Resolver } from "./resolver.ts";
import { isSettingsClass, readsEnvironment, SCHEMA } from "./settings.ts";
import { compute, same, settled, type Value } from "./value.ts";

/** Gets one setting by the name given first; a default may follow. */
const GETTERS =
  /^(os\.environ\.get|os\.getenv|decouple\.config|(environ|environs)\.Env\(\)(\.\w+)?|starlette\.config\.Config\(\)|env-var\.get|@nestjs\/config\.ConfigService\(\)\.(get|getOrThrow))$/;
const ENV_OBJECTS = /^(os\.environ|process\.env|Bun\.env|import\.meta\.env|hono\.Context\(\)\.env)$/;
const SAME_VALUE =
  /^(int|float|str|bool|bytes|Number|String|BigInt|parseInt|parseFloat|Number\.parseInt|Number\.parseFloat|pathlib\.Path|TextEncoder\(\)\.encode|Buffer\.from|crypto\.createSecretKey|pydantic\.SecretStr|set|frozenset|list|tuple|Set|Set\(\))$/;
const SAME_METHODS =
  /^(encode|trim|strip|toLowerCase|lower|toUpperCase|upper|get_secret_value|toString|rstrip|decode|total_seconds|padEnd)$/;
const MAX_DEPTH = 20;
/** A name that is written more often than this says nothing. */
const MAX_CANDIDATES = 6;

/** Evaluates expressions as far as the source tells. */
export class Evaluator {
  readonly resolver: Resolver;
  readonly #fieldsByName: (name: string) => Node[];
  readonly #busy = new Set<Node>();
  readonly #known = new Map<Node, Value>();
  /** The arguments of the calls that are being followed, by function. */
  readonly #frames = new Map<Node, Node[]>();
  /** What an expression is taken for at the moment. */
  readonly #assumed = new Map<Node, Node>();
  /** The settings with a default that were met; undefined while nobody asks. */
  #met: Set<string> | undefined;

  /** `fieldsByName` gives every value that the app writes under a property or setting name. */
  constructor(resolver: Resolver, fieldsByName: (name: string) => Node[]) {
    this.resolver = resolver;
    this.#fieldsByName = fieldsByName;
  }

  value(node: Node): Value {
    if (this.#busy.has(node) || this.#busy.size > MAX_DEPTH) return { kind: "unknown", at: node };
    const isAsked = this.#assumed.size > 0 || this.#met !== undefined;
    const before = isAsked ? undefined : this.#known.get(node);
    if (before) return before;
    const isWhole = this.#busy.size === 0 && this.#frames.size === 0 && this.#assumed.size === 0;
    this.#busy.add(node);
    try {
      const value = this.#value(node);
      if (value.kind === "setting" && value.fallback && value.name) this.#met?.add(value.name);
      if (isWhole) this.#known.set(node, value);
      return value;
    } finally {
      this.#busy.delete(node);
    }
  }

  /** The setting that an expression itself reads: from the environment, or by a helper of the app that does. */
  reading(node: Node): (Value & { kind: "setting" }) | undefined {
    const direct = this.#setting(node);
    if (direct?.kind === "setting") return direct;
    const expr = node.file.language.expr(node);
    const isNamed =
      expr.type === "call" && expr.args.some((arg) => arg.value.file.language.expr(arg.value).type === "string");
    const value = isNamed ? this.value(node) : undefined;
    return value?.kind === "setting" ? value : undefined;
  }

  /** The expression that names the setting, where one is read from the environment by a name that is no constant. */
  settingKey(node: Node): Node | undefined {
    const expr = node.file.language.expr(node);
    if (expr.type === "index") return ENV_OBJECTS.test(this.#environmentName(expr.object)) ? expr.index : undefined;
    const isGetter = expr.type === "call" && GETTERS.test(this.resolver.name(expr.callee) ?? "");
    return isGetter ? expr.args[0]?.value : undefined;
  }

  /** What `read` finds, and the settings whose defaults it is made of. */
  watching<T>(read: () => T): { found: T; settings: string[] } {
    const outer = this.#met;
    const met = new Set<string>();
    this.#met = met;
    try {
      return { found: read(), settings: [...met] };
    } finally {
      this.#met = outer;
    }
  }

  /** What `read` finds while one expression is taken for another, such as a look-up for one entry of its table. */
  assuming<T>(expression: Node, value: Node, read: () => T): T {
    this.#assumed.set(expression, value);
    try {
      return read();
    } finally {
      this.#assumed.delete(expression);
    }
  }

  /** The text of a value, or of the default of a setting. */
  text(node: Node): string | undefined {
    const value = settled(this.value(node));
    return value?.kind === "text" ? value.text : undefined;
  }

  number(node: Node): number | undefined {
    const value = settled(this.value(node));
    if (value?.kind === "number") return value.value;
    if (value?.kind === "text" && /^\d+$/.test(value.text)) return Number(value.text);
    return undefined;
  }

  /** The texts of a list, or of one text; undefined when any of it is not known. */
  texts(node: Node): string[] | undefined {
    const value = settled(this.value(node));
    if (value?.kind === "text") return [value.text];
    if (value?.kind !== "list") return undefined;
    const out = value.items.map((item) => settled(item));
    return out.every((item) => item?.kind === "text")
      ? out.flatMap((item) => (item?.kind === "text" ? [item.text] : []))
      : undefined;
  }

  #value(node: Node): Value {
    const assumed = this.#assumed.get(node);
    if (assumed) return this.value(assumed);
    const setting = this.#setting(node);
    if (setting) return setting;
    const passed = this.#argument(node);
    if (passed) return this.value(passed);
    const source = this.resolver.source(node);
    if (source !== node) return this.value(source);
    const expr = node.file.language.expr(node);
    switch (expr.type) {
      case "inner":
        return this.value(expr.node);
      case "string":
        return { kind: "text", text: expr.text, at: node };
      case "number":
        return { kind: "number", value: expr.value, at: node };
      case "boolean":
        return { kind: "truth", value: expr.value, at: node };
      case "null":
        return { kind: "nothing", at: node };
      case "list":
        return { kind: "list", items: expr.items.map((item) => this.value(item)), at: node };
      case "template":
        return this.#template(node, expr.parts);
      case "binary":
        return this.#binary(node, expr.operator, expr.left, expr.right);
      case "either":
        return this.#either(node, expr.operator, expr.options);
      case "call":
        return this.#call(node);
      case "name":
        return this.#several(node);
      case "member":
        return this.#byFieldName(node, expr.property);
      case "index": {
        const key = this.text(expr.index);
        const part = key === undefined ? undefined : this.resolver.property(this.resolver.source(expr.object), key);
        if (part) return this.value(part);
        return key === undefined ? { kind: "unknown", at: node } : this.#byFieldName(node, key);
      }
      default:
        return { kind: "unknown", at: node };
    }
  }

  /** What the call being followed passes for a parameter. */
  #argument(node: Node): Node | undefined {
    if (this.#frames.size === 0 || node.file.language.expr(node).type !== "name") return undefined;
    const binding = this.resolver.binding(node);
    const args = binding?.kind === "parameter" && binding.fn ? this.#frames.get(binding.fn) : undefined;
    return binding && binding.path.length === 0 ? args?.[binding.index ?? -1] : undefined;
  }

  /** A name with several values counts when all of them agree. */
  #several(node: Node): Value {
    const binding = this.resolver.binding(node);
    if (!binding) return { kind: "unknown", at: node };
    if (binding.kind === "parameter") {
      const last = binding.path.at(-1);
      const passed = this.resolver
        .passed(binding)
        .map((value) => this.value(this.resolver.take(value, binding.path) ?? value))
        .filter((value) => value.kind !== "unknown");
      const first = passed[0];
      if (first && passed.every((value) => same(value, first))) return first;
      if (typeof last === "string") return this.#byFieldName(node, last);
      const given = binding.value && binding.path.length === 0 ? this.value(binding.value) : undefined;
      return given && (passed.length === 0 || given.kind === "nothing") ? given : { kind: "unknown", at: node };
    }
    if (binding.kind !== "value" || !binding.value) return { kind: "unknown", at: node };
    const last = binding.path.at(-1);
    if (binding.path.length > 0) {
      const part = this.resolver.take(binding.value, binding.path);
      if (part) return this.value(part);
      return typeof last === "string" ? this.#byFieldName(node, last) : { kind: "unknown", at: node };
    }
    const values = [binding.value, ...binding.more].map((value) => this.value(value));
    return (
      values.find((value) => value.kind === "setting") ??
      (values.length === 1 && values[0] ? values[0] : { kind: "unknown", at: node })
    );
  }

  /** Where only one value is written under a name in the whole app, that is it. */
  #byFieldName(node: Node, name: string): Value {
    const written = this.#fieldsByName(name).filter((field) => !field.holds(node) && !this.#busy.has(field));
    if (written.length > MAX_CANDIDATES) return { kind: "unknown", at: node };
    const values = written.map((field) => this.value(field)).filter((value) => value.kind !== "unknown");
    const first = values[0];
    return first && values.every((value) => same(value, first)) ? first : { kind: "unknown", at: node };
  }

  #template(node: Node, parts: (string | Node)[]): Value {
    let text = "";
    for (const part of parts) {
      if (typeof part === "string") text += part;
      else {
        const value = settled(this.value(part));
        if (value?.kind === "text") text += value.text;
        else if (value?.kind === "number") text += String(value.value);
        else return { kind: "unknown", at: node };
      }
    }
    const inside = parts.filter((part) => typeof part !== "string");
    const only = inside.length === 1 && inside[0] ? this.value(inside[0]).at : node;
    return { kind: "text", text, at: only };
  }

  #binary(node: Node, operator: string, left: Node, right: Node): Value {
    const a = settled(this.value(left));
    const b = settled(this.value(right));
    if (a?.kind === "text" && b?.kind === "text" && operator === "+")
      return { kind: "text", text: a.text + b.text, at: node };
    if (a?.kind !== "number" || b?.kind !== "number") return { kind: "unknown", at: node };
    const value = compute(operator, a.value, b.value);
    const literal = (at: Node) => at.kind === "integer" || at.kind === "number";
    const named = [a.at, b.at].find((at) => literal(at) && !node.holds(at)) ?? (node.holds(a.at) ? node : a.at);
    return value === undefined ? { kind: "unknown", at: node } : { kind: "number", value, at: named };
  }

  #either(node: Node, operator: "or" | "if", options: Node[]): Value {
    const values = options.map((option) => this.value(option));
    const [first, second] = values;
    if (operator === "or" && first?.kind === "setting" && second) {
      return first.fallback || second.kind === "nothing" ? first : { ...first, fallback: second };
    }
    const setting = values.find((value) => value.kind === "setting");
    if (setting) return setting;
    if (operator === "or") return values.findLast((value) => value.kind !== "unknown") ?? { kind: "unknown", at: node };
    return first && second && same(first, second) ? first : { kind: "unknown", at: node };
  }

  /** `env: NodeJS.ProcessEnv` and the `c.env` of a worker are the environment too. */
  #environmentName(object: Node): string {
    const name = this.resolver.name(object) ?? "";
    if (ENV_OBJECTS.test(name)) return name;
    if (/ProcessEnv\(\)$/.test(name)) return "process.env";
    const binding = this.resolver.binding(object);
    const isGiven = binding ? binding.kind === "parameter" : object.file.lookup(object.text, object) === undefined;
    return isGiven && /^(env|(c|ctx|context)\.env)$/.test(object.text) ? "process.env" : "";
  }

  #setting(node: Node): Value | undefined {
    const expr = node.file.language.expr(node);
    if (expr.type === "member" || expr.type === "index") {
      const object = this.#environmentName(expr.object);
      const key = expr.type === "member" ? expr.property : this.text(expr.index);
      if (ENV_OBJECTS.test(object) && key !== undefined && !["get", "items"].includes(key))
        return { kind: "setting", name: key, at: node };
      if (expr.type === "member") return this.#settingsField(expr.object, expr.property);
    }
    if (expr.type !== "call") return undefined;
    const callee = this.resolver.name(expr.callee);
    const key = expr.args[0] ? this.text(expr.args[0].value) : undefined;
    if (!callee || key === undefined || !GETTERS.test(callee)) return undefined;
    const given = expr.args.find((arg) => arg.name === "default") ?? expr.args.filter((arg) => arg.name === null)[1];
    const fallback = given ? this.value(given.value) : undefined;
    return { kind: "setting", name: key, at: node, ...(fallback && fallback.kind !== "nothing" && { fallback }) };
  }

  /** A field of a settings class, such as pydantic's. */
  #settingsField(object: Node, property: string): Value | undefined {
    const meaning = this.resolver.meaning(object);
    if (meaning.kind !== "instance") return undefined;
    const { cls } = meaning;
    const field = isSettingsClass(this.resolver, cls) ? this.resolver.attribute(cls, property) : undefined;
    if (!field) return undefined;
    const at = field.value ?? field.annotation ?? cls;
    const given = field.value ? this.fieldDefault(field.value) : undefined;
    return {
      kind: "setting",
      name: property.toUpperCase(),
      at,
      ...(given && given.kind !== "nothing" && { fallback: given }),
    };
  }

  /** The default of a settings field: plain or in `Field(...)`; undefined when it must be given. */
  fieldDefault(node: Node): Value | undefined {
    const expr = node.file.language.expr(node);
    if (expr.type !== "call" || !/(^|\.)Field$/.test(this.resolver.name(expr.callee) ?? expr.callee.text))
      return this.value(node);
    const given = expr.args.find((arg) => arg.name === "default") ?? expr.args.find((arg) => arg.name === null);
    if (given) return given.value.text === "..." ? undefined : this.value(given.value);
    const made = expr.args.find((arg) => arg.name === "default_factory");
    return made ? { kind: "unknown", at: made.value } : undefined;
  }

  #call(node: Node): Value {
    const expr = node.file.language.expr(node);
    if (expr.type !== "call") return { kind: "unknown", at: node };
    const name = this.resolver.name(expr.callee) ?? "";
    const first = expr.args[0]?.value;
    if (/(^|\.)timedelta$/.test(name)) {
      const figures = expr.args.map((arg) => ({ unit: arg.name, value: this.value(arg.value) }));
      return durationOf(node, figures);
    }
    const method = node.file.language.expr(expr.callee);
    if (SAME_VALUE.test(name) && first) return this.value(first);
    if (method.type === "member" && method.property === "get" && first && /config$/.test(method.object.text))
      return this.#configured(node, expr.args);
    if (SCHEMA.test(name)) return this.#schemaField(node);
    if (method.type === "member" && SAME_METHODS.test(method.property)) return this.value(method.object);
    if (
      method.type === "member" &&
      (method.property === "split" || method.property === "filter" || method.property === "map")
    ) {
      const value = this.value(method.object);
      return method.property === "split" ? splitBy(value, (first && this.text(first)) || ",") : value;
    }
    return this.#ownFunction(
      node,
      expr.callee,
      expr.args.map((arg) => arg.value),
    );
  }

  /** A field of a schema that the environment is parsed with: its `.default()` is the fallback. */
  #schemaField(node: Node): Value {
    for (let at: Node | undefined = node; at; ) {
      const expr: Expr = at.file.language.expr(at);
      const callee: Expr | undefined = expr.type === "call" ? at.file.language.expr(expr.callee) : undefined;
      if (expr.type !== "call" || callee?.type !== "member") break;
      if ((callee.property === "default" || callee.property === "catch") && expr.args[0]) {
        return { kind: "setting", name: keyOf(node), at: node, fallback: this.value(expr.args[0].value) };
      }
      at = callee.object;
    }
    return { kind: "setting", name: keyOf(node), at: node };
  }

  /** `app.config.get("X", default)`: what the app's settings write under X. */
  #configured(node: Node, args: { name: string | null; value: Node }[]): Value {
    const key = args[0] && this.text(args[0].value);
    const written = key === undefined ? undefined : this.#byFieldName(node, key);
    if (written && written.kind !== "unknown") return written;
    return args[1] ? this.value(args[1].value) : { kind: "unknown", at: node };
  }

  /** A helper of the app: one that reads the environment gives a setting, any other what it returns. */
  #ownFunction(node: Node, callee: Node, args: Node[]): Value {
    const fn = this.resolver.source(callee);
    const { language } = fn.file;
    if (!language.functionKinds.includes(fn.kind)) return { kind: "unknown", at: node };
    const place = args.findIndex((arg) => arg.file.language.expr(arg).type === "string");
    const key = args[place] ? this.text(args[place]) : undefined;
    if (key !== undefined && readsEnvironment(this.resolver, fn)) {
      const rest = args.slice(place + 1);
      const given = rest
        .map((arg) => this.value(arg))
        .find((value) => value.kind !== "unknown" && !isHint(value, rest.length));
      return { kind: "setting", name: key, at: node, ...(given && given.kind !== "nothing" && { fallback: given }) };
    }
    const returned = language.returned(fn);
    if (returned.length !== 1 || !returned[0] || this.#frames.has(fn)) return { kind: "unknown", at: node };
    this.#frames.set(fn, args);
    try {
      const value = this.value(returned[0]);
      return value.kind === "setting" && value.name === "" ? { ...value, name: keyOf(node), at: node } : value;
    } finally {
      this.#frames.delete(fn);
    }
  }
}

/** The property that an expression is written under. */
function keyOf(node: Node): string {
  return node.parent?.kind === "pair" ? (node.parent.field("key")?.text ?? "") : "";
}

/** A sentence given beside a name is a hint for the reader, not a default. */
function isHint(value: Value, count: number): boolean {
  return count === 1 && value.kind === "text" && / \w+ /.test(value.text);
}
