import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { decodeJwt, SignJWT } from "jose";

process.env["JWT_SECRET"] = randomBytes(48).toString("base64url");
process.env["DATABASE_PATH"] = ":memory:";

const { app } = await import("../src/app.ts");
const { db } = await import("../src/database.ts");
const { hashPassword } = await import("../src/passwords.ts");

const password = "correct horse battery";
let base = "";
const server = app.listen(0);

before(async () => {
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  db.prepare("UPDATE users SET password_hash = ?").run(await hashPassword(password));
});
after(() => server.close());

type Tokens = { access_token: string; refresh_token: string };

const post = (path: string, body: object) =>
  fetch(base + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const login = async (email = "alice@example.com") => (await (await post("/login", { email, password })).json()) as Tokens;
const refresh = (refresh_token: string) => post("/refresh", { refresh_token });
const me = (token: string) => fetch(`${base}/me`, { headers: { authorization: `Bearer ${token}` } });

const expired = (token: string) =>
  new SignJWT({ ...decodeJwt(token), exp: Math.floor(Date.now() / 1000) - 10 })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(process.env["JWT_SECRET"]));

function altered(token: string): string {
  const [head, body, signature = ""] = token.split(".");
  return `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
}

test("login answers with both tokens, to JSON and to a form", async () => {
  const json = await post("/login", { email: "alice@example.com", password });
  assert.equal(json.status, 200);
  assert.equal(json.headers.get("cache-control"), "no-store");
  const form = await fetch(`${base}/login`, { method: "POST", body: new URLSearchParams({ username: "alice@example.com", password }) });
  assert.deepEqual(Object.keys((await form.json()) as object), ["access_token", "refresh_token", "token_type", "expires_in"]);
});

test("login refuses without naming accounts", async () => {
  const [known, unknown] = await Promise.all(["bob@example.com", "nobody@example.com"].map((email) => post("/login", { email, password: "wrong" })));
  assert.equal(known?.status, 401);
  assert.equal(unknown?.status, 401);
  assert.equal(await known?.text(), await unknown?.text());
});

test("login survives odd passwords", async () => {
  for (const odd of ["x".repeat(73), "a\0b", ""])
    assert.ok([400, 401].includes((await post("/login", { email: "alice@example.com", password: odd })).status));
});

test("login is throttled", async () => {
  const statuses = [];
  for (let i = 0; i < 6; i++) statuses.push((await post("/login", { email: "carol@example.com", password: "wrong" })).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
});

test("me answers with the own profile and needs an access token", async () => {
  const tokens = await login();
  const own = await me(tokens.access_token);
  assert.deepEqual(Object.keys((await own.json()) as object), ["id", "name", "email", "bio"]);
  for (const token of ["", tokens.refresh_token, await expired(tokens.access_token), altered(tokens.access_token)]) {
    const answer = await me(token);
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  }
});

test("refresh answers with usable tokens", async () => {
  const answer = await refresh((await login()).refresh_token);
  assert.equal(answer.status, 200);
  const tokens = (await answer.json()) as Tokens;
  assert.equal((await me(tokens.access_token)).status, 200);
  assert.equal((await refresh(tokens.refresh_token)).status, 200);
});

test("refresh refuses access, expired and altered tokens", async () => {
  const tokens = await login();
  for (const token of [tokens.access_token, await expired(tokens.refresh_token), altered(tokens.refresh_token)])
    assert.equal((await refresh(token)).status, 401);
});

test("reuse of a refresh token ends its family", async () => {
  const first = await login();
  const second = (await (await refresh(first.refresh_token)).json()) as Tokens;
  assert.equal((await refresh(first.refresh_token)).status, 401);
  assert.equal((await refresh(second.refresh_token)).status, 401);
});

test("a deleted user's tokens are worth nothing", async () => {
  const tokens = await login("bob@example.com");
  db.prepare("DELETE FROM users WHERE email = 'bob@example.com'").run();
  assert.equal((await me(tokens.access_token)).status, 401);
  assert.equal((await refresh(tokens.refresh_token)).status, 401);
});

test("users show no hash", async () => {
  for (const user of (await (await fetch(`${base}/users`)).json()) as object[]) assert.deepEqual(Object.keys(user), ["id", "name", "email", "bio"]);
});
