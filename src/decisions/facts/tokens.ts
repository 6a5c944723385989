import type { Evidence, Exchange } from "../../model/evidence.ts";
import type { BehaviourFact } from "../behaviour.ts";
import { claimList } from "../topics/claims.ts";
import { lifeText } from "../topics/durations.ts";
import { headerOf, textOf } from "./exchanges.ts";

interface Issued {
  kind: "access" | "refresh";
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  exchange: Exchange;
}

/** The tokens that the app gave out: algorithm, claims and life of those that open routes; the life of refresh tokens. */
export function tokenFacts(evidence: readonly Evidence[]): BehaviourFact[] {
  const issued = evidence.flatMap(({ exchanges }) => exchanges.flatMap(tokensIn));
  const access = issued.filter(({ kind }) => kind === "access");
  const [first] = access;
  const placeOf = ({ exchange: { request } }: Issued) => `in a token from ${request.method} ${request.path}`;
  const fact = (topic: string, choice: string, agrees: RegExp, of: Issued): BehaviourFact => ({
    ...{ topic, choice, agrees, by: "behaviour" as const },
    seen: `${choice} ${placeOf(of)}`,
  });
  const lifeFact = (tokens: readonly Issued[], word: string): BehaviourFact[] => {
    const [one] = tokens;
    const life = one && lifeOf(tokens);
    return life ? [fact("jwt-life", `${word}${life}`, exactly(`${word}${life}`), one)] : [];
  };
  const alg = String(first?.header["alg"]);
  const names = claimList(Object.keys(first?.claims ?? {}));
  return [
    ...(first
      ? [
          fact("jwt-algorithm", alg, new RegExp(`\\b${alg}\\b`), first),
          fact("jwt-claims", names, exactly(names), first),
        ]
      : []),
    ...lifeFact(access, ""),
    ...lifeFact(
      issued.filter(({ kind }) => kind === "refresh"),
      "refresh ",
    ),
  ];
}

const exactly = (text: string) => new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);

/**
 * The JWTs of a good answer's body and cookies, with the member or cookie that each stands under. One that we sent
 * ourselves and had echoed tells nothing.
 */
function tokensIn(exchange: Exchange): Issued[] {
  const { request, response } = exchange;
  if (!response || response.status >= 300) return [];
  const cookies = response.headers.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value);
  const sent = JSON.stringify(request);
  return [textOf(exchange), ...cookies].flatMap((text) =>
    [...text.matchAll(/(?:"?([\w-]+)"?\s*[:=]\s*"?)?(eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)/g)].flatMap(
      ([, name, token = ""]) => {
        const [header, claims] = token.split(".").slice(0, 2).map(jsonPart);
        if (!header || !claims || sent.includes(token)) return [];
        return [{ kind: kindOf(name ?? "", claims), header, claims, exchange }];
      },
    ),
  );
}

/** By the name that it is given under, or by what it says of itself: `token_use`, `typ`, an audience of its own. */
function kindOf(name: string, claims: Record<string, unknown>): Issued["kind"] {
  const said = ["type", "typ", "kind", "use", "token_use", "token_type", "aud", "scope"].map((key) => claims[key]);
  return /refresh/i.test(name) || (!/access/i.test(name) && /refresh/i.test(JSON.stringify(said)))
    ? "refresh"
    : "access";
}

/** From `iat` where the tokens have it; otherwise from the moment of the answer, as far as that is exact. */
function lifeOf(tokens: readonly Issued[]): string | undefined {
  const { exp, iat } = tokens[0]?.claims ?? {};
  if (exp === undefined) return "none";
  if (typeof exp === "number" && typeof iat === "number") return lifeText(Math.round(exp - iat));
  return lifeByDate(tokens);
}

/** From here on, nobody writes a life that is seconds off a whole minute. */
const SHORTEST_S = 300;
/** Servers write their Date from a clock that they look at once a second, or later where they are busy. */
const STALE_S = 5;

/**
 * An answer's Date is in whole seconds, may be stale, and is written after the token was made. A life is told where a
 * single whole minute fits every token.
 */
function lifeByDate(tokens: readonly Issued[]): string | undefined {
  let [least, most] = [0, Number.POSITIVE_INFINITY];
  for (const { claims, exchange } of tokens) {
    const date = Date.parse(headerOf(exchange, "date") ?? "") / 1000;
    if (typeof claims["exp"] !== "number" || Number.isNaN(date)) continue;
    const left = claims["exp"] - date;
    least = Math.max(least, Math.floor(left) - STALE_S);
    most = Math.min(most, Math.ceil(left + exchange.durationMs / 1000) + 1);
  }
  const minutes = Math.floor(most / 60);
  const isOne = Number.isFinite(most) && minutes * 60 >= least && (minutes - 1) * 60 < least;
  return isOne && minutes * 60 >= SHORTEST_S ? lifeText(minutes * 60) : undefined;
}

function jsonPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
