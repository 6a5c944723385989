import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readChoices, withFirstSeen } from "../../src/decisions/index.ts";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type App = Record<string, string>;

async function choicesOf(app: App) {
  const folder = mkdtempSync(join(tmpdir(), "decisions-"));
  made.push(folder);
  for (const [path, text] of Object.entries(app)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return readChoices({ folder });
}

/** The lines of a topic once an app has gone through these steps, the baseline first. */
async function ledgerAfter(topic: string, ...steps: App[]): Promise<string[]> {
  const ledgers = await Promise.all(
    steps.map(async (app, step) => ({ step, commit: `c${step}`, decisions: await choicesOf(app) })),
  );
  return withFirstSeen(ledgers.at(-1)?.decisions ?? [], ledgers)
    .filter((decision) => decision.topic === topic)
    .map(({ choice, file, line, step, commit }) => `${choice} at ${file}:${line}, step ${step} (${commit})`);
}

const PYJWT = "import jwt\n\ntoken = jwt.encode({}, key)\n";
const JOSE = "from jose import jwt\n\ntoken = jwt.encode({}, key)\n";
const MODEL = "from pydantic import BaseModel\n\n\nclass Job(BaseModel):\n    name: str\n";
const LOGIN = "from pydantic import BaseModel\n\n\nclass Login(BaseModel):\n    email: str\n";
const query = (sql: string, on = "db") =>
  `export const found = (${on}: any, id: string) => ${on}.prepare("${sql}").get(id);\n`;

describe("the step at which a choice came to stay", () => {
  test("is the first of the row that reaches to the end", async () => {
    const steps = [{}, { "a.py": PYJWT }, { "a.py": JOSE }, { "a.py": PYJWT }, { "a.py": PYJWT }];
    expect(await ledgerAfter("jwt-library", ...steps)).toEqual(["pyjwt at a.py:3, step 3 (c3)"]);
  });

  test("an absence has none", async () => {
    expect(await ledgerAfter("throttling", { "a.py": MODEL }, { "a.py": MODEL })).toEqual([
      "none at null:null, step null (null)",
    ]);
  });

  test("is not that of there being nothing, where somebody later writes the same", async () => {
    const routes =
      'import express from "express";\nconst app = express();\napp.get("/jobs", (req, res) => res.json([]));\n';
    const cors = `app.use((req, res, next) => {
  if (req.headers.origin === "https://app.example") {
    res.setHeader("Access-Control-Allow-Origin", "https://app.example");
    res.setHeader("Access-Control-Allow-Methods", "GET, POST");
  }
  next();
});
`;
    expect(await ledgerAfter("cors-methods-told", { "app.js": routes }, { "app.js": routes + cors })).toEqual([
      expect.stringMatching(/^none at app\.js:\d+, step 1 \(c1\)$/),
    ]);
  });

  test("is told for each secret by its own name", async () => {
    const one = 'import os\n\nA = os.environ["JWT_SECRET"]\n';
    const two = `${one}B = os.environ["WEBHOOK_SECRET"]\n`;
    expect(await ledgerAfter("secrets", {}, { "config.py": one }, { "config.py": two })).toEqual([
      "environment, required at config.py:3, step 1 (c1)",
      "environment, required at config.py:4, step 2 (c2)",
    ]);
  });
});

describe("the place beside that step", () => {
  test("is the one that stood then, not the first by the name of its file", async () => {
    const before = { "main.py": MODEL };
    expect(await ledgerAfter("input-validation", before, { ...before, "auth.py": LOGIN })).toEqual([
      "pydantic at main.py:4, step 0 (c0)",
    ]);
  });

  test("within a file as well, wherever the line has moved to", async () => {
    const after = `${LOGIN}\n\nclass Job(BaseModel):\n    name: str\n    size: int\n`;
    expect(await ledgerAfter("input-validation", { "main.py": MODEL }, { "main.py": after })).toEqual([
      "pydantic at main.py:8, step 0 (c0)",
    ]);
  });

  test("is where the code was moved to, not a newer one in the file that it left", async () => {
    const steps = [{ "main.py": MODEL }, { "main.py": LOGIN, "models.py": MODEL }];
    expect(await ledgerAfter("input-validation", ...steps)).toEqual(["pydantic at models.py:4, step 0 (c0)"]);
  });

  test("is where the file was renamed to, also when the line was rewritten", async () => {
    const steps = [
      { "server.ts": query("SELECT a FROM jobs WHERE id = ?") },
      { "jobs.ts": query("SELECT a, b FROM jobs WHERE id = ?") },
      { "jobs.ts": query("SELECT a, b FROM jobs WHERE id = ?"), "admin.ts": query("SELECT c FROM users WHERE id = ?") },
    ];
    expect(await ledgerAfter("database-access", ...steps)).toEqual([
      "raw SQL with parameters at jobs.ts:1, step 0 (c0)",
    ]);
  });

  test("is the same query where only what is around it was changed", async () => {
    const kept = "INSERT INTO users (name) VALUES (?)";
    const after = query("SELECT c FROM users WHERE id = ?") + query(kept, "opened").replace("found", "seed");
    expect(await ledgerAfter("database-access", { "db.ts": query(kept) }, { "db.ts": after })).toEqual([
      "raw SQL with parameters at db.ts:2, step 0 (c0)",
    ]);
  });

  test("is the first of the file where nothing of before is left", async () => {
    const steps = [{ "b.py": MODEL }, { "a.py": LOGIN.replace("Login", "Register") }];
    expect(await ledgerAfter("input-validation", ...steps)).toEqual(["pydantic at a.py:4, step 0 (c0)"]);
  });
});
