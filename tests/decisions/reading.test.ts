import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readDecisions } from "../../src/decisions/index.ts";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function appOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "decisions-"));
  made.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const HASHING = `import bcrypt\n\ndef make(password):\n    return bcrypt.hashpw(password, bcrypt.gensalt(12))\n\nprint(make(b"x"))\n`;

describe("behaviour beside the source", () => {
  const folder = () => appOf({ "app.py": HASHING });

  test("makes a decision that it agrees with sure, and says what was seen", async () => {
    const behaviour = [{ topic: "password-hashing", choice: "bcrypt", by: "database", seen: "$2b$12$" }] as const;
    const decisions = await readDecisions({ folder: folder(), behaviour });
    expect(decisions.filter(({ topic }) => topic === "password-hashing")).toMatchObject([
      { choice: "bcrypt", file: "app.py", line: 4, by: "source", confidence: "sure", detail: "seen: $2b$12$" },
    ]);
  });

  test("leaves an absence unsure that it refutes", async () => {
    const behaviour = [{ topic: "throttling", choice: "some", by: "behaviour", seen: "status 429" }] as const;
    const decisions = await readDecisions({ folder: folder(), behaviour });
    expect(decisions.filter(({ topic }) => topic === "throttling")).toMatchObject([
      { choice: "none", by: "source", confidence: "unknown" },
      { choice: "some", by: "behaviour", confidence: "sure" },
    ]);
  });

  test("is shown as a decision of its own where the two differ", async () => {
    const behaviour = [{ topic: "password-hashing", choice: "md5", by: "database", seen: "32 hex digits" }] as const;
    const decisions = await readDecisions({ folder: folder(), behaviour });
    expect(
      decisions.filter(({ topic }) => topic === "password-hashing").map(({ choice, by }) => `${choice} by ${by}`),
    ).toEqual(["bcrypt by source", "md5 by database"]);
  });
});

describe("a middleware by hand", () => {
  const middleware = (origin: string) => `class Edge:
    def __init__(self, app, origin):
        self._app, self._origin = app, origin

    async def __call__(self, scope, receive, send):
        headers = Headers(scope=scope)
        async def outgoing(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = ${origin}
            await send(message)
        try:
            await self._app(scope, receive, outgoing)
        except Exception:
            await fail(outgoing)

app.add_middleware(Edge, origin=origin)
`;

  test.each([
    ["self._origin", "hand-written, unknown"],
    ['headers.get("origin")', "hand-written, reflected"],
  ])("that allows %s", async (origin, choice) => {
    const source = `from starlette.datastructures import Headers, MutableHeaders\n\n${middleware(origin)}`;
    const decisions = await readDecisions({ folder: appOf({ "app.py": source }) });
    expect(decisions.find(({ topic }) => topic === "cors")).toMatchObject({ choice });
    expect(decisions.find(({ topic }) => topic === "error-handling")).toMatchObject({ choice: "central, hidden" });
  });
});

describe("a comparison of a password's length", () => {
  test.each([
    ["is what refuses", "def register(password):\n    if len(password) < 8:\n        raise ValueError\n", "min 8"],
    [
      "is the answer",
      "def strong(password):\n    return len(password) >= 10 and len(password) <= 72\n",
      "min 10, max 72",
    ],
    ["is the answer to what is wrong", "def is_too_short(password):\n    return len(password) < 9\n", "min 9"],
    [
      "is of another argument than the password",
      "def add(email, password):\n    if len(email) < 5:\n        raise ValueError\n\nadd(body.email, body.password)\n",
      "none",
    ],
    [
      "is of a parameter that is given the password",
      "def hold(value, low):\n    if len(value) < low:\n        raise ValueError\n\nhold(body.password, 9)\n",
      "min 9",
    ],
    [
      "is a range under its opposite, in bytes",
      "LONGEST = 72\ndef seed(password):\n    if not 8 <= len(password.encode()) <= LONGEST:\n        raise ValueError\n",
      "min 8, max 72",
    ],
    ["is a range that is the answer", "def ok(password):\n    return 7 < len(password) < 65\n", "min 8, max 64"],
    [
      "is what a variable holds of a login",
      "def matches(password, kept):\n    fits = len(password.encode()) <= 72\n    return fits and verify(password, kept)\n\nmatches(body.password, row)\n",
      "none",
    ],
    ["is asserted", "def seed(password):\n    assert len(password) >= 9\n", "min 9"],
    [
      "refuses under its opposite",
      "def seed(password):\n    if not (len(password) >= 9):\n        raise ValueError\n",
      "min 9",
    ],
    [
      "refuses what is too long, and nothing else",
      'def hash_password(password):\n    if len(password.encode("utf-8")) > 72:\n        raise ValueError\n',
      "max 72",
    ],
    [
      "cuts short what is too long",
      "def hash_password(password):\n    if len(password.encode()) > 72:\n        password = password[:72]\n    return make(password)\n",
      "none",
    ],
    [
      "refuses what is too long at a login",
      "def login(password):\n    if len(password) > 128:\n        raise ValueError\n",
      "none",
    ],
    [
      "tells strong ones",
      "def strength(password):\n    if len(password) > 20:\n        return 'very strong'\n    return 'weak'\n",
      "none",
    ],
    [
      "only keeps long ones out",
      "def check(password, kept):\n    return verify(password, kept) and len(password) <= 72\n",
      "none",
    ],
  ])("that %s", async (_, source, choice) => {
    const decisions = await readDecisions({ folder: appOf({ "app.py": source }) });
    expect(decisions.filter(({ topic }) => topic === "password-policy")).toMatchObject([{ choice }]);
  });

  test("in TypeScript as well", async () => {
    for (const [text, choice] of [
      ["export const longEnough = (password: string) => password.length >= 11;\n", "min 11"],
      ["export const isInvalid = (password: string) => password.length < 7;\n", "min 7"],
      [
        "export function hash(password: string) {\n  if (Buffer.byteLength(password) > 72) throw new Error('too long');\n}\n",
        "max 72",
      ],
      [
        "export function hash(password: string) {\n  if (Buffer.byteLength(password, 'utf8') > 72) password = cut(password);\n}\n",
        "none",
      ],
      [
        "app.post('/login', (req, res) => {\n  if (req.body.password.length > 900) return res.status(401).end();\n});\n",
        "none",
      ],
      [
        "export function set(password: string) {\n  if (!(password.length >= 10 && new TextEncoder().encode(password).length <= 72)) throw new Error();\n}\n",
        "min 10, max 72",
      ],
    ] as const) {
      const decisions = await readDecisions({ folder: appOf({ "app.ts": text }) });
      expect(decisions.filter(({ topic }) => topic === "password-policy")).toMatchObject([{ choice }]);
    }
  });

  test("in a helper for any text, with the limits of the call for the password", async () => {
    const check = `const refuse = (why: string): never => { throw new Error(why); };
export function text(value: unknown, field: string, min: number, max: number): string {
  if (typeof value !== "string") return refuse(field);
  if (value.trim().length < min) return refuse(field);
  if (value.length > max) return refuse(field);
  return value;
}
export const email = (value: unknown) => text(value, "email", 3, 254);
`;
    const users = `import { text } from "./check";
export const login = (body: Record<string, unknown>) => text(body.password, "password", 1, 200);
export const register = (body: Record<string, unknown>) => text(body.password, "password", 8, 72);
`;
    const decisions = await readDecisions({ folder: appOf({ "check.ts": check, "users.ts": users }) });
    expect(decisions.filter(({ topic }) => topic === "password-policy")).toMatchObject([
      { choice: "min 8, max 72", origin: "hand-written", file: "users.ts", line: 3 },
    ]);
  });
});

describe("secrets whose names stand in a table", () => {
  test.each([
    [
      "app.py",
      'import os\n\nSEEDS = {"a@x": "ALICE_PASSWORD", "b@x": "BOB_PASSWORD"}\nfor email, name in SEEDS.items():\n    print(os.environ.get(name))\n',
    ],
    [
      "app.ts",
      '\nconst seeds = [["a@x", "ALICE_PASSWORD"], ["b@x", "BOB_PASSWORD"]] as const;\n\nfor (const [, name] of seeds)\n  console.log(process.env[name]);\n',
    ],
  ])("have a line each (%s)", async (file, text) => {
    const decisions = await readDecisions({ folder: appOf({ [file]: text }) });
    expect(decisions.filter(({ topic }) => topic === "secrets")).toMatchObject([
      { choice: "environment, optional", file, line: 5, detail: "ALICE_PASSWORD" },
      { choice: "environment, optional", file, line: 5, detail: "BOB_PASSWORD" },
    ]);
  });
});

describe("one function that signs every kind of token", () => {
  const signing = (life: string, more: string) =>
    `import jwt from "jsonwebtoken";\n\nexport const make = (kind: string, id: string, life?: string) =>\n  jwt.sign({ sub: id }, key, { expiresIn: ${life} });\n${more}`;
  const kinds = 'export const both = (id: string) => [make("access", id), make("refresh", id)];\n';

  test.each([
    ["by a condition", signing('kind === "refresh" ? "7d" : "15m"', kinds), ["7d", "15m"], [4, 4]],
    ["by the opposite condition", signing('kind !== "refresh" ? "15m" : "7d"', kinds), ["7d", "15m"], [4, 4]],
    [
      "by what the calls pass",
      signing(
        "life",
        'export const both = (id: string) => {\n  const token = make("a", id, "20m");\n  const refreshToken = make("b", id, "3d");\n  return [token, refreshToken];\n};\n',
      ),
      ["3d", "20m"],
      [7, 6],
    ],
    [
      "by a map",
      signing("lives.get(kind)", `const lives = new Map([["access", "15m"], ["refresh", "7d"]]);\n${kinds}`),
      ["7d", "15m"],
      [5, 5],
    ],
  ])("tells their lives apart %s", async (_, text, [refresh, access], [refreshLine, accessLine]) => {
    const decisions = await readDecisions({ folder: appOf({ "tokens.ts": text }) });
    const lives = decisions.filter(({ topic }) => topic === "jwt-life");
    expect(new Set(lives.map(({ choice, line }) => `${choice} at ${line}`))).toEqual(
      new Set([`refresh ${refresh} at ${refreshLine}`, `${access} at ${accessLine}`]),
    );
  });

  test("leaves out a kind that no call asks for", async () => {
    const table =
      'const lives = { access: "15m", refresh: "7d" };\nexport const one = (id: string) => make("access", id);\n';
    const decisions = await readDecisions({ folder: appOf({ "tokens.ts": signing("lives[kind]", table) }) });
    expect(decisions.filter(({ topic }) => topic === "jwt-life").map(({ choice }) => choice)).toEqual(["15m"]);
  });
});

describe("a secret that a request is the first to need", () => {
  const getter =
    'const config = { get key() { if (!process.env.API_SECRET) throw new Error("unset"); return process.env.API_SECRET; } };\n';
  const helper = 'function key() { if (!process.env.API_SECRET) throw new Error("unset"); }\n';
  const app = (text: string) => `import fastify from "fastify";\nconst app = fastify();\n${text}`;

  test.each([
    ["in a route", app(`${helper}app.get("/a", () => key());\n`), "environment, required when used"],
    ["in a hook of requests", app(`${helper}app.addHook("onRequest", key);\n`), "environment, required when used"],
    ["in a hook of the start", app(`${helper}app.addHook("onReady", key);\n`), "environment, required"],
    ["in a route and at the start", app(`${helper}app.get("/a", key);\nkey();\n`), "environment, required"],
    ["in a route and by a timer", app(`${helper}app.get("/a", key);\nsetInterval(key, 9);\n`), "environment, required"],
    ["by a getter in a route", app(`${getter}app.get("/a", () => config.key);\n`), "environment, required when used"],
    [
      "by a getter of what is gone through at the start",
      app(`${getter}app.get("/a", () => config.key);\nfor (const one of Object.values(config)) check(one);\n`),
      "environment, required",
    ],
    [
      "in a function that makes a route's handler",
      app(`const make = () => { if (!process.env.API_SECRET) throw 1; return () => "a"; };\napp.get("/a", make());\n`),
      "environment, required",
    ],
  ])("%s", async (_, text, choice) => {
    const decisions = await readDecisions({ folder: appOf({ "app.ts": text }) });
    expect(decisions.filter(({ topic }) => topic === "secrets").map((decision) => decision.choice)).toEqual([choice]);
  });

  test("or that stops the app in production alone, is no default", async () => {
    const text =
      'let secret = process.env.JWT_SECRET;\nif (!secret) {\n  if (process.env.NODE_ENV === "production") throw new Error();\n  secret = "in-development";\n}\n';
    const decisions = await readDecisions({ folder: appOf({ "app.ts": text }) });
    expect(decisions.filter(({ topic }) => topic === "secrets")).toMatchObject([
      { choice: "environment, required", detail: "JWT_SECRET" },
    ]);
  });
});

describe("a figure that is only a default", () => {
  const detailsOf = async (file: string, text: string, topic: string) =>
    (await readDecisions({ folder: appOf({ [file]: text }) }))
      .filter((decision) => decision.topic === topic)
      .map(({ choice, detail }) => [choice, detail]);

  test("names the setting that changes a token's life", async () => {
    const python = (life: string) =>
      `import os, time, jwt\n\nDEBUG = os.environ.get("DEBUG", "0")\nLIFE = ${life}\ntoken = jwt.encode({"sub": DEBUG, "exp": int(time.time()) + LIFE}, key)\n`;
    expect(await detailsOf("app.py", python('int(os.environ.get("TOKEN_LIFE", "900"))'), "jwt-life")).toEqual([
      ["15m", "TOKEN_LIFE changes it"],
    ]);
    expect(await detailsOf("app.py", python("900"), "jwt-life")).toEqual([["15m", undefined]]);
  });

  test("names for each kind of token its own", async () => {
    const text =
      'import jwt from "jsonwebtoken";\nconst lives = { access: process.env.ACCESS_LIFE ?? "15m", refresh: "7d" };\nexport const make = (kind: "access" | "refresh") => jwt.sign({}, key, { expiresIn: lives[kind] });\n';
    expect(await detailsOf("app.ts", text, "jwt-life")).toEqual([
      ["15m", "ACCESS_LIFE changes it"],
      ["refresh 7d", undefined],
    ]);
  });

  test("names the setting that changes the origins, and none where the origins are constant", async () => {
    const text = (origin: string) =>
      `import express from "express";\nimport cors from "cors";\nconst port = process.env.PORT ?? "3000";\nexpress().use(cors({ origin: ${origin} })).listen(port);\n`;
    expect(await detailsOf("app.ts", text('process.env.CORS_ORIGIN || "https://a.example"'), "cors")).toEqual([
      ["middleware, https://a.example", "CORS_ORIGIN changes it"],
    ]);
    expect(await detailsOf("app.ts", text('"https://a.example"'), "cors")).toEqual([
      ["middleware, https://a.example", undefined],
    ]);
  });
});

describe("what is read", () => {
  test("an empty folder gives an empty ledger", async () => {
    expect(await readDecisions({ folder: appOf({}) })).toEqual([]);
  });

  test("only the files that are named, when they are", async () => {
    const folder = appOf({ "app.py": HASHING, "other.py": HASHING.replace("bcrypt.hashpw", "bcrypt.kdf") });
    const decisions = await readDecisions({ folder, files: ["other.py"] });
    expect(new Set(decisions.flatMap(({ file }) => file ?? []))).toEqual(new Set(["other.py"]));
  });

  test("of an app that is too large, what fits; and nothing is called absent that may stand in the rest", async () => {
    const library = Array.from({ length: 30 }, (_, i) => [
      `lib/part${i}.py`,
      `VALUES = [\n${"    0.125,\n".repeat(3900)}]\n`,
    ]);
    const folder = appOf({ "app.py": `from fastapi import FastAPI\n${HASHING}`, ...Object.fromEntries(library) });
    const decisions = await readDecisions({ folder });
    expect(decisions.filter(({ topic }) => topic === "password-hashing")).toMatchObject([{ choice: "bcrypt" }]);
    expect(decisions.filter(({ origin }) => origin === "absent")).toEqual([]);
    expect(decisions.find(({ topic }) => topic === "throttling")).toMatchObject({
      choice: "unknown",
      confidence: "unknown",
      detail: expect.stringMatching(/^the app is too large to be read whole; files left out: \d+$/),
    });
  });

  test("of an app whose functions come without imports, nothing is called absent that may stand in them", async () => {
    const files = {
      "server/utils/caller.ts": "export const requireUser = (event) => getHeader(event, 'authorization');\n",
      "server/routes/jobs.get.ts":
        "import { z } from 'zod';\nexport default defineEventHandler(async (event) => (await requireUser(event)).jobs);\n",
    };
    const styleOf = async (more: Record<string, string>) =>
      (await readDecisions({ folder: appOf({ ...files, ...more }) })).find(
        ({ topic }) => topic === "authorisation-style",
      );
    expect(await styleOf({})).toMatchObject({ choice: "none", origin: "absent" });
    expect(await styleOf({ "nitro.config.ts": "export default defineNitroConfig({});\n" })).toMatchObject({
      choice: "unknown",
      confidence: "unknown",
      detail: "its functions are used without being imported, which is not followed",
    });
  });

  test("a front end beside a server in another language does not count", async () => {
    const folder = appOf({
      "server/main.py": "from fastapi import FastAPI\nfrom pydantic import BaseModel\n\napp = FastAPI()\n",
      "web/form.tsx": 'import { z } from "zod";\nexport const schema = z.object({ password: z.string().min(8) });\n',
    });
    const decisions = await readDecisions({ folder });
    expect(decisions.filter(({ file }) => file?.startsWith("web/"))).toEqual([]);
  });

  test.each([
    ["a file that is no program", { "app.py": "def (((", "app.ts": "const = {{{ ;;; import" }],
    ["a file with a null byte", { "app.py": "import bcrypt\0" }],
    ["names that lead in a circle", { "a.py": "from b import x\n", "b.py": "from a import x\n\nx.hash(password)\n" }],
    [
      "values that lead in a circle",
      {
        "a.ts": "export * from './b';\nconst a = b; const b = a; jwt.sign({ exp: a }, b);",
        "b.ts": "export * from './a';",
      },
    ],
    [
      "functions that call each other",
      { "a.py": "def f(x):\n    return g(x)\n\ndef g(x):\n    return f(x)\n\nSECRET_KEY = f('A')\n" },
    ],
  ])("%s is survived", async (_name, files) => {
    await expect(readDecisions({ folder: appOf(files as Record<string, string>) })).resolves.toBeInstanceOf(Array);
  });
});
