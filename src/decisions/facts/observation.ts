import type { Exchange } from "../../model/evidence.ts";
import type { BehaviourFact } from "../behaviour.ts";
import { headerOf, labelled, textOf } from "./exchanges.ts";

/** Headers that a browser heeds for the safety of any answer. */
const SECURITY_HEADERS = [
  "x-content-type-options",
  "x-frame-options",
  "strict-transport-security",
  "content-security-policy",
  "referrer-policy",
];

/** Whether the app shows its own description. */
export function docsFacts(observed: readonly Exchange[]): BehaviourFact[] {
  const asked = labelled(observed, "docs:");
  if (asked.length === 0) return [];
  const open = asked.filter(
    (one) => one.response?.status === 200 && /"openapi"|"swagger"|swagger-ui|redoc/i.test(textOf(one)),
  );
  const seen =
    open.length > 0
      ? open.map(({ request }) => `GET ${request.path} gives 200`).join(", ")
      : `no docs at ${asked.map(({ request }) => request.path).join(", ")}`;
  return [
    open.length > 0
      ? { topic: "docs-exposure", choice: "open", agrees: /^(open|partly off)$/, by: "behaviour", seen }
      : { topic: "docs-exposure", choice: "none", agrees: /^(none|off|by setting)$/, by: "behaviour", seen },
  ];
}

/** What a foreign origin learns before it sends anything: whether it may, and which methods there are. */
export function corsFacts(observed: readonly Exchange[]): BehaviourFact[] {
  const preflights = labelled(observed, "preflight:");
  const [first] = preflights;
  if (!first) return [];
  const origin = first.request.headers.find(([name]) => name === "Origin")?.[1] ?? "";
  const allowed = preflights
    .map((one) => headerOf(one, "access-control-allow-origin"))
    .find((value) => value === "*" || value === origin);
  const methods = listIn(preflights, "access-control-allow-methods");
  // Tells the methods as well, to anybody, and is no CORS header (RFC 9110, 10.2.1): no browser reads it to a page.
  const allow = preflights.flatMap((one) => {
    const listed = listIn([one], "allow");
    return listed ? [`${listed} at ${one.request.path}`] : [];
  });
  return [
    allowed
      ? {
          topic: "cors",
          choice: "any origin",
          agrees: /\*|reflected|pattern/,
          by: "behaviour",
          seen: `Access-Control-Allow-Origin: ${allowed} for ${origin}`,
        }
      : {
          topic: "cors",
          choice: "not any origin",
          agrees: /^(?!.*(\*|reflected))/,
          by: "behaviour",
          seen: `${origin} is not allowed`,
        },
    {
      topic: "cors-methods-told",
      choice: methods || "none",
      agrees: methods ? /^to any origin$/ : /^none$/,
      by: "behaviour",
      seen: [
        methods
          ? `${origin}, which is not asked for, is told Access-Control-Allow-Methods: ${methods}`
          : `${origin} is told no Access-Control-Allow-Methods`,
        ...(allow.length > 0 ? [`answers to OPTIONS have Allow: ${allow.join(", ")}, which is no CORS header`] : []),
      ].join("; "),
    },
  ];
}

/** What the answers list under a header, sorted; empty when none has it. */
function listIn(exchanges: readonly Exchange[], header: string): string {
  const listed = exchanges.flatMap((one) => (headerOf(one, header) ?? "").split(",")).map((one) => one.trim());
  return [...new Set(listed.filter(Boolean))].sort().join(" ");
}

/** The security headers of the answers that the app's own code may have made. */
export function headerFacts(observed: readonly Exchange[]): BehaviourFact[] {
  const answers = observed.filter((one) => one.response !== undefined && !isFrameworksOwn(one));
  if (answers.length === 0) return [];
  const on = (name: string) => answers.filter((one) => headerOf(one, name) !== undefined).length;
  const all = SECURITY_HEADERS.filter((name) => on(name) === answers.length);
  const some = SECURITY_HEADERS.filter((name) => on(name) > 0 && on(name) < answers.length);
  const seen = [
    all.length > 0 ? `on all of ${answers.length} answers: ${all.join(" ")}` : "",
    some.length > 0 ? `on some: ${some.join(" ")}` : "",
  ];
  const fact = (choice: string, agrees: RegExp, silentOn?: RegExp): BehaviourFact[] => [
    {
      ...{ topic: "security-headers", choice, agrees, ...(silentOn && { silentOn }), by: "behaviour" as const },
      seen: seen.filter(Boolean).join("; ") || `none on ${answers.length} answers`,
    },
  ];
  if (all.length > 0) return fact("on all answers", /^(?!none$|.*some answers)/);
  if (some.length > 0) return fact("on some answers", /^(?!none$)/);
  // Set on downloads alone, they show on none of these answers.
  return fact("none", /^none$/, /some answers$/);
}

/**
 * Express answers some requests by itself, with `nosniff` and a policy of its own: the page of its last handler, and the
 * list of methods for OPTIONS. They say nothing of the app.
 */
function isFrameworksOwn(exchange: Exchange): boolean {
  const { request, response } = exchange;
  const isLastPage =
    (response?.status ?? 0) >= 400 &&
    headerOf(exchange, "content-security-policy") === "default-src 'none'" &&
    /<pre>/.test(textOf(exchange));
  const allow = headerOf(exchange, "allow");
  const isMethodList = request.method === "OPTIONS" && allow !== undefined && textOf(exchange).trim() === allow;
  return isLastPage || isMethodList;
}

/** Wordings of the parsers and validators that apps are built with; an app's own words do not read so. */
const VALIDATOR_WORDS = new RegExp(
  [
    // Python: pydantic, and its JSON; also serde's places.
    String.raw`"loc"\s*:|"ctx"\s*:|errors\.pydantic|JSONDecode|\bline \d+ column \d+`,
    // JavaScript: zod, ajv, TypeBox, valibot.
    String.raw`"invalid_type"|ZodError|"schemaPath"\s*:|"instancePath"\s*:|"validation"\s*:|expected \w+,? (but )?received|\bbody(/\w+)? must (be|have) (string|object|required)`,
    // JSON in V8, JavaScriptCore and SpiderMonkey.
    String.raw`(in|after) JSON at position \d|Unexpected (token|end of JSON input)|["'] is not valid JSON|JSON Parse error:|JSON\.parse:`,
    // Go, Jackson, .NET.
    String.raw`invalid character .{1,8} (looking for|in string|after)|json: (cannot unmarshal|unknown field)|unexpected end of JSON input|Cannot deserialize value|end-of-input|com\.fasterxml|BytePositionInLine`,
  ].join("|"),
  "i",
);
const TRACE = /Traceback \(most|\bat [^\n]+:\d+:\d+|node_modules|site-packages/;

/** What a refusal of malformed input tells: a trace, the validator's own words, what was sent, or nothing of these. */
export function validationFacts(observed: readonly Exchange[]): BehaviourFact[] {
  const refusals = labelled(observed, "malformed:").filter(({ response }) => (response?.status ?? 0) >= 400);
  if (refusals.length === 0) return [];
  const sent = refusals.map(({ request }) => JSON.stringify(request.body));
  const word = sent.flatMap((body) => /\becho\w+/.exec(body) ?? [])[0];
  const texts = refusals.map((one) => textOf(one).replaceAll('\\"', '"'));
  const told = [
    ...(texts.some((text) => TRACE.test(text)) ? ["a trace"] : []),
    ...(texts.some((text) => VALIDATOR_WORDS.test(text)) ? ["the validator's words"] : []),
    ...(word && texts.some((text) => text.includes(word)) ? ["what was sent"] : []),
  ];
  const tells = (one: Exchange) =>
    [VALIDATOR_WORDS, TRACE].some((words) => words.test(textOf(one))) || (word && textOf(one).includes(word));
  const example = refusals.find(tells) ?? refusals[0];
  const { method, path } = example?.request ?? { method: "", path: "" };
  const said = (example ? textOf(example) : "").replace(/\s+/g, " ").slice(0, 120);
  return [
    {
      topic: "validation-errors",
      choice: told.length > 0 ? `tell ${told.join(", ")}` : "tell nothing of the inside",
      by: "behaviour",
      seen: `a malformed ${method} ${path} gives ${example?.response?.status ?? "no answer"}: ${said}`,
    },
  ];
}
