import type { PreparedApp } from "../app/index.ts";
import type { Contract } from "../model/contract.ts";
import type { CutHole, Delivery, DocsPage, JudgedPassword } from "../model/delivery.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { together } from "../util/together.ts";
import { closingMessage } from "./closing-message.ts";
import { holesFor } from "./holes.ts";
import { readmeChecks, readmeOf, repositoryOf, type Seen } from "./readme.ts";
import { deprecatedIn, secretsIn } from "./source-rules.ts";
import { Checkout } from "./tests.ts";

export interface DeliverOptions {
  app: PreparedApp;
  sandbox: Sandbox;
  /** How the app spells its operations; without one, what needs it is not checked. */
  contract: Contract | undefined;
  /** Holes cost a run of the whole suite each. */
  holes: boolean;
  docsPage: () => Promise<DocsPage>;
  firstPasswords: () => Promise<JudgedPassword[] | null>;
  /** What the running app shows of itself; undefined where it could not be looked at. */
  seen: () => Promise<Seen | undefined>;
  /** What the agent said last; null where it is not known. */
  lastWords: string | null;
  signal: AbortSignal;
  onStage?: (words: string) => void;
}

/** Checks what was handed over: tests, what they notice, deprecated calls, secrets, README, docs page, last words. */
export async function deliver(options: DeliverOptions): Promise<Delivery> {
  const { app, sandbox, contract, signal, lastWords } = options;
  const say = options.onStage ?? (() => {});
  say("runs the app's own tests in a clean checkout");
  const clean = await Checkout.make(app, sandbox, signal);
  try {
    const { run, output } = await clean.run();
    const [docsPage, firstPasswords, seen] = await together([
      options.docsPage(),
      options.firstPasswords(),
      options.seen(),
    ]);
    // One after another: a suite that fails for want of time would pass for one that noticed.
    const holes: CutHole[] = [];
    for (const hole of holesFor(app.report.toolchain)) {
      const { id, what } = hole;
      if (run.outcome !== "passed")
        holes.push({ id, what, outcome: "not run", detail: `the suite itself is ${run.outcome}` });
      else if (!options.holes) holes.push({ id, what, outcome: "not run", detail: "left out" });
      else {
        say(`runs them again with a hole: ${what}`);
        holes.push(await clean.runWith(hole));
      }
    }
    const readme = readmeOf(app.options.folder);
    return {
      formatVersion: 1,
      tests: run,
      holes,
      deprecated: deprecatedIn(app.sources, output),
      secrets: secretsIn(app.options.folder, app.sources),
      deviations: (contract?.deviations ?? []).map((what) => ({
        what,
        said: isSaid(what, `${readme ?? ""}\n${lastWords ?? ""}`),
      })),
      readme: readmeChecks(readme, {
        ...{ contract, seen, sources: app.sources },
        repository: repositoryOf(app.options.folder),
        hasTests: run.command !== null,
      }),
      docsPage,
      firstPasswords,
      closingMessage: closingMessage(lastWords),
    };
  } finally {
    clean.dispose();
  }
}

/** Whether a text names the path, field or word that a deviation is about. */
function isSaid(what: string, text: string): boolean {
  const telling = /(?:is at|the cookie) (\S+?),? ?(?:not|$)/.exec(`${what} `)?.[1] ?? what.split(" ").at(-1) ?? what;
  const word = telling.replace(/[.,]$/, "").replace(/[^\w]/g, "\\$&");
  // A path may stand behind a host, and anything before a longer word is another.
  return new RegExp(`${/^\w/.test(word) ? "(?<![\\w-])" : ""}${word}(?![\\w/-])`, "i").test(text);
}
