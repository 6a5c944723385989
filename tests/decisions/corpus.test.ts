import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { decisionTopics, readDecisions } from "../../src/decisions/index.ts";
import { compare, layOut, precisionOf, readExpectations, recallOf, type Score, table } from "./ledgers.ts";

const HERE = import.meta.dirname;
const CORPUS = join(HERE, "corpus");
const RECORDINGS = join(HERE, "..", "..", "recordings");
const LEAST = 0.98;

const cases = readdirSync(CORPUS).flatMap((language) =>
  readdirSync(join(CORPUS, language)).map((name) => ({ language, name, folder: join(CORPUS, language, name) })),
);
const scores = new Map<string, Score>();
const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

describe("the corpus of snippets", () => {
  test("holds at least 300 expectations over both languages and every topic", () => {
    const expectations = cases.flatMap(({ folder }) => readExpectations(join(folder, "expected.json")));
    expect(expectations.length).toBeGreaterThanOrEqual(300);
    expect(new Set(cases.map(({ language }) => language))).toEqual(new Set(["python", "typescript"]));
  });

  test("names every topic that a rule reads", async () => {
    const named = new Set(
      cases.flatMap(({ folder }) => readExpectations(join(folder, "expected.json"))).map(({ topic }) => topic),
    );
    expect([...named].sort()).toEqual(await decisionTopics());
  });

  test("is read with precision and recall of at least 0.98 in every topic", async () => {
    for (const { language, name, folder } of cases) {
      const app = layOut(folder);
      made.push(app);
      compare(
        scores,
        `${language}/${name}`,
        await readDecisions({ folder: app }),
        readExpectations(join(folder, "expected.json")),
        false,
      );
    }
    process.stdout.write(`${table(scores)}\n`);
    const wrong = [...scores].filter(([, score]) => precisionOf(score) < LEAST || recallOf(score) < LEAST);
    expect(
      wrong.flatMap(([, { extra, missing }]) => [
        ...extra.map((line) => `extra   ${line}`),
        ...missing.map((line) => `missing ${line}`),
      ]),
    ).toEqual([]);
  }, 60_000);
});

describe("the recorded apps, whose ledgers were checked by hand", () => {
  const ids = readdirSync(join(HERE, "recordings")).map((name) => name.replace(/\.expected\.json$/, ""));
  for (const id of ids) {
    const bundle = join(RECORDINGS, id, "repository.bundle");
    test.skipIf(!existsSync(bundle))(
      `${id} is read without a wrong line (skipped while its bundle is not recorded)`,
      async () => {
        const folder = mkdtempSync(join(tmpdir(), "decisions-"));
        made.push(folder);
        execFileSync("git", ["-c", "core.hooksPath=/dev/null", "clone", "-q", bundle, folder], { stdio: "pipe" });
        const own = new Map<string, Score>();
        compare(
          own,
          id,
          await readDecisions({ folder }),
          readExpectations(join(HERE, "recordings", `${id}.expected.json`)),
          true,
        );
        expect(
          [...own.values()].flatMap(({ extra, missing }) => [
            ...extra.map((line) => `extra   ${line}`),
            ...missing.map((line) => `missing ${line}`),
          ]),
        ).toEqual([]);
      },
      60_000,
    );
  }
});
