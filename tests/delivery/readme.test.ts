import { describe, expect, test } from "vitest";
import { type Readable, readmeChecks, readmeOf, repositoryOf } from "../../src/delivery/readme.ts";
import { Contract } from "../../src/model/contract.ts";
import { type Files, laid } from "./apps.ts";

const contract = Contract.parse({
  formatVersion: 1,
  scenario: "jwt-auth",
  auth: { scheme: "Bearer" },
  operations: {
    login: {
      method: "POST",
      path: "/login",
      encoding: "json",
      fields: { email: "email", password: "password" },
      pointers: { access: "/access_token", refresh: "/refresh_token" },
    },
    me: { method: "GET", path: "/me" },
    refresh: { method: "POST", path: "/refresh", encoding: "json", fields: { refresh: "refresh_token" } },
  },
});

const seen: Readable["seen"] = {
  routes: [
    { method: "get", path: "/health" },
    { method: "get", path: "/users" },
    { method: "get", path: "/users/{}" },
    { method: "get", path: "/openapi.json" },
  ],
  answers: {
    login: ["access_token", "refresh_token", "token_type"],
    me: ["id", "name", "email", "bio"],
    refresh: ["access_token", "token_type"],
  },
  guarded: ["me"],
};

const FILES: Files = {
  "main.py": 'import os\n\nsecret = os.environ["JWT_SECRET"]\n',
  "requirements.txt": "fastapi\n",
  "requirements-dev.txt": "pytest\n",
};

const GOOD = `# Team directory

Set up: \`python -m venv .venv && .venv/bin/pip install -r requirements.txt\`

Set \`JWT_SECRET\`, then run: \`set -a; . ./.env; .venv/bin/python -m uvicorn main:app --port 8000\`

\`GET /health\` answers when it is up; \`/users\` and \`/users/{id}\` list the users.

| Endpoint | Send | Answer |
| --- | --- | --- |
| \`POST /login\` | JSON \`email\`, \`password\` | \`access_token\`, \`refresh_token\`, \`token_type\` |
| \`GET /me\` | header \`Authorization: Bearer <access token>\` | \`id\`, \`name\`, \`email\`, \`bio\` |
| \`POST /refresh\` | JSON \`refresh_token\` | \`access_token\`, \`token_type\` |

Test: \`.venv/bin/pip install -r requirements-dev.txt && .venv/bin/python -m pytest\`
`;

function checked(files: Files, change: Partial<Readable> = {}) {
  const folder = laid(files);
  const sources = new Map(Object.entries(files).filter(([name]) => !name.endsWith(".md")));
  return readmeChecks(readmeOf(folder), {
    ...{ contract, seen, sources, repository: repositoryOf(folder), hasTests: true },
    ...change,
  });
}

const lacks = (files: Files, change: Partial<Readable> = {}) =>
  Object.fromEntries(checked(files, change).flatMap(({ id, held, detail }) => (held ? [] : [[id, detail]])));
const withReadme = (readme: string): Files => ({ ...FILES, "README.md": readme });

describe("a README that tells all", () => {
  test("in a table", () => {
    expect(lacks(withReadme(GOOD))).toEqual({});
  });

  test("with a lock that is installed by its hashes", () => {
    const readme = GOOD.replaceAll(/-r \S+/g, "--require-hashes -r requirements.lock");
    expect(lacks({ ...withReadme(readme), "requirements.lock": "" })).toEqual({});
    expect(lacks(withReadme(readme))).toEqual({ "set-up": "missing: a command that installs it" });
  });

  test("by likening one route to another", () => {
    const likened = (words: string) => GOOD.replace(/(\| JSON `refresh_token` \|) .* \|$/m, `$1 ${words} |`);
    expect(lacks(withReadme(likened("as for `/login`, but no new refresh token")))).toEqual({});
    expect(lacks(withReadme(likened("same as POST /login")))).toEqual({});
    expect(lacks(withReadme(likened("a token, after `/login`")))).toEqual({
      answers: "missing: POST /refresh: access_token, token_type",
    });
  });

  test("in sections with curl and examples of answers", () => {
    const readme = `# App

    pip install -r requirements.txt
    export JWT_SECRET=...
    uvicorn main:app

## Routes

### GET /health
### GET /users
### GET /users/:id

### Log in

\`\`\`sh
curl -X POST http://localhost:8000/login \\
  -H 'Content-Type: application/json' -d '{"email": "a@example.com", "password": "..."}'
# {"access_token": "...", "refresh_token": "...", "token_type": "bearer"}
\`\`\`

### Own profile

\`\`\`sh
curl localhost:8000/me -H "Authorization: Bearer $TOKEN"
{"id": 1, "name": "Alice", "email": "alice@example.com", "bio": "..."}
\`\`\`

### Refresh

\`\`\`js
await fetch(\`\${base}/refresh\`, {
  method: "POST",
  body: JSON.stringify({ refresh_token }),
}); // { access_token, token_type }
\`\`\`

## Tests

\`\`\`
$ pytest -q
\`\`\`
`;
    expect(lacks(withReadme(readme))).toEqual({});
  });

  test("in an app of TypeScript, whose routes its source declares", () => {
    const files = {
      "package.json": JSON.stringify({ scripts: { start: "tsx src/server.ts", test: "node --test" } }),
      "src/server.ts": `import express, { Router } from "express";
const app = express();
const users = Router();
app.get("/health", (_, res) => res.json({}));
users.get("/:id", show);
users.delete('/:id/posts', clear);
app.use("/users", users);
// app.get("/old", gone);
await axios.get("/elsewhere");
const { JWT_SECRET } = process.env;`,
      "src/page.ts":
        'import router from "next/router";\nimport { api } from "./client.ts";\nawait api.get("/people");\n',
    };
    const readme = (routes: string) =>
      `Run \`npm ci && npm start\`, test with \`npm test\`. JWT_SECRET signs tokens.\n\n${routes}\n${GOOD.slice(GOOD.indexOf("| Endpoint"), GOOD.indexOf("Test:"))}`;
    const all = "GET /health, GET /users/:id, DELETE /users/:id/posts";
    const bare = { seen: { ...seen, routes: [] } as Readable["seen"] };
    expect(lacks({ ...files, "README.md": readme(all) }, bare)).toEqual({});
    expect(lacks({ ...files, "README.md": readme("GET /users/7") }, bare)).toEqual({
      routes: "missing: GET /health; DELETE …/:id/posts",
    });
  });

  test("with a prefix that is said once", () => {
    const next: Readable["seen"] = {
      routes: [
        { method: "get", path: "/api/users" },
        { method: "get", path: "/api/users/{}" },
      ],
      answers: {},
      guarded: [],
    };
    const change = { seen: next, contract: Contract.parse({ ...contract, operations: {} }) };
    const said = "API routes live under /api: `GET /users` and `GET /users/[id]`.";
    expect(lacks(withReadme(said), change)).not.toHaveProperty("routes");
    expect(lacks(withReadme("There are `GET /users` and `GET /users/[id]`."), change)).toMatchObject({
      routes: "missing: GET /api/users; GET /api/users/{}",
    });
  });
});

describe("a README that leaves something out", () => {
  test.each<[string, string, RegExp | string, string]>([
    ["routes", "missing: GET /health; GET /users; GET /users/{}", /^`GET \/health.*$/m, ""],
    ["routes", "missing: GET /users/{}", " and `/users/{id}`", " (and `/users/messages`)"],
    ["routes", "missing: GET /me", "`GET /me`", "`GET /messages`"],
    ["routes", "missing: POST /login", "`POST /login`", "`GET /login`"],
    ["routes", "missing: POST /refresh", "`POST /refresh`", "`/refresh`"],
    ["requests", "missing: POST /login: password", ", `password`", ""],
    ["requests", "missing: GET /me: the Authorization header", "header `Authorization: Bearer <access token>`", ""],
    ["requests", "missing: POST /refresh: refresh_token", "JSON `refresh_token`", "`my_refresh_token`"],
    ["answers", "missing: GET /me: id, name, email, bio", "`id`, `name`, `email`, `bio`", "the asking user's profile"],
    [
      "answers",
      "missing: POST /refresh: token_type",
      /(\| JSON `refresh_token` \| `access_token`), `token_type`/,
      "$1",
    ],
    ["set-up", "missing: a command that installs it", /pip install -r \S+/g, "pip"],
    ["set-up", "missing: a command that installs it", /^Set up: .*$|^Test: .*$/gm, "pip install -r needed.txt"],
    ["start", "missing: a command that starts it", "python -m uvicorn main:app --port 8000", "python -m venv .venv"],
    ["start", "missing: a command that starts it", "uvicorn main:app", "uvicorn server:app"],
    ["tests", "missing: a command that runs them", /^Test: .*$/m, "We have no pytest"],
    ["settings", "missing: JWT_SECRET", "`JWT_SECRET`", "`MY_JWT_SECRETS`"],
  ])("%s, %s", (id, detail, from, to) => {
    expect(lacks(withReadme(GOOD.replace(from, to)))[id]).toBe(detail);
  });

  test("is not saved by its length, and one that is not there is one finding", () => {
    const long = lacks(withReadme(`# App\n${"word ".repeat(2000)}`));
    expect(Object.keys(long)).toEqual(["routes", "requests", "answers", "set-up", "start", "tests", "settings"]);
    expect(lacks(FILES)).toEqual({ readme: "" });
  });

  test("is not judged by what was not seen", () => {
    const unseen = checked(withReadme(GOOD), { seen: undefined });
    expect(unseen.find(({ id }) => id === "answers")).toMatchObject({ held: null });
    expect(unseen.find(({ id }) => id === "routes")).toMatchObject({
      says: "names the routes of login, me, refresh",
      held: true,
    });
  });
});

describe("settings that are read through a variable", () => {
  test.each<[string, Files, string]>([
    [
      "a table, in Python",
      {
        "auth.py": `import os
PASSWORDS = {"alice@example.com": "ALICE_PASSWORD", "bob@example.com": "BOB_PASSWORD"}
for email, variable in PASSWORDS.items():
    password = os.environ.get(variable)
if code == "NOT_FOUND":
    raise ValueError("BAD_TOKEN")
`,
      },
      "missing: ALICE_PASSWORD; BOB_PASSWORD",
    ],
    [
      "a table in another file, and an argument, in TypeScript",
      {
        "lib/people.ts": 'export const people = [{ email: "a@example.com", variable: "ALICE_PASSWORD" }];\n',
        "lib/env.ts": `export function required(name: string) {
  const value = process.env[name];
  if (!value) throw new Error("NO_VALUE");
  return value;
}
export const limit = required("LOGIN_LIMIT");
`,
        "lib/errors.ts": 'export const refusal = { code: "INVALID_TOKEN", hint: "TRY_AGAIN" };\n',
      },
      "missing: LOGIN_LIMIT; ALICE_PASSWORD",
    ],
  ])("%s", (_name, files, detail) => {
    const settings = lacks({ ...files, "README.md": GOOD })
      ["settings"]?.replace("missing: ", "")
      .split("; ");
    expect(settings?.sort()).toEqual(detail.replace("missing: ", "").split("; ").sort());
    const told = `${GOOD}\nALICE_PASSWORD, BOB_PASSWORD and LOGIN_LIMIT are read at start.\n`;
    expect(lacks({ ...files, "README.md": told })).not.toHaveProperty("settings");
  });
});
