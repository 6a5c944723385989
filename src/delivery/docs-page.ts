import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import type { DocsPage } from "../model/delivery.ts";
import { reasonOf } from "../util/errors.ts";

export interface DocsVisit {
  /** Where the app answers, without a slash at the end. */
  url: string;
  email: string;
  password: string;
  /** The path of the caller's own profile. */
  me: string;
  /** Logs in as a client of the app would; undefined when that gives no token that could be pasted. */
  token: () => Promise<string | undefined>;
  /** The browser's program. */
  browser: string;
  /** Where the picture goes, and what the report calls it. */
  picture: { file: string; name: string };
}

const PATHS = ["/docs", "/api/docs", "/swagger", "/api-docs", "/swagger-ui", "/api/swagger", "/documentation"];
const STEP_MS = 30_000;
/** Docs pages load this from a content network, which an app under test cannot reach. */
const CDN =
  /(?:cdn\.jsdelivr\.net|unpkg\.com|cdnjs\.cloudflare\.com)\/.*\/?(swagger-ui[\w.-]*\.(?:js|css)|favicon-32x32\.png)/;

/**
 * Opens the app's docs page in a browser, presses Authorize, signs in with the password flow and calls the profile. Where
 * the page has no such flow and takes a token instead, one that logging in gave is pasted, which is another outcome.
 * Only requests to the app and the files of Swagger UI are let through. A page that is not there is `not run`.
 */
export async function signInAtDocs(visit: DocsVisit): Promise<DocsPage> {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath: visit.browser, args: ["--no-sandbox"], timeout: 60_000 });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1100 } });
    page.setDefaultTimeout(STEP_MS);
    await page.route("**/*", (route) => {
      const url = route.request().url();
      if (url.startsWith(visit.url) || url.startsWith("data:")) return route.continue();
      const file = CDN.exec(url)?.[1];
      return file
        ? route.fulfill({ body: readFileSync(join(swaggerUi(), file)), contentType: typeOf(file) })
        : route.abort();
    });
    const at = await docsPath(page, visit.url);
    if (at === undefined)
      return { outcome: "not run", detail: "the app serves no docs page", url: null, picture: null };
    const done: string[] = ["the page opens"];
    const outcome = await walk(page, visit, done);
    await page.screenshot({ path: visit.picture.file, fullPage: true });
    return { ...outcome, url: at, picture: visit.picture.name };
  } finally {
    await browser.close();
  }
}

const swaggerUi = (): string => dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));

/** As content networks name it: a page that names no charset of its own would read the script as another. */
const typeOf = (file: string) =>
  file.endsWith(".png") ? "image/png" : `text/${file.endsWith(".css") ? "css" : "javascript"}; charset=utf-8`;

async function docsPath(page: Page, url: string): Promise<string | undefined> {
  for (const path of PATHS) {
    const answer = await page.goto(`${url}${path}`).catch(() => null);
    if (!answer?.ok()) continue;
    const shown = await page
      .locator(".swagger-ui .info")
      .waitFor()
      .then(
        () => true,
        () => false,
      );
    if (shown) return path;
  }
  return undefined;
}

async function walk(page: Page, visit: DocsVisit, done: string[]): Promise<Pick<DocsPage, "outcome" | "detail">> {
  const stuck = (why: string) => ({ outcome: "does not work" as const, detail: `${done.join(", ")}; then ${why}` });
  const open = page.locator(".auth-wrapper .btn.authorize").first();
  if ((await open.count()) === 0)
    return stuck("there is no Authorize button: the document declares no security scheme");
  await open.click();
  const dialog = page.locator(".dialog-ux .modal-ux");
  await dialog.waitFor();
  done.push("Authorize opens");
  const user = dialog.locator("input#oauth_username, input[name='username']").first();
  const signsIn = (await user.count()) > 0;
  const failed = signsIn ? await signIn(dialog, user, visit) : await paste(dialog, visit);
  if (failed !== undefined) return stuck(failed);
  done.push(signsIn ? "signs in" : "takes a token to paste, and cannot sign in by itself");
  await dialog.locator("button.btn-done").first().click();
  const refused = await callProfile(page, visit);
  if (refused !== undefined) return stuck(refused);
  done.push(`${visit.me} answers with the profile`);
  return { outcome: signsIn ? "works" : "works with a pasted token", detail: done.join(", ") };
}

/** Signs in with the password flow. What kept it from it, if anything did. */
async function signIn(dialog: Locator, user: Locator, visit: DocsVisit): Promise<string | undefined> {
  try {
    await user.fill(visit.email);
    await dialog
      .locator("input#oauth_password, input[name='password'], input[type='password']")
      .first()
      .fill(visit.password);
    return await authorized(dialog);
  } catch (error) {
    return `signing in gets no further (${reasonOf(error).split("\n")[0]})`;
  }
}

/** Pastes the token of a login into the field for it. What kept it from it, if anything did. */
async function paste(dialog: Locator, visit: DocsVisit): Promise<string | undefined> {
  const field = dialog.locator(".auth-container input[type='text'], .auth-container input:not([type])").first();
  if ((await field.count()) === 0) return "it has no field for a token, and cannot sign in by itself";
  const token = await visit.token();
  if (token === undefined) return "it asks for a token to paste, and logging in gives none";
  try {
    const wholeHeader = /apiKey/i.test((await dialog.textContent()) ?? "");
    await field.fill(wholeHeader ? `Bearer ${token}` : token);
    return await authorized(dialog);
  } catch (error) {
    return `it asks for a token to paste, and takes none (${reasonOf(error).split("\n")[0]})`;
  }
}

/** Presses Authorize in the dialog; what the page then complains of. */
async function authorized(dialog: Locator): Promise<string | undefined> {
  await dialog.locator("button.authorize").first().click();
  await dialog.locator("button:has-text('Logout'), .errors").first().waitFor();
  const errors = dialog.locator(".errors");
  if ((await errors.count()) === 0) return undefined;
  return `signing in fails: ${((await errors.first().textContent()) ?? "").replace(/\s+/g, " ").slice(0, 160)}`;
}

/** Calls the profile on the page; what is wrong with its answer. */
async function callProfile(page: Page, visit: DocsVisit): Promise<string | undefined> {
  const operation = page.locator(".opblock-get", { has: page.locator(`[data-path="${visit.me}"]`) }).first();
  if ((await operation.count()) === 0) return `${visit.me} is not on the page`;
  await operation.locator(".opblock-summary").click();
  await operation.locator("button.try-out__btn").click();
  await operation.locator("button.execute").click();
  const answer = operation.locator(".live-responses-table");
  await answer.locator(".response .response-col_status").first().waitFor();
  const status = ((await answer.locator(".response .response-col_status").first().textContent()) ?? "").trim();
  // The body is drawn after the status, in pieces of its own; waiting for the email is waiting for all of it.
  const shown = await answer
    .getByText(visit.email)
    .first()
    .waitFor()
    .then(
      () => true,
      () => false,
    );
  return status.startsWith("200") && shown
    ? undefined
    : `${visit.me} answers ${status}${shown ? "" : " without the profile"}`;
}
