import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { cacheFolder } from "../../app/environment.ts";
import { catalogueOf } from "../../exploits/index.ts";
import { renderCurl } from "../../http/curl.ts";
import { RunFolder } from "../../store/index.ts";
import { UserError } from "../../util/errors.ts";
import { builtApp, startViewer } from "../../view/index.ts";
import { PRODUCT } from "../load.ts";
import { codeSource } from "../view-code.ts";

interface Options {
  port: number;
  open?: boolean;
  json?: boolean;
}

const portNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535)
    throw new InvalidArgumentError("a port from 0 to 65535, please.");
  return value;
};

export function viewCommand(signal: AbortSignal): Command {
  return new Command("view")
    .description("Look at a run in the browser, also while it goes on. Serves on loopback until Ctrl-C.")
    .argument("[run]", "the run's folder (the newest in runs/)")
    .option("--port <n>", "the port to serve on; 0 takes a free one", portNumber, 0)
    .option("--open", "open the browser too")
    .option("--json", "print the address as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted view\n  unprompted view runs/october --open\n\nThe address holds a random token: whoever knows it may read the run until the viewer ends.",
    )
    .action(async (folder: string | undefined, options: Options) => {
      const run = RunFolder.open(folder ?? newestRun(join(process.cwd(), "runs")));
      const app = await builtApp(PRODUCT);
      const code = codeSource(run);
      try {
        const plan = run.plan();
        const catalogue = (await catalogueOf(plan.study.scenario)).filter(({ tier }) =>
          plan.study.tiers.includes(tier),
        );
        const viewer = await startViewer({
          run,
          app,
          code,
          catalogue: catalogue.map(({ run: _run, needs: _needs, operations: _operations, ...entry }) => entry),
          cacheFolder: join(cacheFolder(), "view"),
          port: options.port,
          curl: renderCurl,
        });
        process.stdout.write(
          options.json
            ? `${JSON.stringify({ run: run.path, url: viewer.url })}\n`
            : `${run.path}\n${viewer.url}\nCtrl-C ends it.\n`,
        );
        if (options.open) openBrowser(viewer.url);
        if (!signal.aborted) await once(signal, "abort");
        await viewer.close();
      } finally {
        code.close();
      }
    });
}

/** The run that was begun or gone on with last. */
function newestRun(folder: string): string {
  const runs = existsSync(folder)
    ? readdirSync(folder)
        .map((name) => join(folder, name))
        .filter((path) => existsSync(join(path, "plan.json")))
        .map((path) => ({ path, at: statSync(join(path, "plan.json")).mtimeMs }))
        .sort((a, b) => b.at - a.at)
    : [];
  const [newest] = runs;
  if (!newest)
    throw new UserError(
      "not-found",
      `There is no run in ${folder}.`,
      "Give a run's folder, or make one: `unprompted run`.",
    );
  return newest.path;
}

function openBrowser(url: string): void {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(command, [url], { stdio: "ignore", detached: true });
  child.on("error", () => process.stderr.write(`There is no ${command} here: open the address yourself.\n`));
  child.unref();
}
