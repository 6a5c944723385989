import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { detectRecipe, prepareApp } from "../../app/index.ts";
import type { ScannerReport } from "../../model/scan.ts";
import { plainText, scannerLines } from "../../report/index.ts";
import { chooseSandbox, type SandboxName } from "../../sandbox/index.ts";
import { needsRunningApp } from "../../scanners/index.ts";
import { UserError } from "../../util/errors.ts";
import { loadBaseline } from "../load.ts";
import { colourFor, keyValue, sandboxOption } from "../options.ts";
import { askedFor, scanApp, scannersOption } from "../scanning.ts";

interface Options {
  scanners?: string[];
  baseline?: string;
  install?: string;
  build?: string;
  start?: string;
  env?: Record<string, string>;
  json?: boolean;
  sandbox: SandboxName;
}

export function scanCommand(signal: AbortSignal): Command {
  return new Command("scan")
    .description("Run outside scanners on one app and show what each said, or why it did not run.")
    .argument("<app>", "a folder, or the address of an app that is already running")
    .addOption(scannersOption())
    .option("--baseline <id>", "start it as this baseline says, instead of finding out")
    .option("--install <cmd>", "how to install it (empty: do not)")
    .option("--build <cmd>", "how to build it (empty: do not)")
    .option("--start <cmd>", "how to start it; it should listen on the port in $PORT")
    .option("--env <NAME=value>", "a setting for the app; may be given several times", keyValue)
    .option("--json", "print JSON")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      `
Examples:
  unprompted scan .
  unprompted scan . --scanners bandit,semgrep
  unprompted scan ./app --scanners all --json
  unprompted scan http://127.0.0.1:8000 --scanners nuclei

The app is installed and started only for scanners of running apps. Exit code 0 whatever they say: findings are no verdicts.`,
    )
    .action(async (app: string, options: Options) => {
      const report = await scanned(app, options, signal);
      if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      else
        process.stdout.write(
          `${scannerLines(report, { color: colourFor(process.stdout), width: Math.min(process.stdout.columns ?? 100, 110), verbose: true }).join("\n")}\n`,
        );
    });
}

const say = (text: string) => process.stderr.write(`${plainText(text)}\n`);

async function scanned(app: string, options: Options, signal: AbortSignal): Promise<ScannerReport> {
  const asked = await askedFor(options.scanners);
  if (asked === undefined) throw new UserError("bad-arguments", "--scanners none leaves nothing to do.");
  const { sandbox, note } = chooseSandbox(options.sandbox);
  if (note) say(`Without a sandbox: ${note}.`);
  const common = { asked, sandbox, signal, onScanner: (id: string) => say(`runs ${id}`) };
  if (/^https?:\/\//.test(app)) return await scanApp({ ...common, folder: null, app: { url: app } });
  const folder = resolve(app);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UserError("not-found", `There is no folder ${folder}.`, "Give the app's folder, or an address.");
  if (!(await needsRunningApp(asked)))
    return await scanApp({ ...common, folder, app: { none: "no running app was asked for" } });
  const overrides = {
    ...(options.install === undefined ? {} : { install: options.install }),
    ...(options.build === undefined ? {} : { build: options.build }),
    ...(options.start === undefined ? {} : { start: options.start }),
  };
  const recipe = options.baseline
    ? { ...loadBaseline(options.baseline).manifest, ...overrides }
    : detectRecipe(folder, overrides);
  say(`${recipe.framework}: installs and starts (${recipe.start})`);
  const settings = options.env ? { settings: options.env } : {};
  const prepared = await prepareApp({ name: app, folder, recipe, sandbox, signal, ...settings });
  try {
    return await scanApp({ ...common, folder: join(folder), app: prepared });
  } finally {
    await prepared.dispose();
  }
}
