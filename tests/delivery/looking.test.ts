import { expect, test } from "vitest";
import scenario from "../../scenarios/jwt-auth/scenario.ts";
import { loginToken, lookAround } from "../../src/cli/looking.ts";
import { Bench } from "../../src/engine/bench.ts";
import type { Trial } from "../../src/exploits/index.ts";
import { Contract } from "../../src/model/contract.ts";
import { randomNonces } from "../../src/util/random.ts";
import { prepared } from "./apps.ts";

const LIMIT_MS = 120_000;
const ALICE = { email: "alice@example.com", password: "a-password-of-alice", operation: "me" };

/** An app below `below`, whose OpenAPI document says that it is below `said`. */
const app = (below: string, said: string) => ({
  "package.json": "{}",
  "server.mjs": `import { createServer } from "node:http";
const document = {
  openapi: "3.1.0",
  servers: [{ url: ${JSON.stringify(said)} }],
  paths: { "/login": { post: {} }, "/me": { get: {} }, "/refresh": { post: {} }, "/users/{id}": { get: {}, parameters: [] } },
};
const answers = {
  "POST ${below}/login": (body) => body.password === ${JSON.stringify(ALICE.password)} && { access_token: "a".repeat(20), refresh_token: "r".repeat(20), user: { id: 1 } },
  "GET ${below}/me": (_, token) => token === "Bearer " + "a".repeat(20) && { email: ${JSON.stringify(ALICE.email)}, tags: [{ label: "x" }] },
  "POST ${below}/refresh": (body) => body.token === "r".repeat(20) && { access_token: "b".repeat(20), expires_in: 900 },
  "GET /openapi.json": () => document,
};
createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const answer = answers[req.method + " " + req.url];
  const text = Buffer.concat(parts).toString();
  const body = answer?.(text ? JSON.parse(text) : {}, req.headers.authorization);
  res.writeHead(answer === undefined ? 404 : body ? 200 : 401, { "content-type": "application/json" });
  res.end(JSON.stringify(body || {}));
}).listen(process.env.PORT);
`,
});

const contractBelow = (below: string) =>
  Contract.parse({
    ...{ formatVersion: 1, scenario: "jwt-auth", auth: { scheme: "Bearer" } },
    operations: {
      login: {
        ...{ method: "POST", path: `${below}/login`, encoding: "json" },
        fields: { email: "email", password: "password" },
        pointers: { access: "/access_token", refresh: "/refresh_token" },
      },
      me: { method: "GET", path: `${below}/me` },
      refresh: { method: "POST", path: `${below}/refresh`, encoding: "json", fields: { refresh: "token" } },
    },
  });

test.each([
  ["below its document's server", "/api", "/api", "/api"],
  ["below a server's whole address", "/api", "https://team.example/api/", "/api"],
  ["where a proxy alone has another path", "", "/behind-a-proxy", ""],
])(
  "what a running app shows of itself: %s",
  async (_name, below, said, found) => {
    const target = { app: await prepared("node", app(below, said)) };
    const bench = new Bench(
      target,
      scenario as never,
      contractBelow(below),
      randomNonces(),
      new AbortController().signal,
    );
    try {
      await bench.open();
      const trial = bench.trial() as Trial;
      const seen = await lookAround(trial, target.app.sources, ALICE);
      expect(seen.routes.map(({ method, path }) => `${method} ${path}`)).toEqual(
        expect.arrayContaining([`post ${found}/login`, `get ${found}/me`, `get ${found}/users/{}`]),
      );
      expect(seen).toMatchObject({
        answers: {
          login: ["access_token", "refresh_token", "user", "id"],
          me: ["email", "tags", "label"],
          refresh: ["access_token", "expires_in"],
        },
        guarded: ["me"],
      });
      expect(await loginToken(trial, ALICE)).toBe("a".repeat(20));
      expect(await loginToken(trial, { ...ALICE, password: "another" })).toBeUndefined();
    } finally {
      await bench.close();
    }
  },
  LIMIT_MS,
);
