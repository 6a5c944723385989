import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { detectRecipe, prepareApp } from "../../app/index.ts";
import { deliveryLines, plainText } from "../../report/index.ts";
import { chooseSandbox, type SandboxName } from "../../sandbox/index.ts";
import { UserError } from "../../util/errors.ts";
import { writeJson } from "../../util/files.ts";
import { deliveryOf } from "../delivering.ts";
import { loadBaseline, loadContract, loadScenario } from "../load.ts";
import { sandboxOption } from "../options.ts";

interface Options {
  scenario: string;
  baseline?: string;
  out?: string;
  message?: string;
  holes: boolean;
  json?: boolean;
  sandbox: SandboxName;
}

export function deliveryCommand(signal: AbortSignal): Command {
  return new Command("delivery")
    .description(
      "Check what was handed over with an app: its tests and what they notice, README, docs page, secrets, what the agent said.",
    )
    .argument("<folder>", "the app's folder")
    .option("--scenario <id>", "which feature story the app implements", "jwt-auth")
    .option("--baseline <id>", "install and start it as this baseline says, instead of finding out")
    .option("--out <folder>", "keep delivery.json and the picture of the docs page there")
    .option("--message <file>", "what the agent said when it handed the app over")
    .option("--no-holes", "do not run the tests against holes cut into the app")
    .option("--json", "print JSON")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      `
Examples:
  unprompted delivery ./app --out delivered
  unprompted delivery ./app --baseline fastapi-users --json
  unprompted delivery ./app --message last-words.md

The app's own tests run in a clean checkout, once as they are and once with each hole cut into the app: a suite that stays
green did not notice. The docs page is opened in a browser when --out is given. Exit code 0 whatever is found.`,
    )
    .action(async (app: string, options: Options) => {
      const folder = resolve(app);
      if (!existsSync(folder) || !statSync(folder).isDirectory())
        throw new UserError("not-found", `There is no folder ${folder}.`, "Give the app's folder.");
      const lastWords = options.message === undefined ? null : wordsIn(options.message);
      const { sandbox, note } = chooseSandbox(options.sandbox);
      const say = (words: string) => process.stderr.write(`${plainText(words)}\n`);
      if (note) say(`Without a sandbox: ${note}.`);
      const scenario = await loadScenario(options.scenario);
      const recipe = options.baseline ? loadBaseline(options.baseline).manifest : detectRecipe(folder, {});
      say(`${recipe.framework}: installs and starts (${recipe.start})`);
      const prepared = await prepareApp({ name: app, folder, recipe, sandbox, signal });
      try {
        const contract = loadContract(folder);
        const delivery = await deliveryOf({
          app: prepared,
          sandbox,
          scenario,
          ...(contract ? { contract } : {}),
          holes: options.holes,
          out: options.out,
          lastWords,
          signal,
          onStage: say,
        });
        if (options.out) writeJson(join(options.out, "delivery.json"), delivery);
        process.stdout.write(
          options.json ? `${JSON.stringify(delivery, null, 2)}\n` : `${deliveryLines(delivery).join("\n")}\n`,
        );
      } finally {
        await prepared.dispose();
      }
    });
}

function wordsIn(file: string): string {
  if (!existsSync(file))
    throw new UserError("not-found", `There is no file ${file}.`, "Give the agent's last message.");
  return readFileSync(file, "utf8");
}
