import { describe, expect, it } from "vitest";
import { findToken } from "../../src/contract/index.ts";
import { jsonOrToken } from "../../src/http/index.ts";

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: object) => `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
const access = jwt({ sub: "1" });
const refresh = jwt({ sub: "1", kind: "refresh" });

/** Bodies as apps answer them after a login, and where the token is. */
const BODIES: readonly [string, string, string][] = [
  ["a member", JSON.stringify({ token: access }), "/token"],
  ["an envelope", JSON.stringify({ data: { user: { id: 1 }, accessToken: access } }), "/data/accessToken"],
  ["a refresh token first", JSON.stringify({ refresh_token: refresh, access_token: access }), "/access_token"],
  [
    "the token of an object of its own",
    JSON.stringify({ refresh: { token: refresh }, access: { token: access, expires: "2030-01-01T00:00:00Z" } }),
    "/access/token",
  ],
  ["with its scheme", JSON.stringify({ message: "ok", authorization: `Bearer ${access}` }), "/authorization"],
  ["a JSON string", JSON.stringify(access), ""],
  ["nothing but the token", `${access}\n`, ""],
  ["nothing but the scheme and the token", `Bearer ${access}`, ""],
];

describe("the token in an answer", () => {
  it.each(BODIES)("is found as %s", (_words, body, pointer) => {
    expect(findToken(jsonOrToken(body))).toEqual({ pointer, token: access });
  });

  it("is not made of a page or a plain text", () => {
    expect(findToken(jsonOrToken("<!doctype html><p>a.b.c</p>"))).toBeUndefined();
    expect(findToken(jsonOrToken("welcome.to.here"))).toBeUndefined();
    expect(findToken(jsonOrToken('{"authorization":"none"}'))).toBeUndefined();
  });
});
