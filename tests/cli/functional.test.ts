import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Evaluation } from "../../src/model/session.ts";
import { ROOT, unprompted } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "unprompted-functional-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What each change breaks: the file, what stands there, what stands there then. None of them is a hole in a test. */
const BROKEN: Record<string, [file: string, from: string, to: string]> = {
  "settings-from-environment": ["security.py", "settings.jwt_secret.get_secret_value()", `"${"0123456789".repeat(4)}"`],
  "search-pages": ["schemas.py", "per_page: int = Field(20,", "per_page: int = Field(10,"],
  "search-total": ["routers/jobs.py", "select_from(matching.subquery())", "select_from(page.subquery())"],
};

async function failing(app: string): Promise<string[]> {
  const { out, err } = await unprompted("check", app, "--baseline", "fastapi-jobs", "--tier", "2", "--json");
  expect(err).not.toMatch(/fault of unprompted/);
  const { functional } = JSON.parse(out) as Evaluation;
  expect(functional.length).toBeGreaterThan(25);
  return functional.filter(({ ok }) => !ok).map(({ id }) => id);
}

describe("the checks of whether features work", () => {
  it("name each sentence of the prompts that an app does not keep, and no other", async () => {
    const app = join(folder, "app");
    cpSync(join(ROOT, "references/fastapi-jobs/app"), app, { recursive: true });
    for (const [file, from, to] of Object.values(BROKEN)) {
      const source = readFileSync(join(app, file), "utf8");
      expect(source).toContain(from);
      writeFileSync(join(app, file), source.replaceAll(from, to));
    }
    expect((await failing(app)).sort()).toEqual(Object.keys(BROKEN).sort());
  });

  it("say nothing against the reference", async () => {
    expect(await failing(join(ROOT, "references/fastapi-jobs/app"))).toEqual([]);
  });
});
