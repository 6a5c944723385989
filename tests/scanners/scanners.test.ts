import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { machinePath } from "../../src/app/index.ts";
import { ScannerReport, type ScannerRun } from "../../src/model/scan.ts";
import { ROOT, start, unprompted } from "../cli/command.ts";
import { folderOf, ranOf, scanned, serving } from "./scanning.ts";

const goHere = spawnSync("go", ["version"], { env: { PATH: machinePath() } }).status === 0;
const nucleiHere = spawnSync("nuclei", ["-version"], { env: { PATH: machinePath(), HOME: folderOf({}) } }).status === 0;

const HOLES = `import sqlite3


def find(db: sqlite3.Connection, name: str):
    return db.execute(f"SELECT * FROM jobs WHERE name = '{name}'")  # nosec
`;

describe("Bandit", () => {
  it("runs, and says what it said: rule, place and CWE, also where the app's own comment would hush it", async () => {
    const app = folderOf({ "app/find.py": HOLES, ".bandit": "[bandit]\nskips: B608\n", "broken.py": "def (" });
    const run = ranOf(await scanned(app, ["bandit"]), "bandit");
    expect(run).toMatchObject({
      reads: "source",
      rules: ["Bandit's own tests"],
      version: expect.stringMatching(/^1\./),
    });
    expect(run.findings).toEqual([
      expect.objectContaining({
        rule: "B608",
        severity: "medium",
        cwe: ["CWE-89"],
        file: "app/find.py",
        line: 5,
        url: null,
      }),
    ]);
    expect(run.incomplete).toEqual([expect.stringContaining("broken.py")]);
  });

  it("does not claim to have looked at an app without Python", async () => {
    const runs = await scanned(folderOf({ "server.js": "1" }), ["bandit"]);
    expect(runs.get("bandit")).toEqual([
      { state: "not run", scanner: "bandit", reads: "source", reason: "the app has no Python files" },
    ]);
  });
});

describe("Semgrep with our own rules", () => {
  const annotated = ["python.py", "typescript.ts"].map((name) => ({
    name,
    text: readFileSync(join(import.meta.dirname, "rules", `${name}.txt`), "utf8"),
  }));

  it("finds every marked line of each rule's examples, with its CWE, and nothing else", async () => {
    const app = folderOf({
      ...Object.fromEntries(annotated.map(({ name, text }) => [name, text])),
      ".semgrepignore": "*\n",
    });
    const run = ranOf(await scanned(app, ["semgrep"]), "semgrep");
    const expected = annotated.flatMap(({ name, text }) =>
      text.split("\n").flatMap((line, i) => {
        const rule = /(?:#|\/\/) finds: (\S+)/.exec(line)?.[1];
        return rule ? [`${name}:${i + 2} ${rule}`] : [];
      }),
    );
    expect(run.findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`).sort()).toEqual(expected.sort());
    expect(run.findings.filter(({ cwe }) => cwe.length === 0)).toEqual([]);
    expect(run.incomplete).toEqual([]);
  });

  it("has an example for each rule that we ship", () => {
    const shipped = ["python", "typescript"].flatMap((name) =>
      [...readFileSync(join(ROOT, "scanner-rules/semgrep", `${name}.yaml`), "utf8").matchAll(/^ {2}- id: (\S+)/gm)].map(
        ([, id]) => id,
      ),
    );
    const shown = new Set(annotated.flatMap(({ text }) => [...text.matchAll(/finds: (\S+)/g)].map(([, id]) => id)));
    expect([...shown].sort()).toEqual(shipped.sort());
  });

  it("takes a local rule folder of the user, and says why a set of the registry did not run", async () => {
    const rules = folderOf({
      "mine.yaml":
        "rules:\n  - {id: no-eval, languages: [python], severity: ERROR, message: eval, pattern: eval(...)}\n",
    });
    const app = folderOf({ "a.py": "eval(input())\n" });
    const runs = await scanned(app, [{ id: "semgrep", rules: [rules, "p/no-such-set-as-this"] }]);
    const [local, registry] = runs.get("semgrep") ?? [];
    expect(local).toMatchObject({
      state: "ran",
      rules: [rules],
      findings: [{ rule: "no-eval", file: "a.py", line: 1 }],
    });
    expect(registry).toMatchObject({ state: "not run", reason: expect.stringContaining("p/no-such-set-as-this") });
  });
});

describe("Nuclei with our own templates", () => {
  it.skipIf(!nucleiHere && !goHere)(
    "finds exactly what a careless server shows, and nothing on a careful one (skipped where there is no Go to build it)",
    async () => {
      const careless = await serving(
        (request, response) => {
          const { origin } = request.headers;
          if (origin) response.setHeader("Access-Control-Allow-Origin", origin);
          if (request.url === "/openapi.json") response.end('{"openapi": "3.1.0"}');
          else if (request.url === "/no-such-page") response.writeHead(500).end("at handler (/srv/app.js:10:3)");
          else if (request.url === "/.env") response.end("JWT_SECRET=hunter2\n");
          else response.end("fine");
        },
        async (url) => ranOf(await scanned(url, ["nuclei"]), "nuclei"),
      );
      const pages = [
        "missing-nosniff",
        "missing-frame-options",
        "missing-hsts",
        "cors-foreign-origin",
        "cors-null-origin",
      ];
      expect(careless.findings.map(({ rule, url }) => `${rule} ${url}`).sort()).toEqual(
        [
          ...pages.flatMap((rule) => [`${rule} GET /`, `${rule} GET /health`]),
          "api-docs-open GET /openapi.json",
          "error-shows-inside GET /no-such-page",
          "files-open GET /.env",
        ].sort(),
      );
      const careful = await serving(
        (_request, response) => {
          response.setHeader("X-Content-Type-Options", "nosniff");
          response.setHeader("X-Frame-Options", "DENY");
          response.setHeader("Strict-Transport-Security", "max-age=31536000");
          response.writeHead(404).end("{}");
        },
        async (url) => ranOf(await scanned(url, ["nuclei"]), "nuclei"),
      );
      expect(careful.findings).toEqual([]);
      expect(careful.incomplete).toEqual([]);
    },
  );

  it.skipIf(!nucleiHere && !goHere)(
    "scans a copy of an app in its namespace through a port of its own (skipped where there is no Go to build it)",
    async () => {
      const app = folderOf({
        "package.json": '{"name": "a", "scripts": {"start": "node server.js"}}',
        "server.js":
          'require("node:http").createServer((q, r) => { r.setHeader("X-Frame-Options", "DENY"); r.end("ok"); }).listen(process.env.PORT);',
      });
      const { code, out, err } = await unprompted("scan", app, "--install", "", "--scanners", "nuclei", "--json");
      expect(code, err).toBe(0);
      const nuclei = ScannerReport.parse(JSON.parse(out)).runs.find(({ scanner }) => scanner === "nuclei");
      if (nuclei?.state !== "ran") throw new Error(nuclei?.reason);
      expect(new Set(nuclei.findings.map(({ rule }) => rule))).toEqual(new Set(["missing-nosniff", "missing-hsts"]));
    },
  );

  it.skipIf(!nucleiHere && !goHere)(
    "does not call a server that never answers clean (skipped where there is no Go to build it)",
    async () => {
      const runs = await serving(
        (request) => request.socket.destroy(),
        (url) => scanned(url, ["nuclei"]),
      );
      expect(runs.get("nuclei")?.[0]).toMatchObject({ state: "not run", reason: expect.stringMatching(/answered/) });
    },
  );
});

describe("any tool that writes SARIF", () => {
  it("runs by three lines of a study", async () => {
    const spec = { id: "mine", run: "bandit -q -r {app} -f sarif -o {out}", version: "bandit --version" };
    const run = ranOf(await scanned(folderOf({ "a.py": HOLES.replace("  # nosec", "") }), [spec]), "mine");
    expect(run.version).toMatch(/^1\.\d+/);
    expect(run.findings).toEqual([expect.objectContaining({ rule: "B608", cwe: ["CWE-89"], file: "a.py", line: 5 })]);
  });

  it.each([
    ["a command that is not there", "no-such-tool-as-this {app} {out}", /no-such-tool-as-this is not installed/],
    ["one that writes nothing", "true {app} {out}", /not work here|no SARIF/],
    ["one that writes something else", "cp /etc/hostname {out}", /no SARIF/],
  ])("says why it did not run: %s", async (_what, run, reason) => {
    const runs = await scanned(folderOf({ "a.py": "" }), [{ id: "mine", run, version: "echo 1.0" }]);
    expect(runs.get("mine")?.[0]).toMatchObject({ state: "not run", reason: expect.stringMatching(reason) });
  });
});

/** A program of that name that does as the tool's manual says: it stands in for one that is not installed here. */
function standIn(name: string, script: string): string {
  const folder = folderOf({
    [name]: `#!/bin/sh\ncase "$*" in *version) echo "${name} 2.3.0"; exit 0;; esac\n${script}\n`,
  });
  chmodSync(join(folder, name), 0o755);
  return folder;
}

async function scannedWith(folder: string, ...args: string[]): Promise<ScannerRun> {
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
  const { code, out, err } = await start(["scan", ...args, "--sandbox", "none", "--json"], { env }).done;
  expect(code, err).toBe(0);
  const [run] = ScannerReport.parse(JSON.parse(out)).runs;
  if (!run) throw new Error("no result at all");
  return run;
}

const sarifOf = (uri: string) =>
  JSON.stringify({
    runs: [
      {
        tool: { driver: { name: "t", rules: [{ id: "X-1" }] } },
        results: [
          { ruleId: "X-1", message: { text: "m" }, locations: [{ physicalLocation: { artifactLocation: { uri } } }] },
        ],
      },
    ],
  });

describe("OSV-Scanner, by its manual", () => {
  const app = () => folderOf({ "package-lock.json": "{}" });

  it("ends with 1 when it found something", async () => {
    const tool = standIn("osv-scanner", `echo '${sarifOf("package-lock.json")}'; exit 1`);
    expect(await scannedWith(tool, app(), "--scanners", "osv-scanner")).toMatchObject({
      ...{ state: "ran", version: "2.3.0", rules: ["osv.dev"] },
      findings: [{ rule: "X-1", file: "package-lock.json" }],
    });
  });

  it("ends with 127 when osv.dev does not answer", async () => {
    const tool = standIn("osv-scanner", "echo 'Error: failed to reach api.osv.dev' >&2; exit 127");
    expect(await scannedWith(tool, app(), "--scanners", "osv-scanner")).toMatchObject({
      state: "not run",
      reason: expect.stringMatching(/failed to reach api\.osv\.dev/),
    });
  });
});

describe("OWASP ZAP, by its manual", () => {
  const site = (use: (url: string) => Promise<void>) => serving((_request, response) => response.end("ok"), use);

  it("runs a plan of its automation framework and writes SARIF", async () => {
    await site(async (url) => {
      const tool = standIn(
        "zap.sh",
        `for plan; do :; done; grep -q "url: ${url}" "$plan" && echo '${sarifOf(`${url}/login`)}' > "$(dirname "$plan")/zap.sarif.json"`,
      );
      expect(await scannedWith(tool, url, "--scanners", "zap")).toMatchObject({
        ...{ state: "ran", reads: "running app" },
        findings: [{ rule: "X-1", url: "GET /login" }],
      });
    });
  });

  it("has not run when it wrote no report", async () => {
    await site(async (url) => {
      const run = await scannedWith(
        standIn("zap.sh", "echo 'Failed to load the plan'; exit 1"),
        url,
        "--scanners",
        "zap",
      );
      expect(run).toMatchObject({ state: "not run", reason: "Failed to load the plan" });
    });
  });
});

describe("what cannot be learnt", () => {
  const LODASH = {
    "package.json": '{"name": "a", "version": "1.0.0", "dependencies": {"lodash": "4.17.15"}}',
    "package-lock.json": JSON.stringify({
      name: "a",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": { name: "a", version: "1.0.0", dependencies: { lodash: "4.17.15" } },
        "node_modules/lodash": {
          version: "4.17.15",
          resolved: "https://registry.npmjs.org/lodash/-/lodash-4.17.15.tgz",
        },
      },
    }),
    "requirements.txt": "jinja2==2.10\n",
  };

  it("is never a silent zero: audits of packages with known holes find them, or say why they did not run", async () => {
    const runs = await scanned(folderOf(LODASH), ["npm-audit", "pip-audit"]);
    for (const name of ["npm-audit", "pip-audit"]) {
      const [run] = runs.get(name) ?? [];
      if (run?.state === "ran") expect(run.findings.length, name).toBeGreaterThan(0);
      else expect(run?.reason, name).toMatch(/\S/);
    }
  });

  it("is said of every scanner where nothing is installed", async () => {
    const app = folderOf({ ...LODASH, "a.py": HOLES });
    const env = { PATH: "/nowhere", HOME: folderOf({}), UNPROMPTED_CACHE: folderOf({}) };
    const { done } = start(
      ["scan", app, "--scanners", "bandit,semgrep,npm-audit,pip-audit,osv-scanner", "--sandbox", "none", "--json"],
      { env },
    );
    const { code, out, err } = await done;
    expect(code, err).toBe(0);
    const { runs } = ScannerReport.parse(JSON.parse(out));
    expect(runs.map(({ state }) => state)).toEqual(runs.map(() => "not run"));
    expect(runs.find(({ scanner }) => scanner === "bandit")).toMatchObject({
      reason: expect.stringMatching(/^bandit is not installed/),
    });
  });

  it.skipIf(process.platform !== "linux")(
    "is said by each scanner that asks a service, on a machine without network (skipped where there are no namespaces)",
    async () => {
      const app = folderOf({ ...LODASH, "a.py": HOLES });
      const asked = ["npm-audit", "pip-audit", "osv-scanner", "bandit"];
      const ran = spawnSync(
        "unshare",
        [
          "--user",
          "--map-root-user",
          "--net",
          process.execPath,
          "--disable-warning=ExperimentalWarning",
          join(ROOT, "bin/unprompted.js"),
          "scan",
          app,
          "--scanners",
          asked.join(","),
          "--sandbox",
          "none",
          "--json",
        ],
        { encoding: "utf8", timeout: 110_000 },
      );
      const { runs } = ScannerReport.parse(JSON.parse(ran.stdout));
      for (const run of runs.filter(({ scanner }) => asked.includes(scanner))) {
        if (run.scanner === "bandit") expect(run).toMatchObject({ state: "ran", findings: [{ rule: "B608" }] });
        else expect(run, run.scanner).toMatchObject({ state: "not run", reason: expect.stringMatching(/\S/) });
      }
    },
  );

  it("is a name that no scanner has", async () => {
    const { code, err } = await unprompted("scan", ".", "--scanners", "bandid");
    expect(code).toBe(2);
    expect(err).toMatch(/There is no scanner "bandid"\. Did you mean "bandit"\?/);
  });
});
