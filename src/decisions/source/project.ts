import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Call } from "./call.ts";
import { handedOn } from "./expr.ts";
import { SourceFile } from "./file.ts";
import type { Language } from "./language.ts";
import type { Node } from "./node.ts";
import { Resolver } from "./resolver.ts";
import { Evaluator } from "./values.ts";

/** Larger files are bundles or data, never written by hand. */
const MAX_FILE_CHARS = 400_000;
/** So much in all is read in reasonable time; an app of its own does not come near. */
const MAX_CHARS = 1_000_000;

/** The files of one language of an app, and what is known of their names, calls and values. */
export class Project {
  readonly folder: string;
  readonly language: Language;
  readonly files: ReadonlyMap<string, SourceFile>;
  /** How many files there was no room for: what stands in none of the others may stand in these. */
  readonly unread: number;
  readonly resolver: Resolver;
  readonly values: Evaluator;
  #calls: Call[] | undefined;
  #callSites: Map<Node, Node[]> | undefined;
  #fields: Map<string, Node[]> | undefined;
  #named: Map<string, Node[]> | undefined;

  /** Reads the files, those nearest to the root first; what is not readable as text, or beyond the bounds, is left out. */
  constructor(folder: string, paths: readonly string[], language: Language) {
    this.folder = folder;
    this.language = language;
    const files = new Map<string, SourceFile>();
    const depth = (path: string) => path.split("/").length;
    let [chars, unread] = [0, 0];
    for (const path of [...paths].sort((a, b) => depth(a) - depth(b))) {
      const text = read(join(folder, path));
      if (text === undefined) continue;
      if (chars + text.length > MAX_CHARS) {
        unread++;
        continue;
      }
      chars += text.length;
      files.set(path, new SourceFile(path, text, language));
    }
    this.files = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.unread = unread;
    this.resolver = new Resolver(this.files, (fn) => this.callSites(fn));
    this.values = new Evaluator(this.resolver, (name) => this.fields(name));
  }

  /** Nodes of all files that match an ast-grep pattern or rule. */
  find(rule: Parameters<SourceFile["find"]>[0]): Node[] {
    return [...this.files.values()].flatMap((file) => file.find(rule));
  }

  /** Every node of the given kinds, by file and line. */
  all(...kinds: readonly string[]): Node[] {
    return [...this.files.values()].flatMap((file) => file.root.all(...kinds));
  }

  /** Every call, by file and line. */
  get calls(): readonly Call[] {
    this.#calls ??= this.all(...this.language.callKinds).flatMap((node) => this.call(node) ?? []);
    return this.#calls;
  }

  call(node: Node): Call | undefined {
    const expr = this.language.expr(node);
    return expr.type === "call" ? new Call(this, node, expr.callee, expr.args) : undefined;
  }

  /** Calls whose full name matches. */
  callsOf(names: RegExp): Call[] {
    return this.calls.filter((call) => call.is(names));
  }

  /** Where a function of the app is called. */
  callSites(fn: Node): Node[] {
    if (!this.#callSites) {
      const sites = new Map<Node, Node[]>();
      this.#callSites = sites;
      for (const node of this.all(...this.language.callKinds)) {
        const expr = this.language.expr(node);
        if (expr.type !== "call") continue;
        const target = this.resolver.source(handedOn(expr.callee, expr.args).callee);
        const to = this.language.classKinds.includes(target.kind)
          ? (this.language.attribute(target, "__init__")?.value ?? target)
          : target;
        if (this.language.functionKinds.includes(to.kind)) sites.set(to, [...(sites.get(to) ?? []), node]);
      }
    }
    return this.#callSites.get(fn) ?? [];
  }

  /** Every value written under a property, keyword or attribute name. */
  fields(name: string): Node[] {
    this.#fields ??= this.#collectFields();
    return this.#fields.get(name) ?? [];
  }

  #collectFields(): Map<string, Node[]> {
    const fields = new Map<string, Node[]>();
    const add = (name: string, value: Node | undefined) => {
      if (value && value.text !== name) fields.set(name, [...(fields.get(name) ?? []), value]);
    };
    for (const node of this.all(
      "pair",
      "keyword_argument",
      "public_field_definition",
      "assignment",
      "assignment_expression",
    )) {
      if (node.kind === "pair") add(node.field("key")?.text.replace(/^["']|["']$/g, "") ?? "", node.field("value"));
      else if (node.kind.startsWith("assignment")) {
        const left = node.field("left");
        const cls = node.within("class_definition")?.field("name")?.text ?? "";
        if (/^(Test|Dev|Local)/.test(cls)) continue;
        const inClassOrSettings =
          node.parent?.parent?.parent?.kind === "class_definition" || /settings|config/.test(node.file.path);
        if (left?.kind === "subscript")
          add(left.field("subscript")?.text.replace(/^["']|["']$/g, "") ?? "", node.field("right"));
        else if (left?.kind === "identifier" && inClassOrSettings) add(left.text, node.field("right"));
      } else add(node.field("name")?.text ?? "", node.field("value"));
    }
    return fields;
  }

  /** How often a word stands in the app as a name. */
  mentions(name: string): number {
    return this.named(name).length;
  }

  /** Every place where a word stands as a name, but for imports and lists of exports. */
  named(name: string): readonly Node[] {
    if (!this.#named) {
      const kinds = [
        "identifier",
        "property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "type_identifier",
      ];
      const names = this.all(...kinds);
      this.#named = Map.groupBy(
        names.filter((node) => !node.within("import_statement", "import_from_statement", "export_clause")),
        ({ text }) => text,
      );
    }
    return this.#named.get(name) ?? [];
  }

  /** Whether the code around a node is reached at all: a dead function is neither exported nor mentioned anywhere else. */
  isLive(node: Node): boolean {
    for (let fn = node.within(...this.language.functionKinds); fn; fn = fn.within(...this.language.functionKinds)) {
      const name =
        fn.field("name")?.text ??
        (fn.parent?.kind === "variable_declarator" ? fn.parent.field("name")?.text : undefined);
      const decorated = fn.parent?.kind === "decorated_definition";
      const isMethod = fn.kind === "method_definition" || fn.parent?.parent?.kind === "class_definition";
      const entry =
        fn.within("export_statement") !== undefined ||
        /^(create|make|build|get)_app$|^(main|lifespan|handler|application)$/.test(name ?? "");
      if (name && !decorated && !isMethod && !entry && this.mentions(name) <= 1) return false;
    }
    return true;
  }
}

function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.length > MAX_FILE_CHARS || text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
