import type { Node } from "./node.ts";

/** What is known of a value without running the app. `at` is where it is written. */
export type Value =
  | { kind: "text"; text: string; at: Node }
  | { kind: "number"; value: number; at: Node }
  | { kind: "truth"; value: boolean; at: Node }
  | { kind: "nothing"; at: Node }
  | { kind: "list"; items: Value[]; at: Node }
  /** Read from outside: an environment variable or a settings field. */
  | { kind: "setting"; name: string; fallback?: Value; at: Node }
  | { kind: "unknown"; at: Node };

/** A value, or what stands in for a setting that is not set. */
export function settled(value: Value): Value | undefined {
  return value.kind === "setting" ? value.fallback && settled(value.fallback) : value;
}

/** Whether two values are known to be the same. */
export function same(a: Value, b: Value): boolean {
  if (a.kind === "text" && b.kind === "text") return a.text === b.text;
  if (a.kind === "number" && b.kind === "number") return a.value === b.value;
  if (a.kind === "truth" && b.kind === "truth") return a.value === b.value;
  if (a.kind === "setting" && b.kind === "setting") return a.name === b.name;
  if (a.kind === "list" && b.kind === "list")
    return a.items.length === b.items.length && a.items.every((item, i) => same(item, b.items[i] ?? item));
  return a.kind === b.kind && a.at === b.at;
}

/** The result of an arithmetic operator; undefined for any other. */
export function compute(operator: string, a: number, b: number): number | undefined {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
    case "//":
      return a / b;
    case "**":
      return a ** b;
    case "<<":
      return a * 2 ** b;
    default:
      return undefined;
  }
}
