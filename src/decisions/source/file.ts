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
  /** Every node, in source order: what lies inside a node follows it at once. */
  readonly nodes: Node[] = [];
  readonly #byId = new Map<number, Node>();
  /** Places in `nodes`, ascending. */
  readonly #byKind = new Map<string, number[]>();
  readonly #parsed: SgRoot;

  constructor(path: string, text: string, language: Language) {
    this.path = path;
    this.text = text;
    this.language = language;
    this.#parsed = language.parse(path, text);
    this.root = new Node(this, this.#parsed.root(), null);
    language.declare(this);
  }

  /** Takes the next node in source order, and says its place in `nodes`. */
  remember(id: number, node: Node): number {
    const place = this.nodes.push(node) - 1;
    this.#byId.set(id, node);
    const alike = this.#byKind.get(node.kind);
    if (alike) alike.push(place);
    else this.#byKind.set(node.kind, [place]);
    return place;
  }

  recall(id: number): Node | undefined {
    return this.#byId.get(id);
  }

  /** The nodes of some kinds whose places are from `start` up to, not including, `end`. */
  ofKinds(kinds: readonly string[], start: number, end: number): Node[] {
    const places: number[] = [];
    for (const kind of new Set(kinds)) {
      const alike = this.#byKind.get(kind) ?? [];
      for (let i = firstFrom(alike, start); i < alike.length; i++) {
        const place = alike[i] as number;
        if (place >= end) break;
        places.push(place);
      }
    }
    if (kinds.length > 1) places.sort((a, b) => a - b);
    return places.map((place) => this.nodes[place] as Node);
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

/** Where in an ascending list the first number lies that is not below `least`. */
function firstFrom(sorted: readonly number[], least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
