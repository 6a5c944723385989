import type { Condition } from "../model/evidence.ts";
import type { Answer } from "./client.ts";
import { at, parseJson, sameJson } from "./json.ts";

export const matchesStatus = (status: number, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => (pattern.endsWith("xx") ? pattern[0] === String(status)[0] : pattern === String(status)));

export const headerValues = (answer: Pick<Answer, "headers">, name: string): string[] =>
  answer.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** The first part of the condition that does not hold, in words; undefined when all of it holds. */
export function failureOf(condition: Condition, answer: Answer | undefined): string | undefined {
  if (!answer) return "there was no answer";
  const { status, notStatus, bodyHas, bodyLacks, maxItems, headerAbsent, headerMatches } = condition;
  const text = answer.bytes.toString("utf8");
  if (status && !matchesStatus(answer.status, status)) return `status ${answer.status}, not ${status.join(" or ")}`;
  if (notStatus && matchesStatus(answer.status, notStatus)) return `status ${answer.status}`;
  for (const wanted of bodyHas ?? []) if (!text.includes(wanted)) return `the body lacks ${JSON.stringify(wanted)}`;
  for (const unwanted of bodyLacks ?? [])
    if (text.includes(unwanted)) return `the body holds ${JSON.stringify(unwanted)}`;
  if ("jsonEquals" in condition && !sameJson(parseJson(text), condition.jsonEquals)) {
    return `the body is ${JSON.stringify(text.slice(0, 120))}, not ${JSON.stringify(condition.jsonEquals)}`;
  }
  for (const { pointer, equals } of condition.jsonAt ?? []) {
    const value = at(parseJson(text), pointer);
    if (!sameJson(value, equals)) return `${pointer} is ${JSON.stringify(value)}, not ${JSON.stringify(equals)}`;
  }
  if (maxItems) {
    const items = at(parseJson(text), maxItems.pointer);
    if (typeof items === "number" && items > maxItems.max)
      return `${maxItems.pointer} is ${items}, more than ${maxItems.max}`;
    if (Array.isArray(items) && items.length > maxItems.max) return `${items.length} rows, more than ${maxItems.max}`;
  }
  for (const name of headerAbsent ?? []) {
    const value = headerValues(answer, name)[0];
    if (value !== undefined) return `header ${name}: ${value}`;
  }
  for (const { name, pattern } of headerMatches ?? []) {
    const values = headerValues(answer, name);
    if (!values.some((value) => new RegExp(pattern, "i").test(value))) {
      return values.length ? `header ${name} is ${values.join(", ")}` : `header ${name} is missing`;
    }
  }
  if (condition.anyOf) {
    const failures = condition.anyOf.map((one) => failureOf(one, answer));
    if (failures.every((failure) => failure !== undefined)) return failures.join("; ");
  }
  return undefined;
}
