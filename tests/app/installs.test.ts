import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runInstall } from "../../src/app/dependencies.ts";
import { chooseSandbox } from "../../src/sandbox/index.ts";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "installs-"));
  for (const name of ["quick", "slow"]) mkdirSync(join(cache, name));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

const { sandbox } = chooseSandbox("auto");

test("an installation keeps its /tmp and its HOME when another beside it ends first", async () => {
  const fifo = join(cache, "slow", "go");
  await execa("mkfifo", [fifo]);
  const begun = Promise.withResolvers<void>();
  const slow = runInstall(
    "echo begun; read line < go; mktemp && touch ~/here && echo kept",
    join(cache, "slow"),
    sandbox,
    undefined,
    (text) => text.includes("begun") && begun.resolve(),
  );
  await begun.promise;
  expect(await runInstall("true", join(cache, "quick"), sandbox, undefined)).toMatchObject({ exitCode: 0 });
  writeFileSync(fifo, "on\n");
  expect(await slow).toMatchObject({ exitCode: 0, output: expect.stringContaining("kept") });
  expect(readdirSync(cache).sort()).toEqual(["quick", "slow"]);
});
