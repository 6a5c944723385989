import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What the page may do: run and load its own files, and nothing else. No text becomes script or markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  "Cache-Control": "no-store",
};

export type Admission = { path: string } | { refused: number; because: string };

/**
 * Lets in only what was addressed to us by name and token. The name in Host must be a loopback one, which a rebound DNS
 * name is not; a page of another origin is refused by Origin and Sec-Fetch-Site; without the token nothing is told, not
 * even whether a path exists. `path` is what follows the token, decoded, with a slash in front.
 */
export function admit(request: IncomingMessage, port: number, token: string): Admission {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host, origin } = request.headers;
  if (!host || !names.includes(host.toLowerCase()))
    return { refused: 421, because: "This address is not served under that name." };
  if (origin !== undefined && !names.some((name) => origin.toLowerCase() === `http://${name}`))
    return { refused: 403, because: "Pages of other origins are not answered." };
  const site = request.headers["sec-fetch-site"];
  const navigation =
    request.headers["sec-fetch-mode"] === "navigate" && request.headers["sec-fetch-dest"] === "document";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !navigation)
    return { refused: 403, because: "Pages of other origins are not answered." };
  if (request.method !== "GET" && request.method !== "HEAD")
    return { refused: 405, because: "Only GET and HEAD are answered." };
  const [, given = "", ...rest] = (request.url ?? "").split("?", 1)[0]?.split("/") ?? [];
  if (!sameText(given, token))
    return {
      refused: 403,
      because: "The token in the address is missing or wrong. Take the address that `unprompted view` printed.",
    };
  try {
    return { path: `/${rest.map(decodeURIComponent).join("/")}` };
  } catch {
    return { refused: 400, because: "The address cannot be decoded." };
  }
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
