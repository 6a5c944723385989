import { readFileSync } from "node:fs";
import type { Check, Evidence, Exchange, KeptBody, NamedValue } from "../model/evidence.ts";

const PRELUDE = readFileSync(new URL("curl-prelude.sh", import.meta.url), "utf8");

interface Found {
  at: number;
  length: number;
  name: string;
}

/** Where values that differ from run to run stand in a text: longest first, no overlaps, in order. */
function placesIn(text: string, values: readonly NamedValue[]): Found[] {
  const found: Found[] = [];
  const free = (at: number, length: number) =>
    found.every((other) => at + length <= other.at || at >= other.at + other.length);
  for (const { literal, name, whole } of [...values].sort((a, b) => b.literal.length - a.literal.length)) {
    if (literal === "") continue;
    const escaped = literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const shape = whole
      ? new RegExp(`(?<=/|:\\s*"?)${escaped}(?=$|[/?]|"?\\s*[,}\\n])`, "g")
      : new RegExp(escaped, "g");
    for (const match of text.matchAll(shape))
      if (free(match.index, literal.length)) found.push({ at: match.index, length: literal.length, name });
  }
  return found.sort((a, b) => a.at - b.at);
}

function quoted(text: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(text)) return text;
  const escaped = text.replace(/[\\']/g, "\\$&");
  return `$'${escaped.replace(/[\u0000-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}'`;
}

/** A bash word for any text: `$'…'` keeps every byte, and values that differ from run to run become variables. */
function word(text: string, values: readonly NamedValue[]): string {
  let out = "";
  let at = 0;
  for (const place of placesIn(text, values)) {
    if (place.at > at) out += quoted(text.slice(at, place.at));
    out += `"$${place.name}"`;
    at = place.at + place.length;
  }
  return at < text.length ? out + quoted(text.slice(at)) : out || "''";
}

function bodyLines(body: KeptBody, n: number, values: readonly NamedValue[]): string[] {
  const file = `"$DIR/${n}.request"`;
  switch (body.kind) {
    case "text":
      return [`printf %s ${word(body.text, values)} > ${file}`];
    case "base64":
      return [`printf %s ${body.base64} | base64 -d > ${file}`];
    case "fill":
      return [
        `{ printf %s ${word(body.head, values)}; repeat ${body.fillBytes} ${word(body.fillByte, [])}; printf %s ${word(body.tail, values)}; } > ${file}`,
      ];
  }
}

function definition(value: NamedValue, known: readonly NamedValue[]): string {
  const { name, how } = value;
  switch (how.kind) {
    case "json":
      return `${name}=$(json_at ${how.exchange} ${word(how.pointer, [])})`;
    case "row":
      return `${name}=$(row_at ${how.exchange} ${word(how.pointer, [])} ${word(how.key, [])} ${word(how.value, [])} ${word(how.take, [])})`;
    case "header":
      return `${name}=$(header_of ${how.exchange} ${word(how.name, [])} ${word(how.pattern, [])})`;
    case "setting":
      return `${name}=$${how.name}`;
    case "hmac":
      return `${name}=$(printf %s ${word(how.text, known)} | openssl dgst -${how.hash} -hmac "$${how.setting}" | sed 's/.* //')`;
    case "jwt": {
      const key = how.signature === "setting" ? `"$${how.key}"` : word(how.key, []);
      return `${name}=$(jwt_from "$${how.from}" ${word(JSON.stringify(how.header), [])} ${word(JSON.stringify(how.claims), [])} ${how.signature} ${key})`;
    }
  }
}

const isCaptured = ({ how }: NamedValue): boolean => how.kind === "json" || how.kind === "header" || how.kind === "row";

const dependsOn = (value: NamedValue, values: readonly NamedValue[]): NamedValue | undefined =>
  value.how.kind === "jwt" ? values.find(({ name }) => name === (value.how as { from: string }).from) : undefined;

/**
 * The evidence as a bash script that repeats it with curl against a freshly started app and ends with PASS or FAIL and
 * the condition in words. Needs bash, curl, openssl and python3. Conditions that HTTP cannot show (a database row, a
 * file, an exit code) are named; where one of them decided, the script says so and ends with UNDECIDED. It stops where
 * something was done to the app outside HTTP: what follows would meet another app.
 */
export function renderCurl(evidence: Evidence): string {
  const lines: string[] = [];
  const defined = new Set<string>();
  const define = (value: NamedValue) => {
    if (defined.has(value.name)) return;
    const before = dependsOn(value, evidence.values);
    if (before) define(before);
    lines.push(
      definition(
        value,
        evidence.values.filter((one) => defined.has(one.name)),
      ),
    );
    defined.add(value.name);
  };
  const uses = (exchange: Exchange) =>
    JSON.stringify([exchange.request.path, exchange.request.headers, exchange.request.body]);
  const until = Math.min(...evidence.outside.map(({ after }) => after));
  for (const exchange of evidence.exchanges.filter(({ n }) => n <= until)) {
    const text = uses(exchange);
    for (const value of evidence.values)
      if (
        value.how.kind !== "json" &&
        value.how.kind !== "header" &&
        text.includes(JSON.stringify(value.literal).slice(1, -1))
      )
        define(value);
    const usable = evidence.values.filter(({ name }) => defined.has(name));
    lines.push(
      "",
      `# ${exchange.n}. ${exchange.label.replace(/[^\x20-\x7e]/g, "?")}`,
      ...requestLines(exchange, usable),
    );
    for (const value of evidence.values)
      if (isCaptured(value) && "exchange" in value.how && value.how.exchange === exchange.n) define(value);
    for (const check of evidence.checks)
      if (check.exchange === exchange.n) lines.push(checkLine(check, evidence.values));
  }
  const facts = evidence.checks.filter((check) => check.exchange === undefined);
  // What only a fact shows, a script of requests cannot decide.
  const overHttp = evidence.checks.some((check) => check.exchange !== undefined && check.role !== "control");
  const decidedOutside =
    evidence.outside.length > 0 ||
    facts.some((check) => !check.held && check.role !== "control") ||
    (facts.length > 0 && !overHttp);
  for (const { what } of evidence.outside) lines.push(`outside ${word(what, [])}`);
  for (const fact of facts.filter(({ held }) => !held))
    lines.push(`outside ${word(`${fact.words}${fact.detail ? ` (${fact.detail})` : ""}`.slice(0, 400), [])}`);
  const head = [
    "#!/usr/bin/env bash",
    `# ${evidence.id} ${evidence.slug}: ${evidence.verdict}`,
    `# ${evidence.summary.replace(/[^\x20-\x7e]/g, "?").slice(0, 300)}`,
    "# Repeats what led to this verdict. Start the app afresh (its first user becomes admin), then:",
    "#   BASE=http://127.0.0.1:8000 JWT_SECRET=... WEBHOOK_SECRET=... bash this-file.sh",
  ];
  return [...head, PRELUDE.trimEnd(), ...lines, "", `finish ${decidedOutside ? "outside" : "http"}`, ""].join("\n");
}

function requestLines(exchange: Exchange, values: readonly NamedValue[]): string[] {
  const { method, path, headers, body, chunked } = exchange.request;
  const lines = body ? bodyLines(body, exchange.n, values) : [];
  const args = headers.map(
    ([name, value]) => `-H ${value === "" ? word(`${name};`, []) : word(`${name}: ${value}`, values)}`,
  );
  if (chunked) args.push("-H 'Transfer-Encoding: chunked'");
  if (method === "HEAD") args.push("--head");
  if (body) args.push(`--data-binary @"$DIR/${exchange.n}.request"`);
  // curl adds a content type of its own to data; an empty one takes it away where the attack has none.
  if (body && !headers.some(([name]) => name.toLowerCase() === "content-type")) args.push("-H Content-Type:");
  lines.push(`ask ${exchange.n} ${method} ${word(path, values)} ${args.join(" ")}`.trimEnd());
  return lines;
}

const checkLine = (check: Check, values: readonly NamedValue[]): string =>
  `expect ${check.role} ${check.exchange ?? 0} ${word(JSON.stringify(check.condition ?? {}), values)} ${word(check.words, [])}`;
