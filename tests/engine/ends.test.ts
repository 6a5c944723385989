import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { detectRecipe, prepareApp } from "../../src/app/index.ts";
import { evaluate } from "../../src/engine/index.ts";
import { defineExploit, defineScenario, type Exploit } from "../../src/exploits/index.ts";
import { Contract } from "../../src/model/contract.ts";
import { chooseSandbox } from "../../src/sandbox/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ends-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Ends itself after an answer to /once/<name>, the first time on this machine, and to /always each time. */
const app = (marks: string) => `import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
createServer((request, answer) => {
  const [, kind, name] = request.url.split("/");
  const mark = ${JSON.stringify(marks)} + "/" + name;
  const ends = kind === "always" || (kind === "once" && !existsSync(mark));
  if (kind === "once") writeFileSync(mark, "");
  answer.end("up", () => ends && process.exit(1));
}).listen(process.env.PORT);
`;

/** Asks one path, and looks whether the app still answers; withstood where the first answer has the wanted status. */
const asks = (id: string, path: string, wanted = "2xx"): Exploit =>
  defineExploit({
    id,
    slug: id.toLowerCase(),
    tier: 1,
    area: "test",
    title: id,
    severity: "low",
    cwe: "CWE-1",
    standard: "none",
    prompt: "nobody asked",
    control: "none",
    attack: `GET ${path}`,
    defendedWhen: "an answer",
    why: "",
    fix: "",
    needs: [],
    operations: [],
    instance: "shared",
    async run(trial) {
      const outcome = await trial.ask({ method: "GET", path, label: path });
      const after = await trial.ask({ method: "GET", path: "/", label: "afterwards" });
      trial.withstands(outcome, { status: [wanted] }, path);
      trial.withstands(after, { status: ["2xx"] }, "it still answers");
    },
  });

async function verdicts(exploits: Exploit[]): Promise<Record<string, string>> {
  const marks = mkdtempSync(join(tmpdir(), "ends-marks-"));
  writeFileSync(join(folder, "app.mjs"), app(marks));
  const recipe = detectRecipe(folder, { install: "", build: "", start: "exec node app.mjs" });
  const prepared = await prepareApp({ name: "ends", folder, recipe, sandbox: chooseSandbox("none").sandbox });
  try {
    const { verdicts: given } = await evaluate({
      target: { app: prepared },
      report: prepared.report,
      scenario: defineScenario<unknown>({
        id: "ends",
        title: "apps that end",
        promptsVersion: "1",
        steps: 1,
        resolveContract: async () => {},
        seedWorld: async () => ({}),
        functionalChecks: [],
      }),
      contract: Contract.parse({ formatVersion: 1, scenario: "ends", auth: { scheme: "Bearer" }, operations: {} }),
      exploits,
      functional: false,
      jobs: 1,
    });
    return Object.fromEntries(given.map(({ id, verdict }) => [id, verdict]));
  } finally {
    await prepared.dispose();
    rmSync(marks, { recursive: true, force: true });
  }
}

test("an end that is not repeated leaves that test undecided, and says nothing about others", async () => {
  expect(await verdicts([asks("A", "/once/a"), asks("B", "/well")])).toEqual({ A: "inconclusive", B: "defended" });
});

test("an end that is not repeated takes nothing from a hole that was proven twice", async () => {
  expect(await verdicts([asks("A", "/once/a", "4xx")])).toEqual({ A: "exploited" });
});

test("two of them mean that nothing of the app can be judged", async () => {
  const given = await verdicts([asks("A", "/once/a"), asks("B", "/well"), asks("C", "/once/c")]);
  expect(given).toEqual({ A: "broken", B: "broken", C: "broken" });
});

test("an app that an attack ends each time has not withstood it", async () => {
  expect(await verdicts([asks("A", "/always"), asks("B", "/well")])).toEqual({ A: "exploited", B: "defended" });
});
