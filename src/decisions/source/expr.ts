import type { Node } from "./node.ts";

/** One argument of a call; `name` is null for a positional one. */
export interface Argument {
  name: string | null;
  value: Node;
}

/** An expression in words that every language shares. What has no such word is `other`. */
export type Expr =
  | { type: "name"; name: string }
  | { type: "member"; object: Node; property: string }
  | { type: "index"; object: Node; index: Node }
  | { type: "call"; callee: Node; args: Argument[] }
  | { type: "string"; text: string }
  | { type: "number"; value: number }
  | { type: "boolean"; value: boolean }
  | { type: "null" }
  | { type: "list"; items: Node[] }
  | { type: "object"; entries: { key: string; value: Node; node: Node }[]; spreads: Node[] }
  | { type: "template"; parts: (string | Node)[] }
  | { type: "binary"; operator: string; left: Node; right: Node }
  /** `or`: the first that counts. `if`: one or the other, by `condition`. */
  | { type: "either"; operator: "or" | "if"; options: Node[]; condition?: Node }
  | { type: "function" }
  /** Parentheses, await, casts: stands for what is inside. */
  | { type: "inner"; node: Node }
  | { type: "other" };

/** What a name stands for where it is used. */
export interface Binding {
  kind: "import" | "value" | "function" | "class" | "parameter" | "item";
  name: string;
  /** Where it is bound. */
  node: Node;
  /** `value`: the expression. `parameter`: its default. */
  value?: Node;
  /** Names or positions to take out of the value, for destructuring. */
  path: (string | number)[];
  /** `import`: where from, and which name of it; null for the module itself. */
  module?: string;
  imported?: string | null;
  /** `parameter`: whose, and which. */
  fn?: Node;
  index?: number;
  annotation?: Node;
  /** Further values: later assignments and `+=`. */
  more: Node[];
}

export interface Scope {
  node: Node;
  kind: "module" | "function" | "class" | "block";
  names: Map<string, Binding>;
}

/** Run a function elsewhere: `to_thread(f, x)` is `f(x)`. The number tells where the function stands. */
const HANDED_ON: Record<string, number> = { run_in_threadpool: 0, to_thread: 0, run_sync: 0, run_in_executor: 1 };

/** What is really called, when a call hands a function to a thread. */
export function handedOn(callee: Node, args: readonly Argument[]): { callee: Node; args: readonly Argument[] } {
  const position = HANDED_ON[callee.text.split(".").at(-1) ?? ""];
  const handed = position === undefined ? undefined : args[position];
  return handed && position !== undefined ? { callee: handed.value, args: args.slice(position + 1) } : { callee, args };
}
