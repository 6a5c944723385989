import { type Argument, handedOn } from "./expr.ts";
import type { Node } from "./node.ts";
import type { Project } from "./project.ts";

/** A call (or `new`, or a tagged template) with its callee resolved. */
export class Call {
  readonly project: Project;
  readonly node: Node;
  readonly callee: Node;
  readonly args: readonly Argument[];
  #name: string | null | undefined;

  constructor(project: Project, node: Node, callee: Node, args: readonly Argument[]) {
    this.project = project;
    this.node = node;
    const called = handedOn(callee, args);
    this.callee = called.callee;
    this.args = called.args;
  }

  get line(): number {
    return this.node.line;
  }

  /** The dotted name of what is called, when it is not the app's own. */
  get name(): string | undefined {
    if (this.#name === undefined) this.#name = this.project.resolver.name(this.callee) ?? null;
    return this.#name ?? undefined;
  }

  /** The last word of the callee: `hash` of `argon2.hash`. */
  get method(): string {
    const expr = this.callee.file.language.expr(this.callee);
    if (expr.type === "member") return expr.property;
    return expr.type === "name" ? expr.name : "";
  }

  /** What the method is called on. */
  get receiver(): Node | undefined {
    const expr = this.callee.file.language.expr(this.callee);
    return expr.type === "member" ? expr.object : undefined;
  }

  /** The app's own function or class that is called. */
  get own(): Node | undefined {
    const target = this.project.resolver.source(this.callee);
    const { language } = target.file;
    return language.functionKinds.includes(target.kind) || language.classKinds.includes(target.kind)
      ? target
      : undefined;
  }

  /** The positional argument at a place. */
  arg(index: number): Node | undefined {
    return this.args.filter((arg) => arg.name === null)[index]?.value;
  }

  /** A keyword argument, or that property of an object among the arguments. `a.b` looks inside `a`. */
  option(path: string): Node | undefined {
    const [head, ...rest] = path.split(".");
    let at = this.args.find((arg) => arg.name === head)?.value;
    const spreads = this.args.filter((arg) => arg.name === "**" || arg.name === null).map((arg) => arg.value);
    for (const arg of at ? [] : spreads)
      at ??= this.project.resolver.property(this.project.resolver.source(arg), head ?? "");
    for (const step of rest) at = at && this.project.resolver.property(this.project.resolver.source(at), step);
    return at;
  }

  /** Whether the named function is called, by full name. */
  is(names: RegExp): boolean {
    return this.name !== undefined && names.test(this.name);
  }
}
