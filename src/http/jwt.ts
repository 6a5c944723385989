import { createHmac } from "node:crypto";
import { parseJson } from "./json.ts";

/** A JWS compact serialisation (RFC 7515) taken apart; claims and header are plain JSON objects. */
export interface Jwt {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  parts: [string, string, string];
}

const decode = (part: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
};

export function parseJwt(token: string): Jwt | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const [h, c, s] = parts as [string, string, string];
  const header = decode(h);
  const claims = decode(c);
  return header && claims && typeof header["alg"] === "string" ? { header, claims, parts: [h, c, s] } : undefined;
}

/** A token as it is sent behind the scheme: some apps answer with "Bearer <token>". */
export const bareToken = (value: string) => value.replace(/^Bearer\s+/i, "");

/** The JSON of a body; one that is nothing but a JWT counts as a JSON string. */
export function jsonOrToken(text: string): unknown {
  const bare = text.trim();
  return parseJson(text) ?? (parseJwt(bareToken(bare)) ? bare : undefined);
}

export const encodePart = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const HASHES: Record<string, string> = { HS256: "sha256", HS384: "sha384", HS512: "sha512" };

/** The signing input with its HMAC, by the algorithm's name (RFC 7518 section 3.2); undefined for others. */
export function signHmac(signingInput: string, alg: string, key: string | Buffer): string | undefined {
  const hash = HASHES[alg];
  return hash === undefined
    ? undefined
    : `${signingInput}.${createHmac(hash, key).update(signingInput).digest("base64url")}`;
}
