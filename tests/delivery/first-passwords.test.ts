import { expect, test } from "vitest";
import scenario from "../../scenarios/jwt-auth/scenario.ts";
import { judgedPasswords } from "../../src/cli/first-passwords.ts";
import { Bench } from "../../src/engine/bench.ts";
import type { Trial } from "../../src/exploits/index.ts";
import { Contract } from "../../src/model/contract.ts";
import { randomNonces } from "../../src/util/random.ts";
import { prepared } from "./apps.ts";

const LIMIT_MS = 300_000;

/** An app with three users, whose passwords come from what stands in `passwords`. */
const app = (passwords: string) => ({
  "requirements.txt": "bcrypt\n",
  "server.py": `import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import bcrypt

USERS = ("alice", "bob", "carol")


def setting(name, least):
    value = os.environ.get(name, "")
    if len(value) < least:
        sys.exit(f"{name} must be set, to at least {least} characters")
    return value


${passwords}

database = sqlite3.connect("users.db")
database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, bio TEXT, password_hash TEXT)")
for user in USERS:
    hashed = bcrypt.hashpw(PASSWORDS[user].encode(), bcrypt.gensalt(4)).decode()
    database.execute("INSERT INTO users (email, bio, password_hash) VALUES (?, '', ?)", (f"{user}@example.com", hashed))
database.commit()
database.close()


class Ok(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ok).serve_forever()
`,
});

const contract = Contract.parse({
  formatVersion: 1,
  scenario: "jwt-auth",
  auth: { scheme: "Bearer" },
  operations: {
    login: { method: "POST", path: "/login", encoding: "json", fields: { email: "email", password: "password" } },
    me: { method: "GET", path: "/me" },
  },
});

async function judged(passwords: string) {
  const target = { app: await prepared("python", app(passwords)) };
  const signal = new AbortController().signal;
  const bench = new Bench(target, scenario as never, contract, randomNonces(), signal);
  try {
    await bench.open();
    const trial = bench.trial() as Trial<never>;
    return await judgedPasswords(trial, (await scenario.firstPasswords?.(trial)) ?? []);
  } finally {
    await bench.close();
  }
}

test.each([
  [
    "one setting for all, which may be weak",
    'PASSWORDS = dict.fromkeys(USERS, setting("SEED_PASSWORD", 8))',
    { from: "a setting", weak: null, takesWeak: true, sharedWith: ["bob", "carol"] },
  ],
  [
    "a setting each, which may not be weak",
    'PASSWORDS = {user: setting(f"{user.upper()}_PASSWORD", 12) for user in USERS}\nNAMES = ["ALICE_PASSWORD", "BOB_PASSWORD", "CAROL_PASSWORD"]',
    { from: "a setting", weak: null, takesWeak: false, sharedWith: [] },
  ],
  [
    "one in the source for all, and weak",
    'PASSWORDS = dict.fromkeys(USERS, "password123")',
    { from: "server.py", weak: true, takesWeak: null, sharedWith: ["bob", "carol"] },
  ],
  [
    "random ones that are printed",
    'import secrets\n\nPASSWORDS = {user: secrets.token_urlsafe(12) for user in USERS}\nfor user in USERS:\n    print(f"{user}@example.com: {PASSWORDS[user]}", flush=True)',
    { from: "its output", weak: false, takesWeak: null, sharedWith: [] },
  ],
])(
  "first passwords: %s",
  async (_name, passwords, alice) => {
    const found = await judged(passwords);
    expect(found.map(({ who }) => who)).toEqual(["alice", "bob", "carol"]);
    expect(found[0]).toEqual({ who: "alice", ...alice });
  },
  LIMIT_MS,
);
