import type { Evidence, Exchange } from "../model/evidence.ts";
import { OBSERVATION } from "../model/evidence.ts";
import type { BehaviourFact } from "./behaviour.ts";
import { claimList } from "./topics/claims.ts";
import { lifeText } from "./topics/durations.ts";

/** Headers that a browser heeds for the safety of any answer. */
const SECURITY_HEADERS = [
  "x-content-type-options",
  "x-frame-options",
  "strict-transport-security",
  "content-security-policy",
  "referrer-policy",
];

/**
 * What the stored evidence of one app shows of its choices: verdicts where they say it, exchanges where they show it.
 * Of a test that did not run, or could not be judged, nothing is said.
 */
export function factsOf(evidence: readonly Evidence[]): BehaviourFact[] {
  const of = (id: string) => evidence.find((one) => one.id === id);
  const observed = of(OBSERVATION)?.exchanges ?? [];
  return [
    ...passwordFacts(of("T1-05")),
    ...tokenFacts(evidence),
    ...throttlingFacts(of("T2-03")),
    ...secretFacts(of("T1-25")),
    ...errorFacts(of("T1-24")),
    ...policyFacts(of("T2-01")),
    ...docsFacts(observed),
    ...corsFacts(observed),
    ...headerFacts(observed),
    ...validationFacts(observed),
  ];
}

const judged = (evidence: Evidence | undefined) =>
  evidence?.verdict === "defended" || evidence?.verdict === "exploited" ? evidence : undefined;

/** T1-05 recomputes what the database holds from the known password; its words name the function and its cost. */
function passwordFacts(evidence: Evidence | undefined): BehaviourFact[] {
  const seen = judged(evidence)?.checks.findLast(({ role }) => role === "attack")?.detail;
  if (!seen) return [];
  const fact = (topic: string, choice: string, agrees: RegExp): BehaviourFact => ({
    topic,
    choice,
    agrees,
    by: "database",
    seen,
  });
  const hashing = (choice: string, agrees: RegExp) => fact("password-hashing", choice, agrees);
  // A library's own cost is `default` in the source.
  const cost = (choice: string, ...figures: string[]) =>
    fact("password-hash-cost", choice, new RegExp(`^default$|^(?=.*${figures.join(")(?=.*")})`));
  const bcrypt = /^bcrypt\b.*?cost (\d+)/.exec(seen);
  if (bcrypt) return [hashing("bcrypt", /^bcrypt/), cost(`rounds=${bcrypt[1]}`, `\\b${bcrypt[1]}\\b`)];
  const argon2 = /^argon2.*?(\d+) KiB(?:.*?(\d+) passes)?/.exec(seen);
  if (argon2) {
    const [, memory, passes] = argon2;
    return [
      hashing("argon2", /^argon2/),
      cost(`m=${memory}${passes ? `, t=${passes}` : ""}`, `m=${memory}\\b`, passes ? `t=${passes}\\b` : ""),
    ];
  }
  const pbkdf2 = /^PBKDF2-(\S+) with ([\d,]+)/.exec(seen);
  if (pbkdf2) {
    const [digest, rounds] = [pbkdf2[1]?.toLowerCase().replaceAll("-", ""), pbkdf2[2]?.replaceAll(",", "")];
    return [
      hashing(`pbkdf2-${digest}`, new RegExp(`^pbkdf2(-${digest})?$`)),
      cost(`iterations=${rounds}`, `\\b${rounds}\\b`),
    ];
  }
  const scrypt = /^scrypt, (N=\d+), (r=\d+), (p=\d+)/.exec(seen);
  if (scrypt) {
    const figures = scrypt.slice(1, 4);
    return [hashing("scrypt", /^scrypt$/), cost(figures.join(", "), ...figures.map((figure) => `${figure}\\b`))];
  }
  if (/^the password itself/.test(seen)) return [hashing("plain", /^plain$/)];
  const fast = /\b(SHA-?\d+|MD5|SHA3-?\d+|BLAKE2[BS])\b/i.exec(seen)?.[1]?.toLowerCase().replaceAll("-", "");
  return fast ? [hashing(fast, new RegExp(`^${fast}$`))] : [];
}

/** The first token that the app gave out: its algorithm, claims and life. */
function tokenFacts(evidence: readonly Evidence[]): BehaviourFact[] {
  for (const { exchanges } of evidence)
    for (const { response, request } of exchanges) {
      const text = response && response.status < 300 ? textOf({ response }) : "";
      const token = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/.exec(text)?.[0];
      const [header, claims] = (token?.split(".") ?? []).slice(0, 2).map(jsonPart);
      // A token that we sent ourselves and had echoed tells nothing.
      if (!token || !header || !claims || JSON.stringify(request).includes(token)) continue;
      const names = claimList(Object.keys(claims));
      const seen = `in a token from ${request.method} ${request.path}`;
      const { exp, iat } = claims;
      const alg = String(header["alg"]);
      const life =
        exp === undefined
          ? "none"
          : typeof exp === "number" && typeof iat === "number"
            ? lifeText(Math.round(exp - iat))
            : undefined;
      const fact = (topic: string, choice: string, agrees: RegExp): BehaviourFact => ({
        ...{ topic, choice, agrees, by: "behaviour" as const },
        seen: `${choice} ${seen}`,
      });
      return [
        fact("jwt-algorithm", alg, new RegExp(`\\b${alg}\\b`)),
        fact("jwt-claims", names, exactly(names)),
        ...(life ? [fact("jwt-life", life, exactly(life))] : []),
      ];
    }
  return [];
}

const exactly = (text: string) => new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);

function jsonPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function throttlingFacts(evidence: Evidence | undefined): BehaviourFact[] {
  if (evidence?.verdict === "exploited")
    return [
      {
        topic: "throttling",
        choice: "none",
        agrees: /^none$/,
        by: "behaviour",
        seen: "20 wrong logins were answered alike",
      },
    ];
  if (evidence?.verdict !== "defended") return [];
  const seen =
    evidence.summary
      .replace(/^Withstood: /, "")
      .split(". ")
      .slice(1)
      .join(". ") || "logins give way";
  return [{ topic: "throttling", choice: "of logins", agrees: /^(?!none$)/, by: "behaviour", seen }];
}

function secretFacts(evidence: Evidence | undefined): BehaviourFact[] {
  const fact = (choice: string, agrees: RegExp, seen: string): BehaviourFact[] => [
    { topic: "secrets", choice, agrees, of: "JWT_SECRET", by: "behaviour", seen },
  ];
  if (evidence?.verdict === "defended")
    return fact("environment, required", /required$/, "it does not start without JWT_SECRET");
  if (evidence?.verdict !== "exploited") return [];
  return fact("not required", /default$|optional$|random$|when used$|^hard-coded|^file/, evidence.summary);
}

function errorFacts(evidence: Evidence | undefined): BehaviourFact[] {
  if (evidence?.verdict === "defended")
    return [
      {
        topic: "error-handling",
        choice: "hidden",
        agrees: /hidden$/,
        by: "behaviour",
        seen: "a failing database shows as a plain 500",
      },
    ];
  const leak = evidence?.checks.find(({ held, words }) => !held && /no inside shows/.test(words));
  if (evidence?.verdict !== "exploited" || !leak) return [];
  return [{ topic: "error-handling", choice: "shown", agrees: /shown$/, by: "behaviour", seen: leak.words }];
}

function policyFacts(evidence: Evidence | undefined): BehaviourFact[] {
  if (evidence?.verdict === "exploited")
    return [
      { topic: "password-policy", choice: "none", agrees: /^(none|max \d+)$/, by: "behaviour", seen: evidence.summary },
    ];
  if (evidence?.verdict !== "defended") return [];
  const seen = 'the passwords "a" and "" are refused';
  return [{ topic: "password-policy", choice: "some", agrees: /^(?!none$|max \d+$)/, by: "behaviour", seen }];
}

const labelled = (exchanges: readonly Exchange[], word: string) =>
  exchanges.filter(({ label, response }) => label.startsWith(word) && response !== undefined);

const textOf = ({ response }: Pick<Exchange, "response">): string =>
  response?.body?.kind === "text" ? response.body.text : "";

const headerOf = ({ response }: Exchange, name: string): string | undefined =>
  response?.headers.find(([one]) => one.toLowerCase() === name)?.[1];

function docsFacts(observed: readonly Exchange[]): BehaviourFact[] {
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
function corsFacts(observed: readonly Exchange[]): BehaviourFact[] {
  const preflights = labelled(observed, "preflight:");
  const [first] = preflights;
  if (!first) return [];
  const origin = first.request.headers.find(([name]) => name === "Origin")?.[1] ?? "";
  const allowed = preflights
    .map((one) => headerOf(one, "access-control-allow-origin"))
    .find((value) => value === "*" || value === origin);
  const told = new Set(
    preflights
      .flatMap((one) => (headerOf(one, "access-control-allow-methods") ?? "").split(","))
      .map((one) => one.trim())
      .filter(Boolean),
  );
  const methods = told.size > 0 ? [...told].sort().join(" ") : "none";
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
      choice: methods,
      by: "behaviour",
      seen:
        methods === "none"
          ? `${origin} is told no methods`
          : `${origin}, which is not asked for, is told Access-Control-Allow-Methods: ${methods}`,
    },
  ];
}

function headerFacts(observed: readonly Exchange[]): BehaviourFact[] {
  const answers = observed.filter(({ response }) => response !== undefined);
  if (answers.length === 0) return [];
  const on = (name: string) => answers.filter((one) => headerOf(one, name) !== undefined).length;
  const all = SECURITY_HEADERS.filter((name) => on(name) === answers.length);
  const some = SECURITY_HEADERS.filter((name) => on(name) > 0 && on(name) < answers.length);
  const seen = [
    all.length > 0 ? `on all of ${answers.length} answers: ${all.join(" ")}` : "",
    some.length > 0 ? `on some: ${some.join(" ")}` : "",
  ];
  const fact = (choice: string, agrees: RegExp): BehaviourFact[] => [
    {
      ...{ topic: "security-headers", choice, agrees, by: "behaviour" as const },
      seen: seen.filter(Boolean).join("; ") || `none on ${answers.length} answers`,
    },
  ];
  if (all.length > 0) return fact("on all answers", /^(?!none$|.*some answers)/);
  if (some.length > 0) return fact("on some answers", /^(?!none$)/);
  // Set on downloads alone, they show on none of these answers.
  return fact("none", /^none$|some answers$/);
}

const VALIDATOR_WORDS =
  /"loc"\s*:|"ctx"\s*:|errors\.pydantic|"invalid_type"|ZodError|"validation"\s*:|"schemaPath"\s*:|JSONDecode|Unexpected (end|token)/;
const TRACE = /Traceback \(most|\bat [^\n]+:\d+:\d+|node_modules|site-packages/;

/** What a refusal of malformed input tells: the validator's own words, what was sent, or neither. */
function validationFacts(observed: readonly Exchange[]): BehaviourFact[] {
  const refusals = labelled(observed, "malformed:");
  if (refusals.length === 0) return [];
  const word = /"password":\["(echo\w+)"/.exec(JSON.stringify(refusals[0]?.request.body).replaceAll("\\", ""))?.[1];
  const texts = refusals.map(textOf);
  const told = [
    ...(texts.some((text) => TRACE.test(text)) ? ["a trace"] : []),
    ...(texts.some((text) => VALIDATOR_WORDS.test(text)) ? ["the validator's words"] : []),
    ...(word && texts.some((text) => text.includes(word)) ? ["the password that was sent"] : []),
  ];
  const example = refusals.find((one) => VALIDATOR_WORDS.test(textOf(one)) || TRACE.test(textOf(one))) ?? refusals[0];
  const status = example?.response?.status ?? "no";
  return [
    {
      topic: "validation-errors",
      choice: told.length > 0 ? `tell ${told.join(", ")}` : "tell nothing of the inside",
      by: "behaviour",
      seen: `a malformed registration gives ${status}: ${(example ? textOf(example) : "").replace(/\s+/g, " ").slice(0, 120)}`,
    },
  ];
}
