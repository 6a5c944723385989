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
