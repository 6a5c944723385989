import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import checker from "axe-core";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";

export const CHROMIUM = "/usr/bin/chromium";
export const missing = !existsSync(CHROMIUM);
export const SHOTS = join(tmpdir(), "viewer-shots");

const BIN = fileURLToPath(new URL("../../bin/unprompted.js", import.meta.url));

export interface Served {
  url: string;
  /** Ends it as Ctrl-C does and returns its exit code. */
  stop: () => Promise<number | null>;
}

/** Starts the real command on a run and waits for the address that it prints. */
export async function serve(folder: string, env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", BIN, "view", folder, "--json"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const line = await firstLine(child);
  return {
    url: (JSON.parse(line) as { url: string }).url,
    stop: () => {
      child.kill("SIGINT");
      return ended;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let [out, err] = ["", ""];
    child.stdout?.on("data", (chunk) => {
      out += chunk;
      if (out.includes("\n")) resolve(out);
    });
    child.stderr?.on("data", (chunk) => {
      err += chunk;
    });
    child.on("close", (code) => reject(new Error(`view ended with ${code}: ${err}`)));
  });
}

export const launch = (): Promise<Browser> => {
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
};

export interface Opened {
  page: Page;
  /** Everything that the page did besides showing itself: other hosts, dialogs, errors, console messages. */
  trouble: string[];
}

export async function open(browser: Browser, address: string, { width = 1280, dark = false } = {}): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 780 : 900 },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(100_000);
  const trouble: string[] = [];
  const own = new URL(address).origin;
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${own}/`) && url !== "data:,") trouble.push(`request ${url}`);
  });
  page.on("dialog", (dialog) => {
    trouble.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => trouble.push(`error ${error.message}`));
  page.on("console", (message) => trouble.push(`console ${message.text()}`));
  page.on("popup", () => trouble.push("popup"));
  await page.goto(address);
  await settled(page);
  return { page, trouble };
}

/** Waits until the page has what it loads: a heading, no word of loading, its charts. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").waitFor();
  // The page's policy forbids what Playwright's own waiting would do in it, so it is asked again and again.
  await expect.poll(() => page.evaluate(SETTLED), { timeout: 30_000, interval: 50 }).toBe(true);
}

const SETTLED = `document.querySelector("main")?.dataset.address === location.hash &&
  !/(Reads|Opens|Compares) the [a-z' ]+…/.test(document.body.innerText) &&
  [...document.querySelectorAll(".plot-holder")].every((holder) => holder.querySelector("svg"))`;

/** Violations of WCAG 2.2 A and AA and of axe's good practice, in words; empty is what we want. */
export async function axe(page: Page): Promise<string[]> {
  // The page's own policy admits no script of ours; the debugger's evaluation is beside it.
  await page.evaluate(checker.source);
  return await page.evaluate<string[]>(`axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 5).map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " | " + failureSummary.replace(/\\s+/g, " "))))`);
}

/** What a reader sees of it: text as laid out, without what is hidden. */
// biome-ignore lint/performance/useDomNodeTextContent: textContent would give hidden text too
export const seen = (locator: Locator): Promise<string> => locator.innerText();

export const sidewaysOverflow = (page: Page): Promise<number> =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
