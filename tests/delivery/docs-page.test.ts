import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { signInAtDocs } from "../../src/delivery/index.ts";

const LIMIT_MS = 180_000;
const EMAIL = "alice@example.com";
const PASSWORD = "a-password-of-alice";
const TOKEN = "the-token-of-alice";
const BROWSER = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);

const SCHEMES = {
  flow: { type: "oauth2", flows: { password: { tokenUrl: "/login", scopes: {} } } },
  bearer: { type: "http", scheme: "bearer" },
  header: { type: "apiKey", in: "header", name: "Authorization" },
} as const;

const PAGE = `<!doctype html><html><head>
<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui" });</script></body></html>`;

const documentOf = (scheme: keyof typeof SCHEMES | undefined) => ({
  openapi: "3.0.3",
  info: { title: "small", version: "1" },
  ...(scheme ? { components: { securitySchemes: { it: SCHEMES[scheme] } } } : {}),
  paths: {
    "/me": {
      get: { ...(scheme ? { security: [{ it: [] }] } : {}), responses: { 200: { description: "the profile" } } },
    },
  },
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** An app with a docs page, whose login takes a form as the password flow sends it. */
async function served(scheme: keyof typeof SCHEMES | undefined, taken = TOKEN): Promise<string> {
  const server = createServer(async (request, response) => {
    const send = (status: number, body: unknown, type = "application/json") => {
      response.writeHead(status, { "content-type": type });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    if (request.url === "/docs") return send(200, PAGE, "text/html");
    if (request.url === "/openapi.json") return send(200, documentOf(scheme));
    if (request.url === "/login") {
      const form = new URLSearchParams(await bodyOf(request));
      const known = form.get("username") === EMAIL && form.get("password") === PASSWORD;
      return known ? send(200, { access_token: TOKEN, token_type: "bearer" }) : send(401, { detail: "no" });
    }
    if (request.url !== "/me") return send(404, { detail: "no such page" });
    return request.headers.authorization === `Bearer ${taken}` ? send(200, { email: EMAIL }) : send(401, {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function visited(url: string, token: string | null = TOKEN) {
  const folder = mkdtempSync(join(tmpdir(), "docs-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const picture = { file: join(folder, "page.png"), name: "page.png" };
  return await signInAtDocs({
    ...{ url, email: EMAIL, password: PASSWORD, me: "/me", picture },
    token: async () => token ?? undefined,
    browser: BROWSER ?? "",
  });
}

describe.skipIf(BROWSER === undefined)("a docs page", () => {
  test(
    "works where one signs in with name and password",
    async () => {
      const page = await visited(await served("flow"));
      expect(page).toMatchObject({
        outcome: "works",
        detail: "the page opens, Authorize opens, signs in, /me answers with the profile",
      });
    },
    LIMIT_MS,
  );

  test.each(["bearer", "header"] as const)(
    "works with a pasted token where it takes one: %s",
    async (scheme) => {
      const page = await visited(await served(scheme));
      expect(page, page.detail).toMatchObject({ outcome: "works with a pasted token", url: "/docs" });
    },
    LIMIT_MS,
  );

  test.each<[string, Parameters<typeof served>, string | null, RegExp]>([
    ["no scheme at all", [undefined], TOKEN, /no Authorize button/],
    ["a token that it does not take", ["bearer", "another"], TOKEN, /\/me answers 401/],
    ["no token from logging in", ["bearer"], null, /logging in gives none/],
  ])(
    "does not work with %s",
    async (_name, app, token, why) => {
      const page = await visited(await served(...app), token);
      expect(page).toMatchObject({ outcome: "does not work", detail: expect.stringMatching(why) as string });
    },
    LIMIT_MS,
  );
});
