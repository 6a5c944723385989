import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventLog, planned, RunFolder } from "../../src/store/index.ts";
import { madeInput } from "../report/made.ts";
import { axe, CHROMIUM, launch, missing, open, type Served, SHOTS, seen, serve } from "./browser.ts";
import { writeSession } from "./run-folder.ts";

describe.skipIf(missing)(
  missing ? `a run that goes on (skipped: there is no ${CHROMIUM})` : "a run that goes on",
  () => {
    let browser: Browser;
    let folder: string;
    let served: Served;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "viewer-live-"));
      browser = await launch();
    });

    afterAll(async () => {
      await browser?.close();
      await served?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it("shows progress, what is worked on, the first failures and what is left, and the results as they come", async () => {
      const input = madeInput();
      const run = new RunFolder(join(folder, "demo"));
      const unlock = run.lock();
      const emit = eventLog(run);
      run.writePlan(input.plan);
      emit({ type: "RunStarted", study: "demo", sessions: 6, done: 0 });
      served = await serve(run.path);
      const { page, trouble } = await open(browser, served.url);
      const text = () => seen(page.locator("body"));
      await expect.poll(text).toContain("0 of 6 sessions done");
      expect(await text()).toContain("not yet known how long");
      expect(await seen(page.locator(".stat").first())).toContain("not measured");

      const session = input.sessions.find(({ record }) => record.identity.id === "fastapi-jobs-recorded-a-bare-1");
      if (!session) throw new Error("the made run has changed");
      const { identity } = session.record;
      emit({ type: "SessionStarted", session: identity });
      emit({ type: "StepStarted", session: identity.id, step: 2, of: 6 });
      await expect.poll(text).toContain("step 2 of 6");
      run.writeRecord({ ...planned(identity), state: "working" });
      for (const [i, verdict] of (session.evaluation?.verdicts ?? []).entries())
        emit({ type: "VerdictReached", session: identity.id, verdict, done: i + 1, of: 33 });
      await expect.poll(text).toContain("attack 33 of 33");
      expect(await text()).toContain("First failures of this run");
      expect(await seen(page.locator(".failures li").first())).toContain(
        "T1-14 admin-only in fastapi-jobs-recorded-a-bare-1",
      );
      expect(await axe(page)).toEqual([]);
      await page.screenshot({ path: join(SHOTS, "live.png"), fullPage: true });

      await writeSession(run, input, session);
      emit({ type: "SessionFinished", session: identity, state: "evaluated", problem: null, seconds: 9 });
      await expect.poll(text, { timeout: 20_000 }).toContain("1 of 6 sessions done");
      await expect.poll(text).toMatch(/about .+ left/);
      const tier1 = session.evaluation?.score.tier1;
      await expect
        .poll(() => seen(page.locator(".stat").first()), { timeout: 20_000 })
        .toContain(`${tier1?.defended} of ${tier1?.of} held`);

      unlock();
      await expect.poll(() => page.locator(".live").count(), { timeout: 20_000 }).toBe(0);
      expect(await text()).toContain("5 sessions of 6 gave no verdicts");
      expect(trouble).toEqual([]);

      await served.stop();
      await expect.poll(text, { timeout: 20_000 }).toContain("The viewer's server does not answer");
    });
  },
);
