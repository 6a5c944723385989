import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readDecisions } from "../../src/decisions/index.ts";

const REFERENCES = join(import.meta.dirname, "..", "..", "references");
const expected = z
  .record(z.string(), z.array(z.string()))
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "mutants.expected.json"), "utf8")));

/** Topic and choice of every decision: references change, so their lines are left out. */
async function choicesOf(folder: string): Promise<string[]> {
  return (await readDecisions({ folder })).map(({ topic, choice }) => `${topic} | ${choice}`);
}

function patched(reference: string, patch: string): string {
  const folder = mkdtempSync(join(tmpdir(), "decisions-"));
  cpSync(reference, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  execFileSync("git", ["apply", "--whitespace=nowarn", patch], { cwd: folder, stdio: "pipe" });
  return folder;
}

describe("a choice that a patch changes", () => {
  const reference = new Map<string, Promise<string[]>>();
  for (const [name, choices] of Object.entries(expected)) {
    const patch = join(REFERENCES, `${name}.patch`);
    test.skipIf(!existsSync(patch))(
      `shows in the ledger: ${name} (skipped while there is no such patch)`,
      async () => {
        const app = join(REFERENCES, dirname(dirname(name)), "app");
        const before = await (reference.get(app) ?? reference.set(app, choicesOf(app)).get(app));
        const folder = patched(app, patch);
        try {
          const after = await choicesOf(folder);
          expect(after).toEqual(expect.arrayContaining(choices));
          expect(before).not.toEqual(expect.arrayContaining(choices));
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
      60_000,
    );
  }
});
