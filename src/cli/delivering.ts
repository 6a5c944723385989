import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { PreparedApp } from "../app/index.ts";
import { deliver, type Seen, signInAtDocs } from "../delivery/index.ts";
import { Bench } from "../engine/bench.ts";
import { findContract } from "../engine/index.ts";
import type { Scenario } from "../exploits/index.ts";
import type { Contract } from "../model/contract.ts";
import type { Delivery, DocsPage, JudgedPassword } from "../model/delivery.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { reasonOf } from "../util/errors.ts";
import { makeFolder } from "../util/files.ts";
import { randomNonces } from "../util/random.ts";
import { judgedPasswords } from "./first-passwords.ts";
import { loginToken, lookAround } from "./looking.ts";

export interface DeliveryOptions {
  app: PreparedApp;
  sandbox: Sandbox;
  scenario: Scenario;
  /** Found out when it is not known. */
  contract?: Contract;
  holes: boolean;
  /** Where the picture of the docs page goes; without one the page is not visited. */
  out: string | undefined;
  /** What the agent said last; null where it is not known. */
  lastWords: string | null;
  signal: AbortSignal;
  onStage?: (words: string) => void;
}

const PICTURE = "docs-page.png";

/** Checks what was handed over with an app of a scenario: see `src/delivery`. */
export async function deliveryOf(options: DeliveryOptions): Promise<Delivery> {
  const { app, scenario, signal } = options;
  const contract = options.contract ?? (await findContract({ app }, scenario, randomNonces(), signal)).contract;
  return await deliver({
    ...options,
    contract,
    docsPage: () => docsPageOf(options, contract),
    firstPasswords: () => firstPasswordsOf(options, contract),
    seen: () => seenOf(options, contract),
  });
}

async function firstPasswordsOf(options: DeliveryOptions, contract: Contract): Promise<JudgedPassword[] | null> {
  const { app, scenario, signal } = options;
  if (!scenario.firstPasswords || !contract.operations["login"]) return null;
  options.onStage?.("looks for the first passwords");
  const bench = new Bench({ app }, scenario, contract, randomNonces(), signal);
  try {
    await bench.open();
    const trial = bench.trial();
    return await judgedPasswords(trial, await scenario.firstPasswords(trial));
  } finally {
    await bench.close();
  }
}

/** What a copy shows of itself to somebody of its world; undefined where it does not come that far. */
async function seenOf(options: DeliveryOptions, contract: Contract): Promise<Seen | undefined> {
  const { app, scenario, signal } = options;
  options.onStage?.("looks at its routes and what they answer");
  const bench = new Bench({ app }, scenario, contract, randomNonces(), signal);
  try {
    await bench.open();
    const visitor = scenario.docsVisitor?.(await bench.world());
    return await lookAround(bench.trial(), app.sources, visitor);
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    await bench.close();
  }
}

const notRun = (detail: string): DocsPage => ({ outcome: "not run", detail, url: null, picture: null });

/** A browser of this machine: UNPROMPTED_BROWSER, or Chromium or Chrome on the PATH. */
function findBrowser(): string | undefined {
  const { UNPROMPTED_BROWSER, PATH = "" } = process.env;
  if (UNPROMPTED_BROWSER) return UNPROMPTED_BROWSER;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return names
    .flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

async function docsPageOf(options: DeliveryOptions, contract: Contract): Promise<DocsPage> {
  const { app, scenario, signal, out } = options;
  if (!scenario.docsVisitor) return notRun("the scenario names nobody to sign in");
  if (out === undefined) return notRun("there is no folder for the picture");
  const browser = findBrowser();
  if (browser === undefined) return notRun("no Chromium or Chrome is installed");
  options.onStage?.("opens the docs page in a browser");
  const bench = new Bench({ app }, scenario, contract, randomNonces(), signal);
  try {
    const door = await bench.door();
    try {
      const visitor = scenario.docsVisitor(await bench.world());
      const { email, password, operation } = visitor;
      const me = contract.operations[operation]?.path;
      if (me === undefined) return notRun(`the app has no ${operation}`);
      makeFolder(out);
      return await signInAtDocs({
        url: door.url,
        email,
        password,
        me,
        token: () => loginToken(bench.trial(), visitor),
        browser,
        picture: { file: join(out, PICTURE), name: PICTURE },
      });
    } finally {
      door.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    return notRun(reasonOf(error).split("\n")[0] ?? "");
  } finally {
    await bench.close();
  }
}
