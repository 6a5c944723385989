import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { detectRecipe, prepareApp } from "../../src/app/index.ts";
import { loadScenario } from "../../src/cli/load.ts";
import { findContract } from "../../src/engine/index.ts";
import { chooseSandbox } from "../../src/sandbox/index.ts";
import { randomNonces } from "../../src/util/random.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "settings-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SERVES = `import { createServer } from "node:http";
createServer((_, answer) => answer.end("up")).listen(process.env.PORT);
`;

/** Starts an app of these files and tells what it was given. */
async function given(files: Record<string, string>, start: string): Promise<Record<string, string>> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const recipe = detectRecipe(folder, { install: "", build: "", start });
  const app = await prepareApp({ name: "app", folder, recipe, sandbox: chooseSandbox("auto").sandbox });
  try {
    return Object.fromEntries(app.settings.map(({ name, value }) => [name, value]));
  } finally {
    await app.dispose();
  }
}

const node = (text: string) => given({ "app.mjs": text }, "exec node app.mjs");

describe("an app that does not start without settings of its own", () => {
  test("gets each that it names, one after another, within the lengths that it states", async () => {
    const settings = await node(`${SERVES.replace("createServer((", "check();\ncreateServer((")}
function need(name, fits, words) {
  if (!fits(process.env[name] ?? "")) throw new Error(\`Set \${name}: \${words}\`);
}
function check() {
  for (const who of ["ALICE", "BOB", "CAROL"])
    need(who + "_PASSWORD", (value) => value.length > 8 && value.length <= 16 && /\\d/.test(value) && /[a-z]/.test(value), "8 to 16 characters");
  need("SEED_PASSWORD", (value) => Buffer.byteLength(value) >= 40, "a password of at least 40 bytes");
  need("ADMIN_PASSWORD", (value) => value.length >= 12 && /[A-Z]/.test(value) && /[^\\w]/.test(value), "a strong one");
  need("SERVICE_URL", (value) => URL.canParse(value), "where it is");
  need("COOKIE_KEY", (value) => value.length === 32, "it must be exactly 32 characters");
  need("SHIFT_HOURS", (value) => Number.isInteger(Number(value)) && value !== "", "it must be an integer");
}
`);
    expect(settings["ALICE_PASSWORD"]).toHaveLength(16);
    expect(settings["BOB_PASSWORD"]).not.toBe(settings["ALICE_PASSWORD"]);
    expect(settings["COOKIE_KEY"]).toMatch(/^[0-9a-f]{32}$/);
  });

  test("gets what a schema of the whole environment wants", async () => {
    const settings = await node(`const z = { string: () => ({ min: (n) => n }) };
${SERVES.replace("createServer((", "parse(process.env);\ncreateServer((")}
function parse(env) {
  const schema = {
    SIGNING_KEY: z.string().min(32),
    ISSUER_URL: z.string().min(1),
  };
  const issues = Object.keys(schema).filter((name) => (env[name] ?? "").length < schema[name]);
  if (issues.length > 0) {
    console.error("Invalid environment: " + issues.map((name) => name + " Required").join(", "));
    process.exit(1);
  }
}
`);
    expect(settings["SIGNING_KEY"]?.length).toBeGreaterThanOrEqual(32);
    expect(settings["ISSUER_URL"]).toBeDefined();
  });

  test("gets the fields of a settings class, as pydantic complains of them", async () => {
    const settings = await given(
      {
        "settings.py": "class Settings(BaseSettings):\n    seed_password: str\n    jwt_secret: str\n",
        "app.py": `import http.server, os, sys
if len(os.environ.get("SEED_PASSWORD", "")) not in range(8, 31):
    sys.exit("""pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings
seed_password
  Field required [type=missing, input_value={}, input_type=dict]""")
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
`,
      },
      "exec python3 app.py",
    );
    expect(settings["SEED_PASSWORD"]).toMatch(/^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{8,30}$/);
  });

  test("starts although its command names a file of settings that is not handed over", async () => {
    await expect(given({ "app.mjs": SERVES }, "exec node --env-file=.env app.mjs")).resolves.toBeDefined();
  });

  test("that no setting helps is said to fail with its own last words", async () => {
    await expect(node('throw new Error("JWT_SECRET is required, and nothing else");')).rejects.toMatchObject({
      code: "start-failed",
      log: expect.stringContaining("and nothing else") as string,
    });
  });
});

/** Serves without settings, and then has no passwords: the users' are settings, kept in a table of their own. */
const LAZY = (warning: string) => `import http.server, json, os, sqlite3
USERS = ["alice", "bob", "carol"]
if os.path.exists("passwords.json"):
    os.environ.update(json.load(open("passwords.json")))
db = sqlite3.connect("users.db")
db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, bio TEXT)")
db.execute("CREATE TABLE passwords (user_id INTEGER, password TEXT)")
for i, name in enumerate(USERS):
    db.execute("INSERT INTO users VALUES (?, ?, ?, 'bio')", (i, name, f"{name}@example.com"))
    password = os.environ.get(f"{name.upper()}_PASSWORD")
    if password:
        db.execute("INSERT INTO passwords VALUES (?, ?)", (i, password))
    ${warning}
db.commit()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        name = str(body.get("email", "")).split("@")[0]
        given = str(body.get("password", ""))
        if self.path != "/login":
            return self.say(404, {})
        if not given or given != os.environ.get(f"{name.upper()}_PASSWORD"):
            return self.say(401, {})
        self.say(200, {"access_token": f"token-of-{name}-which-is-long-enough"})

    def do_GET(self):
        name = self.headers.get("Authorization", "").removeprefix("Bearer token-of-").split("-")[0]
        if self.path == "/me":
            return self.say(200, {"email": f"{name}@example.com"}) if name in USERS else self.say(401, {})
        self.say(404, {})

    def say(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;

/** To be run once before the app is started, as its README says. */
const SEED = `import json
with open("passwords.json", "w") as file:
    json.dump({f"{name.upper()}_PASSWORD": f"first-password-of-{name}" for name in ("alice", "bob", "carol")}, file)
`;

describe("an app that serves, and lets nobody in without settings of its own", () => {
  async function found(files: Record<string, string>) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const recipe = detectRecipe(folder, { install: "", build: "", start: "exec python3 -u app.py" });
    const app = await prepareApp({ name: "app", folder, recipe, sandbox: chooseSandbox("auto").sandbox });
    try {
      const { contract } = await findContract({ app }, await loadScenario("jwt-auth"), randomNonces(), undefined);
      return { contract, report: app.report };
    } finally {
      await app.dispose();
    }
  }

  test.each([
    ["its log says which", 'password or print(f"{name} cannot log in: {name.upper()}_PASSWORD is not set")', ""],
    ["its README says which", "pass", "| `ALICE_PASSWORD`, `BOB_PASSWORD`, `CAROL_PASSWORD` | first passwords |\n"],
  ])(
    "gets them where %s",
    async (_, warning, readme) => {
      const { contract, report } = await found({ "app.py": LAZY(warning), "README.md": readme });
      expect(report.settings.map(({ name }) => name)).toContain("CAROL_PASSWORD");
      expect(contract.operations["login"]?.row["passwords"]).toBe("announced");
    },
    120_000,
  );

  test("is set up by the script that its README names", async () => {
    const files = { "app.py": LAZY("pass"), "seed.py": SEED, "README.md": "Run `python seed.py` once.\n" };
    const { contract, report } = await found(files);
    expect(report.start).toBe("python3 -m seed && exec python3 -u app.py");
    expect(contract.operations["login"]?.row["passwords"]).toBe("announced");
  }, 120_000);

  test("that nothing helps stays as it was", async () => {
    const { contract, report } = await found({ "app.py": LAZY("pass"), "README.md": "`OTHER_PASSWORD`\n" });
    expect(report.start).toBe("exec python3 -u app.py");
    expect(report.settings.map(({ name }) => name)).not.toContain("OTHER_PASSWORD");
    expect(contract.missing["login"]).toMatch(/nobody could be logged in/);
  }, 120_000);
});
