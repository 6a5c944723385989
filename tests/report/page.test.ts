import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runGlance } from "../../src/report/glance.ts";
import { figuresOf, reportHtml } from "../../src/report/index.ts";
import { allOfThem, HOSTILE, hostileSay } from "./hostile.ts";
import { type Made, madeInput } from "./made.ts";

const CHROMIUM = "/usr/bin/chromium";
const missing = !existsSync(CHROMIUM);
const SHOTS = join(tmpdir(), "report-shots");

/** A page from a file, and all that it tried to do besides showing itself. */
interface Opened {
  page: Page;
  url: string;
  trouble: string[];
}

// A loaded machine takes long to start a page.
vi.setConfig({ testTimeout: 120_000 });

/** What a reader sees of it: text as laid out, without what is hidden. */
// biome-ignore lint/performance/useDomNodeTextContent: textContent would give hidden text too
const seen = (locator: Locator): Promise<string> => locator.innerText();

describe.skipIf(missing)(missing ? `index.html (skipped: there is no ${CHROMIUM})` : "index.html in a browser", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "report-page-"));
    mkdirSync(SHOTS, { recursive: true });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(input: Made, { width = 1280, dark = false, hash = "" } = {}): Promise<Opened> {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.html`);
    writeFileSync(file, reportHtml(input));
    const url = pathToFileURL(file).href;
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(100_000);
    const trouble: string[] = [];
    page.on("request", (request) => {
      if (request.url().split("#")[0] !== url && request.url() !== "data:,") trouble.push(`request ${request.url()}`);
    });
    page.on("dialog", (dialog) => {
      trouble.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => trouble.push(`error ${error.message}`));
    page.on("console", (message) => trouble.push(`console ${message.text()}`));
    page.on("popup", () => trouble.push("popup"));
    await page.goto(url + hash);
    await page.waitForSelector(".masthead");
    return { page, url, trouble };
  }

  const sidewaysOverflow = (page: Page) =>
    page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

  it("prints the recounted figures in every table", async () => {
    const input = madeInput();
    const { page, trouble } = await open(input);
    const figures = figuresOf(input);
    const texts = async (selector: string) =>
      (await page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
    for (const [i, tier] of (["tier1", "tier2"] as const).entries()) {
      const tally = figures.overall.tiers[tier];
      const [stat = ""] = await texts(`.stat:nth-child(${i + 1})`);
      expect(stat).toContain(`${tally.percent} % ${tally.defended} of ${tally.planned} held`);
      expect(stat).toContain(`${tally.tested} tested of ${tally.planned} planned`);
    }
    const rates = await texts(".rates tbody tr:not(.group)");
    const groups = figures.groups.filter((g) => g.by !== "all");
    expect(rates).toHaveLength(groups.length);
    for (const [i, { name, tiers, sessions }] of groups.entries()) {
      for (const tally of [tiers.tier1, tiers.tier2]) {
        expect(rates[i]).toContain(
          `${tally.percent} % ${tally.defended}/${tally.planned} ${tally.tested}/${tally.planned}`,
        );
      }
      expect(rates[i]).toMatch(new RegExp(`^${name} .* ${sessions.measured}/${sessions.planned}$`));
    }
    const rows = await texts(".matrix tbody tr:not(.tier)");
    expect(rows).toHaveLength(33);
    for (const [i, { tally, entry }] of figures.tests.entries()) {
      expect(rows[i]).toContain(entry.id);
      expect(rows[i]?.split(" ").at(-1)).toBe(`${tally.defended}/${tally.planned}`);
    }
    for (const kind of ["defended", "exploited", "broken", "inconclusive", "not-applicable"]) {
      const planned = figures.sessions.flatMap((s) => [...s.verdicts.values()]).filter((v) => v.verdict === kind);
      expect(await page.locator(`.matrix a.${kind}`).count()).toBe(planned.length);
    }
    const failed = (await texts(".sessions tbody tr")).at(-1);
    expect(failed).toContain("nextjs-jobs-recorded-b-bare-1");
    expect(failed).toContain("not measured not measured not measured");
    expect(failed).not.toMatch(/\b0\b/);
    expect(trouble).toEqual([]);
  });

  it("has the agents at a glance, what was not measured in words, and a reader's notes apart", async () => {
    const input = madeInput();
    const { page, trouble } = await open(input);
    const glance = runGlance(input, figuresOf(input));
    const cells = (text: string) => text.split("\t").map((cell) => cell.trim());
    const rows = (await page.locator("table.glance tbody tr").allInnerTexts()).map(cells);
    expect(rows).toEqual(glance?.rows.map(({ what, cells: of }) => [what, ...of]));
    const column = (glance?.columns ?? []).findIndex(
      ({ agent, baseline }) => agent === "recorded-a" && baseline === "fastapi-jobs",
    );
    expect(rows.find(([what]) => what === "tests written")?.[column + 1]).toBe("12");
    expect(rows.find(([what]) => what === "holes that its tests notice")?.[column + 1]).toBe("1 of 2");
    expect(rows.find(([what]) => what === "cost")?.slice(1)).toEqual(Array(6).fill("not measured"));
    expect(await seen(page.locator(".readers-notes"))).toMatch(
      /nothing here has measured[\s\S]*Reads well;\nits tests are few\./,
    );
    expect(await page.locator("table.glance").getByText("Reads well").count()).toBe(0);
    expect(trouble).toEqual([]);
  });

  it("says beside each rate and comparison what it can carry", async () => {
    const input = madeInput();
    const { page, trouble } = await open(input);
    const { groups, analysis } = figuresOf(input);
    await page.evaluate("for (const d of document.querySelectorAll('#statistics details')) d.open = true");
    const text = (await seen(page.locator("#statistics"))).replace(/\s+/g, " ");
    const sentences = [
      ...groups.flatMap((g) => [g.rates.tier1, g.rates.tier2]).map((rate) => rate?.sentence ?? "no rate"),
      ...analysis.tiers.flatMap((t) => [...t.comparisons.map((c) => c.sentence), t.variance.sentence, t.step]),
      ...analysis.exploits.map((pair) => pair.sentence),
      analysis.consistency.sentence,
    ];
    expect(sentences.length).toBeGreaterThan(20);
    for (const sentence of sentences) expect(text).toContain(sentence);
    expect(text).not.toMatch(/did better|did worse/);
    expect(trouble).toEqual([]);
  });

  it("opens a cell by click, shows all its evidence, and closes with Escape", async () => {
    const { page, trouble } = await open(madeInput());
    const cell = page.getByRole("link", { name: "T1-02 forged-token, nextjs-jobs-recorded-a-bare-1: exploited" });
    await cell.click();
    const panel = page.getByRole("dialog", { name: "T1-02 in nextjs-jobs-recorded-a-bare-1" });
    await panel.waitFor();
    expect(page.url()).toMatch(/#\/session\/nextjs-jobs-recorded-a-bare-1\/T1-02$/);
    for (const text of [
      "Why it matters",
      "How to fix it",
      "a general coding agent",
      "CWE-639",
      "failed attack another user gets 403",
    ]) {
      expect((await seen(panel)).replace(/\s+/g, " ")).toContain(text);
    }
    expect(await panel.locator("details.exchange[open]").count()).toBe(1);
    for (const summary of await panel.locator("details.exchange > summary").all()) {
      if ((await summary.locator("xpath=..").getAttribute("open")) === null) await summary.click();
    }
    await expect.poll(() => panel.locator(".inside:empty").count()).toBe(0);
    const text = await seen(panel);
    for (const shown of [
      "x-powered-by: Express",
      '52,428,801 bytes of "a", again and again',
      "Cut here: 32 bytes of 9,000 bytes",
      "The connection was reset",
      "\\xff\\xfe␀\\xc3(␛",
      "curl -sS -X GET",
      "␍\n",
    ]) {
      expect(text).toContain(shown);
    }
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "hidden" });
    expect(page.url()).toMatch(/#\/$/);
    expect(await page.locator(":focus").getAttribute("aria-label")).toBe(await cell.getAttribute("aria-label"));
    expect(trouble).toEqual([]);
  });

  it("is used with the keyboard alone", async () => {
    const { page } = await open(madeInput());
    await page.locator(".matrix tbody a").first().focus();
    const focused = () => page.evaluate<string>("document.activeElement.getAttribute('aria-label')");
    for (const key of ["ArrowRight", "l", "ArrowDown", "j", "h", "ArrowUp", "k"]) await page.keyboard.press(key);
    expect(await focused()).toBe("T1-01 jobs-need-token, fastapi-jobs-recorded-b-bare-1: defended");
    for (let i = 0; i < 25; i++) await page.keyboard.press("ArrowDown");
    expect(await focused()).toContain("T2-01 weak-password");
    await page.keyboard.press("Enter");
    const panel = page.locator("dialog[open]");
    await panel.waitFor();
    const label = () => panel.getAttribute("aria-label");
    await page.keyboard.press("j");
    await expect.poll(label).toBe("T2-02 in fastapi-jobs-recorded-b-bare-1");
    await page.keyboard.press("k");
    await page.keyboard.press("ArrowRight");
    await expect.poll(label).toBe("T2-01 in express-jobs-recorded-a-bare-1");
    await page.keyboard.press("h");
    await page.keyboard.press("Escape");
    await expect.poll(focused).toContain("T2-01 weak-password, fastapi-jobs-recorded-b-bare-1");
    await page.keyboard.press("/");
    await page.keyboard.type("hsts");
    expect(await page.locator(".matrix tbody tr:not(.tier)").count()).toBe(1);
  });

  it("shows only tests with a verdict when its chip is pressed, and walks through those", async () => {
    const { page } = await open(madeInput());
    await page.getByRole("button", { name: "broken" }).click();
    const rows = page.locator(".matrix tbody tr:not(.tier)");
    expect(await rows.count()).toBe(5);
    await page.locator(".matrix a.broken").first().click();
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("j");
    await expect.poll(() => page.locator("dialog[open]").getAttribute("aria-label")).toMatch(/^T1-07 in /);
  });

  it("is reached by its address, and says so when the address names nothing", async () => {
    const { page, trouble } = await open(madeInput(), { hash: "#/session/express-jobs-recorded-a-bare-1/T1-25" });
    const panel = page.locator("dialog[open]");
    expect(await seen(panel)).toContain("inconclusive");
    const go = (hash: string) => page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await go("#/session/nextjs-jobs-recorded-b-bare-1");
    await expect.poll(() => seen(panel)).toContain("Failed to compile.");
    for (const [hash, name] of [
      ["#/session/nobody", '"nobody"'],
      ["#/session/%E0%A4%A/T1-01", '"%E0%A4%A"'],
      ["#/session/constructor/__proto__", '"constructor"'],
      ["#/session/express-jobs-recorded-a-bare-1/toString", '"toString"'],
    ] as const) {
      await go(hash);
      await expect.poll(() => seen(panel)).toContain(name);
      expect(await seen(panel.locator("h2"))).toBe("Not found");
    }
    await page.goBack();
    expect(trouble).toEqual([]);
  });

  it.each([
    [360, "one in each field", hostileSay()],
    [1280, "one in each field", hostileSay()],
    [1280, "all in every field", allOfThem],
  ] as const)(
    "lets nothing hostile run, load or widen the page at %i px, %s",
    async (width, many, say) => {
      const input = madeInput({ say });
      for (const [i, session] of input.sessions.entries()) {
        session.record.identity.id = `${session.record.identity.id} ${HOSTILE[i]} ${HOSTILE[15 + i]}`;
        session.record.identity.model = HOSTILE.at(-1) ?? "";
      }
      const { page, trouble, url } = await open(
        { ...input, plan: { ...input.plan, sessions: input.sessions.map((s) => s.record.identity) } },
        { width },
      );
      expect(await sidewaysOverflow(page)).toBe(0);
      const cells = page.locator(".matrix a.verdict");
      expect(await cells.count()).toBe(165);
      for (let i = 0; i < 165; i += 11) {
        await cells.nth(i).dispatchEvent("click");
        const panel = page.locator("dialog[open]");
        await panel.waitFor();
        expect(await seen(panel.locator("h2").first())).not.toBe("Not found");
        await page.evaluate("for (const d of document.querySelectorAll('dialog details')) d.open = true");
        expect(
          await page.evaluate(
            "(() => { const d = document.querySelector('dialog'); return d.scrollWidth - d.clientWidth; })()",
          ),
        ).toBe(0);
        await page.keyboard.press("Escape");
      }
      for (const link of await page.locator(".sessions th a").all()) {
        await link.dispatchEvent("click");
        expect(await seen(page.locator("dialog[open] h2").first())).not.toBe("Not found");
        await page.keyboard.press("Escape");
      }
      const text = await seen(page.locator("#app"));
      expect(text.includes("⟨U+202E⟩")).toBe(true);
      expect(/[\u202a-\u202e\u2066-\u2069\u200b\u001b]/.test(text)).toBe(false);
      expect(await page.evaluate("window.hit")).toBeUndefined();
      expect(await page.locator("#app :is(script, img, iframe, svg, style, link, base, meta)").count()).toBe(0);
      expect(page.url().split("#")[0]).toBe(url);
      expect(trouble).toEqual([]);
      await page.screenshot({ path: join(SHOTS, `hostile-${width}-${many.slice(0, 3)}.png`), fullPage: true });
    },
    120_000,
  );

  it("runs no script but its own, even one put into the page", async () => {
    const { page, trouble } = await open(madeInput());
    await page.evaluate(`{
      const script = document.createElement("script");
      try { script.textContent = "window.hit = 1"; document.body.append(script); } catch {}
      try { document.body.innerHTML += "<img src=https://evil.example/x onerror=window.hit=1>"; } catch {}
    }`);
    expect(await page.evaluate("window.hit")).toBeUndefined();
    expect(trouble.filter((t) => t.startsWith("request"))).toEqual([]);
  });

  it.each([
    ["light", 1280, false],
    ["dark", 1280, true],
    ["phone-light", 360, false],
    ["phone-dark", 360, true],
  ] as const)("has enough contrast and no sideways overflow: %s", async (name, width, dark) => {
    const { page } = await open(madeInput(), { width, dark });
    expect(await sidewaysOverflow(page)).toBe(0);
    expect(await page.evaluate(CONTRAST)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
    await page.locator(".matrix a.exploited").first().click();
    await page.locator("dialog[open]").waitFor();
    expect(await page.evaluate(CONTRAST)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, `${name}-cell.png`) });
  });
});

/** Texts whose contrast with what lies behind is below WCAG AA (4.5, or 3 for large text), run in the page. */
const CONTRAST = `(() => {
  const rgba = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = rgba(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const low = new Set();
  const root = document.querySelector("dialog[open]") ?? document.body;
  for (const element of root.querySelectorAll("*")) {
    if (![...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    if (!element.checkVisibility() || element.closest("script, style, noscript")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(style.color)), light(behind(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if ((a + 0.05) / (b + 0.05) < needed) low.add(element.className + ": " + element.textContent.slice(0, 30) + " " + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return [...low];
})()`;
