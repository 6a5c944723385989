import type { Node } from "./node.ts";
import { settled, type Value } from "./value.ts";

const UNIT_SECONDS: Record<string, number> = {
  seconds: 1,
  minutes: 60,
  hours: 3600,
  days: 86_400,
  weeks: 604_800,
  milliseconds: 0.001,
};

/** The list that a text is once it is split; of a setting, its default is split. */
export function splitBy(value: Value, separator: string): Value {
  if (value.kind === "setting")
    return value.fallback ? { ...value, fallback: splitBy(value.fallback, separator) } : value;
  if (value.kind !== "text") return value;
  return {
    kind: "list",
    items: value.text.split(separator).map((text) => ({ kind: "text", text: text.trim(), at: value.at })),
    at: value.at,
  };
}

/** The seconds of a `timedelta(hours=1, minutes=30)`, with the last of its figures as its place. */
export function durationOf(node: Node, figures: readonly { unit: string | null; value: Value }[]): Value {
  let total = 0;
  let at = node;
  for (const { unit, value } of figures) {
    const figure = settled(value);
    if (figure?.kind !== "number" && figure?.kind !== "text") return { kind: "unknown", at: node };
    total +=
      Number(figure.kind === "number" ? figure.value : figure.text) * (UNIT_SECONDS[unit ?? "days"] ?? Number.NaN);
    at = figure.at;
  }
  return Number.isFinite(total) ? { kind: "number", value: total, at } : { kind: "unknown", at: node };
}
