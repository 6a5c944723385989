import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGlance } from "../../src/report/glance.ts";
import { figuresOf } from "../../src/report/index.ts";
import { unprompted } from "../cli/command.ts";
import { madeInput } from "../report/made.ts";
import { CHROMIUM, launch, missing, open, type Served, seen, serve, settled } from "./browser.ts";
import { writeRun } from "./run-folder.ts";

const FASTAPI = ["fastapi-jobs-recorded-a-bare-1", "fastapi-jobs-recorded-b-bare-1"] as const;

const heading = (page: Page) => seen(page.locator("h1"));
const focused = (page: Page) => page.evaluate<string>("document.activeElement?.innerText ?? ''");

describe.skipIf(missing)(
  missing ? `ways through the viewer (skipped: there is no ${CHROMIUM})` : "ways through the viewer",
  () => {
    let browser: Browser;
    let folder: string;
    let served: Served;
    const input = madeInput();
    const figures = figuresOf(input);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "viewer-ways-"));
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

    it("shows the figures that the reports count, and leads from them to the proving request in three clicks", async () => {
      const { page, trouble } = await open(browser, served.url);
      const stats = await page.locator(".stat").allInnerTexts();
      for (const [i, tier] of (["tier1", "tier2"] as const).entries()) {
        const { percent, defended, planned, tested } = figures.overall.tiers[tier];
        expect(stats[i]).toContain(`${percent} %`);
        expect(stats[i]).toContain(`${defended} of ${planned} held`);
        expect(stats[i]).toContain(`${tested} tested of ${planned} planned`);
      }
      const exploited = figures.holes.reduce((sum, hole) => sum + hole.exploitedIn.length, 0);
      expect(stats[2]).toMatch(new RegExp(`\\b${exploited}\\b`));
      await page.locator(".stat.fell").click();
      await page.locator(".grid .exploited:not(.aside) a").first().click();
      await settled(page);
      expect(page.url()).toContain("#/session/");
      const proof = page.locator(".decisive");
      expect(await seen(proof)).toContain("GET /jobs/12");
      expect(await seen(proof)).toContain("nightly kqz81");
      expect(await seen(page.locator("main"))).toContain("The request that proves it");
      expect(trouble).toEqual([]);
      await page.context().close();
    });

    it("shows the agents at a glance with the figures of the report, and a reader's notes apart", async () => {
      const { page, trouble } = await open(browser, served.url);
      const glance = runGlance(input, figures);
      const shown = new Map(
        (await page.locator("table.glance tbody tr").allInnerTexts()).map((text) => {
          const [what = "", ...cells] = text.split("\t").map((cell) => cell.trim());
          return [what, [...cells].sort()];
        }),
      );
      for (const { what, cells } of glance?.rows ?? []) expect(shown.get(what), what).toEqual([...cells].sort());
      expect(shown.get("tests written")).toContain("12");
      expect(await seen(page.locator(".readers-notes"))).toContain("Reads well;");
      expect(trouble).toEqual([]);
      await page.context().close();
    });

    it("is gone through with the keyboard alone", async () => {
      const { page, trouble } = await open(browser, served.url);
      await page.keyboard.press("/");
      await page.keyboard.type("forged tok");
      await expect.poll(() => page.locator("[role=option]").count()).toBe(1);
      await page.keyboard.press("Enter");
      await expect.poll(() => heading(page)).toContain("Forged tokens are refused");
      await settled(page);
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      expect(await focused(page)).toContain("exploited");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.url()).toMatch(/#\/session\/.+\/T1-02$/);
      await settled(page);
      await page.keyboard.press("u");
      await expect.poll(() => page.url()).toMatch(/#\/session\/[^/]+$/);
      await settled(page);
      await page.keyboard.press("u");
      await expect.poll(() => heading(page)).toBe("Three frameworks, two recorded agents");
      await page.keyboard.press("?");
      expect(await seen(page.locator("dialog[open]"))).toContain("search for a test");
      await page.keyboard.press("Escape");
      await expect.poll(() => page.locator("dialog[open]").count()).toBe(0);
      await page.goto(`${served.url}#/matrix`);
      await settled(page);
      await page.locator(".grid [data-at]").focus();
      // Both before the page is drawn again: none may be lost.
      await page.evaluate(`for (const key of ["j", "j"])
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))`);
      for (const key of ["l", "ArrowDown", "k", "h"]) await page.keyboard.press(key);
      await expect
        .poll(() => page.evaluate("document.activeElement.getAttribute('aria-label')"))
        .toBe("T1-03 Expired tokens are refused, fastapi-jobs-recorded-a-bare-1: defended");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.url()).toContain("#/session/fastapi-jobs-recorded-a-bare-1/T1-03");
      expect(trouble).toEqual([]);
      await page.context().close();
    });

    it("keeps filters in the address, and counts what they leave", async () => {
      const { page, trouble } = await open(browser, `${served.url}#/matrix`);
      await page.getByRole("button", { name: "exploited", exact: true }).click();
      await page.getByRole("button", { name: "recorded-b", exact: true }).click();
      await page.getByPlaceholder("test or session").fill("admin");
      await expect.poll(() => page.url()).toContain("#/matrix?verdict=exploited&agent=recorded-b&q=admin");
      const wanted = figures.tests.filter(({ entry }) =>
        /admin/i.test(`${entry.id} ${entry.slug} ${entry.title} ${entry.area}`),
      );
      const cells = figures.sessions.flatMap((session) =>
        session.identity.agent === "recorded-b"
          ? wanted
              .filter(({ entry }) => session.verdicts.get(entry.id)?.verdict === "exploited")
              .map(({ entry }) => entry.id)
          : [],
      );
      expect(cells.length).toBeGreaterThan(0);
      await expect.poll(() => page.locator(".grid .exploited:not(.aside) a").count()).toBe(cells.length);
      expect(await seen(page.locator("main [role=status]"))).toContain(`${new Set(cells).size} test`);
      const again = await open(browser, page.url());
      expect(await again.page.locator(".grid .exploited:not(.aside) a").count()).toBe(cells.length);
      expect(
        await again.page.getByRole("button", { name: "recorded-b", exact: true }).getAttribute("aria-pressed"),
      ).toBe("true");
      await page.setViewportSize({ width: 1280, height: 1400 });
      await page.getByRole("button", { name: "Clear" }).click();
      await expect.poll(() => page.locator(".grid tbody tr").count()).toBe(33);
      for (const [i, { tally, entry }] of figures.tests.entries()) {
        const row = await seen(page.locator(".grid tbody tr").nth(i));
        expect(row).toContain(entry.id);
        expect(row).toContain(`${tally.defended} of ${tally.planned}`);
      }
      expect([...trouble, ...again.trouble]).toEqual([]);
      await Promise.all([page.context().close(), again.page.context().close()]);
    });

    it("shows a session's steps, words, tool calls, findings and log, and says what was not measured", async () => {
      const { page } = await open(browser, `${served.url}#/session/${FASTAPI[0]}?step=2`);
      const main = page.locator("main");
      expect(await seen(main)).toContain("I shall look at the routes first.");
      await page.getByText("2 tool calls").click();
      expect(await seen(page.locator(".calls-list"))).toMatch(/read app\/main\.py[\s\S]*run pytest -q failed/);
      await page.getByRole("button", { name: "Diff" }).click();
      await expect.poll(() => seen(page.locator(".l.added").first())).toContain("owner = request.state.user # step 2");
      expect(await seen(page.locator(".l.removed").first())).toContain("return job");
      await page.getByText("bandit").first().click();
      expect(await seen(main)).toContain("SQL is put together from strings");
      expect(await seen(main)).toContain("not run: no network");
      expect(await seen(main)).toMatch(/Cost\s+not measured/);
      await page.getByText("The app's log", { exact: true }).click();
      expect(await seen(main)).toContain("listening on 8000");
      await page.goto(`${served.url}#/session/nextjs-jobs-recorded-b-bare-1?step=6&show=transcript`);
      await settled(page);
      expect(await seen(main)).toContain("next build ended with exit code 1.");
      expect(await seen(main)).toContain("no transcript was kept of this step");
      expect(await seen(page.locator(".figures").first())).not.toMatch(/\b0\b/);
      await page.context().close();
    });

    it("puts the lines of the reference that hold a test up beside the session's code", async () => {
      const { page } = await open(browser, `${served.url}#/exploit/T1-16`);
      const [reference, session] = [page.locator(".lines.tall").first(), page.locator(".lines.tall").last()];
      await expect.poll(() => seen(reference.locator(".marked").first())).toContain("role = case(");
      expect(await seen(session)).toContain(`# ${FASTAPI[1]}`);
      expect(await seen(page.locator("main"))).toContain("Take only email and password from the request");
      await page.context().close();
    });

    it("compares two sessions, and two runs", async () => {
      const { page } = await open(browser, `${served.url}#/compare?a=${FASTAPI[0]}&b=${FASTAPI[1]}`);
      const [a, b] = FASTAPI.map((id) => figures.sessions.find((session) => session.id === id));
      const differing = figures.tests.filter(
        ({ entry }) => a?.verdicts.get(entry.id)?.verdict !== b?.verdicts.get(entry.id)?.verdict,
      );
      expect(await seen(page.locator("main"))).toContain(`${differing.length} tests differ of 33`);
      await expect.poll(() => seen(page.locator(".l.added").first())).toContain(FASTAPI[1]);
      await page.goto(`${served.url}#/compare?of=runs&a=earlier`);
      await settled(page);
      const opened = figures.sessions.filter((session) => session.verdicts.get("T1-16")?.verdict === "exploited");
      await expect
        .poll(() => seen(page.locator("main")))
        .toContain("5 sessions are measured in both runs; 1 test changed");
      const row = await seen(page.locator("tbody tr", { hasText: "T1-16" }));
      for (const { id } of opened) expect(row).toContain(id);
      await page.context().close();
    });
  },
);

describe("who is let in", () => {
  let folder: string;
  let served: Served;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "viewer-guard-"));
    await writeRun(join(folder, "demo"), madeInput());
    served = await serve(join(folder, "demo"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** As written: no client of ours corrects the path or the Host. */
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    new Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
      const { port } = new URL(served.url);
      const request = httpRequest({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      });
      request.on("error", reject);
      request.end();
    });

  it("answers the address that it printed and refuses everything else", async () => {
    const { pathname: token, host, port } = new URL(served.url);
    const page = await ask(token);
    expect(page.status).toBe(200);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.headers["content-security-policy"]).not.toContain("unsafe");
    expect((await ask(token, { Host: `localhost:${port}` })).status).toBe(200);
    expect((await ask(`${token}api/runs`, { Origin: `http://${host}`, "Sec-Fetch-Site": "same-origin" })).status).toBe(
      200,
    );
    for (const [path, headers, method, status] of [
      ["/", {}, "GET", 403],
      ["/api/runs", {}, "GET", 403],
      [`/${"x".repeat(32)}/`, {}, "GET", 403],
      [token, { Host: "evil.example" }, "GET", 421],
      [token, { Host: `evil.example:${port}` }, "GET", 421],
      [`${token}api/runs`, { Origin: "http://evil.example" }, "GET", 403],
      [`${token}api/runs`, { Origin: "null" }, "GET", 403],
      [`${token}api/runs`, { "Sec-Fetch-Site": "cross-site" }, "GET", 403],
      [token, {}, "POST", 405],
      [token, {}, "OPTIONS", 405],
      [`${token}%E0%A4%A`, {}, "GET", 400],
      [`${token}../../etc/passwd`, {}, "GET", 404],
      [`${token}assets/..%2f..%2f..%2fpackage.json`, {}, "GET", 404],
      [`${token}api/session/..%2f..`, {}, "GET", 404],
      [`${token}api/session/${FASTAPI[0]}/evidence/..%2fsession`, {}, "GET", 404],
      [`${token}api/session/${FASTAPI[0]}/diff/..%2f..`, {}, "GET", 404],
      [`${token}api/session/${FASTAPI[0]}/file?path=..%2f..%2fsession.json`, {}, "GET", 404],
      [`${token}api/runs/..`, {}, "GET", 404],
      [`${token}api/difference/${FASTAPI[0]}/nobody`, {}, "GET", 404],
      [`${token}api/reference/..%2f../T1-01`, {}, "GET", 200],
    ] as const) {
      const answer = await ask(path, headers, method);
      expect([path, JSON.stringify(headers), answer.status]).toEqual([path, JSON.stringify(headers), status]);
      expect(answer.body).not.toMatch(/root:|formatVersion|"name": "unprompted"/);
    }
  });

  it("ends with Ctrl-C and exit code 0, and says what is wrong with a folder or port", async () => {
    expect(await served.stop()).toBe(0);
    const none = await unprompted("view", join(folder, "nothing"));
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("is not a run")]);
    const port = await unprompted("view", join(folder, "demo"), "--port", "99999");
    expect([port.code, port.err]).toEqual([2, expect.stringContaining("a port from 0 to 65535")]);
  });
});
