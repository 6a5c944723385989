import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { settled } from "../source/value.ts";

/** A life in seconds and where the figure stands. */
export interface Duration {
  seconds: number;
  at: Node;
}

const UNITS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  sec: 1,
  second: 1,
  m: 60,
  min: 60,
  minute: 60,
  h: 3600,
  hr: 3600,
  hour: 3600,
  d: 86_400,
  day: 86_400,
  w: 604_800,
  week: 604_800,
  y: 31_557_600,
  year: 31_557_600,
};
const NOW = /\b(now(In|_in)?\w*|utcnow|time|Date\.now|issued|iat|issued_at|issuedAt)\b/;

/** `15m`, `24h`, `7d`: the largest unit that divides it, days from two on. */
export function lifeText(seconds: number): string {
  if (seconds > 86_400 && seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds >= 60 && seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}

/** `2h`, `7 days`, `3600s`; undefined for anything else. */
export function secondsOfText(text: string): number | undefined {
  const span = text.replace(/\s+from now$/i, "");
  const match = /^\s*\+?(\d+(?:\.\d+)?)\s*(ms|[smhdwy]|sec|min|hr|second|minute|hour|day|week|year)s?\s*$/i.exec(span);
  const unit = match?.[2] && UNITS[match[2].toLowerCase()];
  return match && unit ? Number(match[1]) * unit : undefined;
}

/** An option such as `expiresIn`: a text with a unit, or a number of seconds. */
export function lifeOfOption(project: Project, node: Node): Duration | undefined {
  const value = settled(project.values.value(node));
  const at = project.values.value(node).at;
  if (value?.kind === "number") return { seconds: value.value, at };
  if (value?.kind !== "text") return undefined;
  const seconds = secondsOfText(value.text) ?? (/^\d+$/.test(value.text) ? Number(value.text) : undefined);
  return seconds === undefined ? undefined : { seconds, at };
}

/** The distance from now of an expression like `now + timedelta(hours=1)` or `Math.floor(Date.now() / 1000) + 3600`. */
export function lifeFromNow(project: Project, node: Node, depth = 0): Duration | undefined {
  if (depth > 10) return undefined;
  const expr = project.language.expr(node);
  if (expr.type === "inner") return lifeFromNow(project, expr.node, depth + 1);
  if (expr.type === "binary" && expr.operator === "+") return addedToNow(project, node, expr.left, expr.right);
  if (expr.type === "binary" && expr.operator === "/")
    return scaled(lifeFromNow(project, expr.left, depth + 1), project.values.number(expr.right));
  if (expr.type === "name") {
    const binding = project.resolver.binding(node);
    const values =
      binding?.kind === "value"
        ? [binding.value, ...binding.more]
        : binding?.kind === "parameter"
          ? project.resolver.passed(binding)
          : [];
    for (const value of values) {
      const found = value && lifeFromNow(project, value, depth + 1);
      if (found) return found;
    }
    return undefined;
  }
  if (expr.type === "either")
    return expr.options.map((option) => lifeFromNow(project, option, depth + 1)).find(Boolean);
  if (expr.type !== "call") return undefined;
  const call = project.call(node);
  const moved = call && calendarStep(project, call);
  if (moved) return moved;
  const inside =
    call?.receiver && /^(timestamp|getTime|valueOf|unix|toDate|strftime|isoformat)$/.test(call.method)
      ? call.receiver
      : expr.args[0]?.value;
  const ownResult =
    call?.own && project.language.functionKinds.includes(call.own.kind)
      ? project.language.returned(call.own)[0]
      : undefined;
  return (
    (inside && lifeFromNow(project, inside, depth + 1)) ?? (ownResult && lifeFromNow(project, ownResult, depth + 1))
  );
}

/** `moment().add(7, "days")` and `dayjs().add(1, "hour")`. */
function calendarStep(project: Project, call: Call): Duration | undefined {
  const [count, unit] = [call.arg(0), call.arg(1)];
  if (call.method !== "add" || !count || !unit || !/^(moment|dayjs|luxon)/.test(call.name ?? "")) return undefined;
  const each = secondsOfText(`1 ${project.values.text(unit) ?? ""}`);
  const value = project.values.number(count);
  return each && value !== undefined ? { seconds: each * value, at: project.values.value(count).at } : undefined;
}

function scaled(duration: Duration | undefined, by: number | undefined): Duration | undefined {
  return duration && by ? { seconds: duration.seconds / by, at: duration.at } : undefined;
}

function addedToNow(project: Project, whole: Node, left: Node, right: Node): Duration | undefined {
  const leftIsNow = NOW.test(left.text) || NOW.test(project.resolver.source(left).text);
  const span = leftIsNow ? right : NOW.test(right.text) ? left : undefined;
  const now = leftIsNow ? left : right;
  if (!span) return undefined;
  const value = span && amount(project, span);
  if (!value) return undefined;
  const inMilliseconds =
    /Date\.now\(\)|getTime\(\)/.test(now.text) && !/\/\s*1_?000/.test(now.text) && !isDivided(whole);
  return { seconds: inMilliseconds ? value.seconds / 1000 : value.seconds, at: value.at };
}

function isDivided(node: Node): boolean {
  const outer = node.parent?.kind === "parenthesized_expression" ? node.parent.parent : node.parent;
  return outer?.kind === "binary_expression" && outer.field("operator")?.text === "/";
}

/** A number, a timedelta, or one of several that is known. */
function amount(project: Project, node: Node): Duration | undefined {
  const seconds = project.values.number(node);
  if (seconds !== undefined) return { seconds, at: project.values.value(node).at };
  const expr = project.language.expr(node);
  if (expr.type === "inner") return amount(project, expr.node);
  if (expr.type === "either") return expr.options.map((option) => amount(project, option)).find(Boolean);
  return undefined;
}
