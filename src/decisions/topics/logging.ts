import type { Decision } from "../../model/decision.ts";
import { absent, earlier, type Sighting } from "../rule.ts";
import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

const REDACTING = /redact|sensitive|mask|scrub|censor|secret_?(fields|keys)/i;
const WRITES = /(^|\.)(log\w*|info|warn(ing)?|error|debug|print|write|emit|event)$/i;
const ENDS = /\b(process|sys)\.exit\(/;
const DEPTH = 2;

/**
 * Topic `logging`: the first logger by preference, whether its request lines hold the query, and what it leaves out of
 * its lines by name.
 */
export function logging(project: Project, loggers: readonly Sighting[], redacted: readonly string[]): Sighting[] {
  const [logger] = loggers;
  if (!logger) return [absent()];
  const names = [...new Set([...redacted, ...redactionLists(project)])].sort();
  const parts = [logger.choice, queryWords(project), names.length > 0 ? `redacts ${names.join(" ")}` : ""];
  return [{ ...logger, choice: parts.filter(Boolean).join(", ") }];
}

/**
 * What an app without a logger writes to its output, the same in every language: a line for every request, a logger of
 * its own, or failures only. Lines of the start, and of an end, are no log.
 */
export function printed(project: Project, writers: RegExp, isFailure: (node: Node) => boolean): Sighting[] {
  const found = project
    .callsOf(writers)
    .filter((call) => project.isLive(call.node))
    .flatMap((call): (Sighting & { rank: number })[] => {
      const fn = call.node.within(...project.language.functionKinds);
      const line = (rank: number, choice: string, origin: Decision["origin"]) => [
        { rank, choice, origin, at: call.node },
      ];
      if (isRequestLine(call) || (fn && writesParameters(fn, call) && reportsRequests(project, fn)))
        return line(3, "hand-written, requests", "hand-written");
      if (!fn || ENDS.test(fn.text)) return [];
      if (writesParameters(fn, call) && isLogger(fn)) return line(2, "hand-written", "hand-written");
      return isFailure(call.node) ? line(1, "failures only", "runtime") : [];
    });
  return found.sort((a, b) => b.rank - a.rank || earlier(a.at as Node, b.at as Node)).slice(0, 1);
}

/** Tells of the method and the status of a request that is over, also in a record that was made before. */
function isRequestLine(call: Call): boolean {
  const text = [call.node, ...recordsOf(call)].map((node) => node.text).join(" ");
  return text.length < 2_000 && /method/i.test(text) && /status/i.test(text) && !/=>\s*\{[^}]*\bif\b/s.test(text);
}

/** The objects whose names stand among the arguments. */
function recordsOf(call: Call): Node[] {
  return (call.node.field("arguments")?.all("identifier") ?? []).flatMap((name) => {
    const value = name.file.lookup(name.text, name)?.value;
    return value && /^(object|dictionary)$/.test(value.kind) ? [value] : [];
  });
}

function nameOf(fn: Node): string {
  const holder = /^(variable_declarator|pair|assignment)$/.test(fn.parent?.kind ?? "") ? fn.parent : undefined;
  return (fn.field("name") ?? holder?.field("name") ?? holder?.field("key") ?? holder?.field("left"))?.text ?? "";
}

/** `log`, a member of something that is called so, or of a file. */
function isLogger(fn: Node): boolean {
  if (/(^|\/)log(ger|ging|s)?\.\w+$/.test(fn.file.path)) return true;
  for (let at: Node | null = fn; at; at = at.parent) {
    const name =
      at.kind === "class_declaration" || at.kind === "class_definition" ? at.field("name")?.text : nameOf(at);
    const own = name || (at.kind === "variable_declarator" ? (at.field("name")?.text ?? "") : "");
    if (/log/i.test(own) && !/log(in|out)/i.test(own)) return true;
  }
  return false;
}

/** What is written is what the function was given. */
function writesParameters(fn: Node, call: Call): boolean {
  const names = new Set(
    (fn.field("parameters") ?? fn.field("parameter"))
      ?.all("identifier", "shorthand_property_identifier_pattern")
      .map(({ text }) => text),
  );
  const local = fn
    .all("variable_declarator", "assignment")
    .filter((node) =>
      (node.field("value") ?? node.field("right"))?.all("identifier").some(({ text }) => names.has(text)),
    );
  for (const node of local) names.add((node.field("name") ?? node.field("left"))?.text ?? "");
  const given = call.node.field("arguments");
  const written = given?.all("identifier", "shorthand_property_identifier") ?? [];
  return written.some(({ text }) => names.has(text));
}

/** Whether a writing function is called for requests, itself or through another that hands on to it. */
function reportsRequests(project: Project, fn: Node, depth = 0): boolean {
  return project.callSites(fn).some((site) => {
    const call = project.call(site);
    if (call && isRequestLine(call)) return true;
    const outer = site.within(...project.language.functionKinds);
    return (
      depth < DEPTH &&
      call !== undefined &&
      outer !== undefined &&
      outer !== fn &&
      writesParameters(outer, call) &&
      reportsRequests(project, outer, depth + 1)
    );
  });
}

function isWriting(call: Call): boolean {
  return (
    WRITES.test(call.callee.text) || /\bconsole\.|\bstd(out|err)\b|\bprint\(|\blog(ger)?\./.test(call.own?.text ?? "")
  );
}

const WITH_QUERY =
  /originalUrl$|\breq(uest)?\.url$|full_path|query_string|get_full_path|\.search$|\.href$|str\(\s*\w+\.url\s*\)/;
const WITHOUT_QUERY =
  /^[^{}`]*split\(\s*["']\?["'][^{}`]*$|\.pathname$|\burl\.path$|\[["']path["']\]|\b(req|request|ctx|c\.req)\.path$|^urlparse|^urlsplit/;

/** Whether request lines hold the query, which may hold what people search for, and tokens. */
function queryWords(project: Project): string {
  const lines = project.calls.filter((call) => isRequestLine(call) && isWriting(call) && project.isLive(call.node));
  const told = lines
    .flatMap((call) => [...(call.node.field("arguments")?.parts ?? []), ...recordsOf(call)])
    .flatMap(queriesIn);
  return told.find((words) => words === "with query") ?? told[0] ?? "";
}

/** What each address in an expression says, the outermost first: `request.url.path` is not `request.url`. */
function queriesIn(node: Node): string[] {
  const text = valueText(node);
  if (WITHOUT_QUERY.test(text)) return ["without query"];
  return WITH_QUERY.test(text) ? ["with query"] : node.children.flatMap(queriesIn);
}

/** An expression as it is written, or what its name was given: `const { url } = req` is `req.url`. */
function valueText(node: Node): string {
  if (node.kind !== "identifier" && node.kind !== "shorthand_property_identifier") return node.text;
  const binding = node.file.lookup(node.text, node);
  if (!binding?.value || binding.value.text.length > 200) return node.text;
  return [binding.value.text, ...binding.path].join(".");
}

/** Lists of field names that are called sensitive. */
function redactionLists(project: Project): string[] {
  return project.all("assignment", "variable_declarator").flatMap((node) => {
    const name = (node.field("left") ?? node.field("name"))?.text ?? "";
    const value = node.field("right") ?? node.field("value");
    const isList = value !== undefined && REDACTING.test(name) && !project.language.functionKinds.includes(value.kind);
    return isList ? (listed(project, value) ?? []) : [];
  });
}

function listed(project: Project, value: Node): string[] | undefined {
  const call = project.call(value);
  const list = call?.is(/^(Set|set|frozenset|tuple|list)$/) ? call.arg(0) : value;
  const expr = list && project.language.expr(list);
  return expr?.type === "list" ? project.values.texts(list as Node) : undefined;
}
