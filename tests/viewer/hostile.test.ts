import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostileSay, UNSAFE } from "../report/hostile.ts";
import { madeInput } from "../report/made.ts";
import {
  CHROMIUM,
  launch,
  missing,
  open,
  type Served,
  SHOTS,
  seen,
  serve,
  settled,
  sidewaysOverflow,
} from "./browser.ts";
import { writeRun } from "./run-folder.ts";

const A = "nextjs-jobs-recorded-a-bare-1";
const FASTAPI = ["fastapi-jobs-recorded-a-bare-1", "fastapi-jobs-recorded-b-bare-1"];

const PAGES = [
  "",
  "#/matrix",
  `#/session/${A}?step=1&show=diff`,
  ...[2, 3, 4, 5].map((step) => `#/session/${A}?step=${step}&show=transcript`),
  "#/session/nextjs-jobs-recorded-b-bare-1?step=4&show=diff",
  ...["T1-01", "T1-02", "T1-03", "T1-08", "T2-04"].map((id) => `#/session/${A}/${id}`),
  "#/exploit/T1-16",
  `#/compare?a=${FASTAPI[0]}&b=${FASTAPI[1]}`,
  "#/compare?of=runs&a=earlier",
  `#/${encodeURIComponent("<img src=x onerror=window.hit=1>")}/%E0%A4%A?q=<script>window.hit=1</script>`,
  `#/matrix?q=${encodeURIComponent('"><script>window.hit=1</script>')}&rows=__proto__&agent=constructor`,
];

describe.skipIf(missing)(
  missing ? `hostile words (skipped: there is no ${CHROMIUM})` : "hostile words in every field",
  () => {
    let browser: Browser;
    let folder: string;
    let served: Served;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "viewer-hostile-"));
      // One generator for all fields: every string comes by many times, each time in other fields.
      const say = hostileSay();
      await writeRun(join(folder, "demo"), madeInput({ say }), say);
      await writeRun(join(folder, "earlier"), madeInput({ say }), say);
      [browser, served] = await Promise.all([launch(), serve(join(folder, "demo"))]);
    });

    afterAll(async () => {
      await browser?.close();
      await served?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each([1280, 360])("shows as text on every page at %i pixels", async (width) => {
      const { page, trouble } = await open(browser, served.url, { width });
      let all = "";
      for (const hash of PAGES) {
        await page.goto(served.url + hash);
        await settled(page);
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
        await settled(page);
        // Folds that were opened draw their content now.
        await expect
          .poll(() =>
            page.evaluate("[...document.querySelectorAll('.exchange')].every((one) => one.querySelector('.sides'))"),
          )
          .toBe(true);
        const text = await seen(page.locator("body"));
        all += text;
        expect([hash, UNSAFE.exec(text.replaceAll(/[\n\t]/g, ""))]).toEqual([hash, null]);
        expect([hash, await page.evaluate("document.title")]).toEqual([hash, expect.not.stringMatching(UNSAFE)]);
        expect([hash, await page.evaluate("window.hit")]).toEqual([hash, undefined]);
        expect([
          hash,
          await page.locator("#app :is(script, img, iframe, style, link, base, meta, object, form[action])").count(),
        ]).toEqual([hash, 0]);
        expect([hash, await page.evaluate(ODD_ATTRIBUTES)]).toEqual([hash, []]);
        expect([hash, await sidewaysOverflow(page)]).toEqual([hash, 0]);
        if (hash.includes("T1-02")) await page.screenshot({ path: join(SHOTS, `hostile-${width}.png`) });
      }
      for (const shown of [
        "<script>window.hit=1;alert(1)</script>",
        "⟨U+202E⟩",
        "␛[31mred",
        "⟨U+FEFF⟩",
        "javascript:window.hit=1",
      ])
        expect([shown, all.includes(shown)]).toEqual([shown, true]);
      expect(new URL(page.url()).origin).toBe(new URL(served.url).origin);
      expect(trouble).toEqual([]);
      await page.context().close();
    });

    it("runs no script but its own and reaches nobody else, even with both put into the page", async () => {
      const asked: string[] = [];
      const elsewhere = createServer((request, response) => {
        asked.push(request.url ?? "");
        response.end();
      });
      await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
      const { port } = elsewhere.address() as { port: number };
      const { page, trouble } = await open(browser, served.url);
      const tried = await page.evaluate(`(async () => {
      const there = "http://127.0.0.1:${port}";
      const script = document.createElement("script");
      try { script.textContent = "window.hit = 1"; document.body.append(script); } catch {}
      try { document.body.innerHTML += "<img src=" + there + "/markup onerror=window.hit=1>"; } catch {}
      const image = new Image();
      const shown = new Promise((done) => { image.onload = () => done("shown"); image.onerror = () => done("refused"); });
      image.src = there + "/image";
      document.body.append(image);
      const fetched = await fetch(there + "/fetch", { mode: "no-cors" }).then(() => "fetched", () => "refused");
      return [await shown, fetched, String(window.hit)];
    })()`);
      expect(tried).toEqual(["refused", "refused", "undefined"]);
      expect(asked).toEqual([]);
      expect(trouble.some((one) => one.includes("Content Security Policy"))).toBe(true);
      elsewhere.close();
      await page.context().close();
    });
  },
);

/** Handlers in attributes, and links that lead anywhere but within the page. */
const ODD_ATTRIBUTES = `[...document.querySelectorAll("#app *")].flatMap((element) =>
  [...element.attributes]
    .filter(({ name, value }) => name.startsWith("on") || name === "srcdoc" || ((name === "href" || name === "src") && !value.startsWith("#")))
    .map(({ name, value }) => element.tagName + " " + name + "=" + value))`;
