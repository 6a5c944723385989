import type { NapiConfig, SgRoot } from "@ast-grep/napi";
import type { Binding, Scope } from "./expr.ts";
import type { Language } from "./language.ts";
import { Node } from "./node.ts";

/** One parsed file of the app. */
export class SourceFile {
  /** Relative to the app's folder, with `/`. */
  readonly path: string;
  readonly language: Language;
  readonly root: Node;
  readonly text: string;
  /** By the id of the node that opens the scope. */
  readonly scopes = new Map<Node, Scope>();
  /** JavaScript: what other files can import, by name. */
  readonly exports = new Map<string, Binding>();
  /** JavaScript: modules whose exports are passed on whole. */
  readonly passedOn: string[] = [];
  readonly #nodes = new Map<number, Node>();
  readonly #parsed: SgRoot;

  constructor(path: string, text: string, language: Language) {
    this.path = path;
    this.text = text;
    this.language = language;
    this.#parsed = language.parse(path, text);
    this.root = new Node(this, this.#parsed.root(), null);
    language.declare(this);
  }

  remember(id: number, node: Node): void {
    this.#nodes.set(id, node);
  }

  recall(id: number): Node | undefined {
    return this.#nodes.get(id);
  }

  /** Nodes that match an ast-grep pattern or rule, in source order. */
  find(rule: string | NapiConfig): Node[] {
    return this.#parsed
      .root()
      .findAll(rule)
      .flatMap((found) => this.recall(found.id()) ?? []);
  }

  /** The binding that a name has at a node, looking outwards through the scopes. */
  lookup(name: string, at: Node): Binding | undefined {
    let passedFunction = false;
    for (let node: Node | null = at; node; node = node.parent) {
      const scope = this.scopes.get(node);
      if (!scope) continue;
      if (scope.kind === "class" && passedFunction) continue;
      if (scope.kind === "function") passedFunction = true;
      const found = scope.names.get(name);
      if (found) return found;
    }
    return undefined;
  }

  /** A name of the file's outermost scope. */
  global(name: string): Binding | undefined {
    return this.scopes.get(this.root)?.names.get(name);
  }
}
