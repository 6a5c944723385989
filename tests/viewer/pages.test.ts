import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { madeInput } from "../report/made.ts";
import { axe, CHROMIUM, launch, missing, open, type Served, SHOTS, serve, sidewaysOverflow } from "./browser.ts";
import { writeRun } from "./run-folder.ts";

const A = "nextjs-jobs-recorded-a-bare-1";
const B = "nextjs-jobs-recorded-b-bare-1";
const FASTAPI = ["fastapi-jobs-recorded-a-bare-1", "fastapi-jobs-recorded-b-bare-1"];

const PAGES = {
  overview: "",
  matrix: "#/matrix",
  "matrix of sessions": "#/matrix?rows=sessions&verdict=exploited",
  session: `#/session/${A}?step=2&show=transcript`,
  "session that failed": `#/session/${B}?step=6`,
  verdict: `#/session/${A}/T1-02`,
  exploit: "#/exploit/T1-16",
  "two sessions": `#/compare?a=${FASTAPI[0]}&b=${FASTAPI[1]}`,
  "two runs": "#/compare?of=runs&a=earlier",
  nowhere: "#/no/such/page",
};

describe.skipIf(missing)(missing ? `the viewer (skipped: there is no ${CHROMIUM})` : "the viewer", () => {
  let browser: Browser;
  let folder: string;
  let served: Served;
  const input = madeInput();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "viewer-pages-"));
    await writeRun(join(folder, "demo"), input);
    const earlier = madeInput();
    for (const { evaluation } of earlier.sessions)
      for (const verdict of evaluation?.verdicts ?? []) if (verdict.id === "T1-16") verdict.verdict = "defended";
    await writeRun(join(folder, "earlier"), earlier);
    [browser, served] = await Promise.all([launch(), serve(join(folder, "demo"))]);
  });

  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each([
    ["light", 1280, false],
    ["dark", 1280, true],
    ["phone-light", 360, false],
    ["phone-dark", 360, true],
  ] as const)("%s", (look, width, dark) => {
    it.each(Object.entries(PAGES))("%s meets WCAG 2.2 AA, fits its width and asks nobody", async (name, hash) => {
      const { page, trouble } = await open(browser, served.url + hash, { width, dark });
      await page.screenshot({ path: join(SHOTS, `${name.replaceAll(" ", "-")}-${look}.png`), fullPage: true });
      expect(await axe(page)).toEqual([]);
      expect(await sidewaysOverflow(page)).toBe(0);
      expect(trouble).toEqual([]);
      await page.context().close();
    });
  });
});
