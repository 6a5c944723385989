import type { SgNode } from "@ast-grep/napi";
import type { SourceFile } from "./file.ts";

/** A syntax node with its parent, its file and its one-based line: what ast-grep hands out, kept once per file. */
export class Node {
  readonly file: SourceFile;
  readonly kind: string;
  readonly named: boolean;
  readonly line: number;
  readonly parent: Node | null;
  readonly children: readonly Node[];
  /** Its place in `file.nodes`, where what lies inside it follows up to `#end`. */
  readonly #start: number;
  readonly #end: number;
  readonly #sg: SgNode;
  readonly #fields = new Map<string, Node | undefined>();
  #text: string | undefined;

  constructor(file: SourceFile, sg: SgNode, parent: Node | null) {
    this.file = file;
    this.#sg = sg;
    this.parent = parent;
    this.kind = String(sg.kind());
    this.named = sg.isNamed();
    this.line = sg.range().start.line + 1;
    this.#start = file.remember(sg.id(), this);
    this.children = sg.children().map((child) => new Node(file, child, this));
    this.#end = file.nodes.length;
  }

  get text(): string {
    this.#text ??= this.#sg.text();
    return this.#text;
  }

  /** Named children without comments. */
  get parts(): Node[] {
    return this.children.filter((child) => child.named && child.kind !== "comment");
  }

  /** Which part of its list it is, from 0; places left empty, as in `[, b]`, count. */
  get position(): number {
    const siblings = this.parent?.children ?? [];
    return siblings.slice(0, siblings.indexOf(this)).filter(({ kind }) => kind === ",").length;
  }

  /** The child in a named field of the grammar. */
  field(name: string): Node | undefined {
    if (this.#fields.has(name)) return this.#fields.get(name);
    const found = this.#sg.field(name);
    const node = found ? this.file.recall(found.id()) : undefined;
    this.#fields.set(name, node);
    return node;
  }

  /** Nearest ancestor of one of the kinds. */
  within(...kinds: readonly string[]): Node | undefined {
    for (let at = this.parent; at; at = at.parent) if (kinds.includes(at.kind)) return at;
    return undefined;
  }

  /** Whether `other` is this node or lies inside it. */
  holds(other: Node): boolean {
    return this.file === other.file && this.#start <= other.#start && other.#start < this.#end;
  }

  /** This node and everything inside it, in source order. */
  walk(): readonly Node[] {
    return this.file.nodes.slice(this.#start, this.#end);
  }

  /** Everything inside of the given kinds, itself counted, in source order. */
  all(...kinds: readonly string[]): Node[] {
    return this.file.ofKinds(kinds, this.#start, this.#end);
  }
}
