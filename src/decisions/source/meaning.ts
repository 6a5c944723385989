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
