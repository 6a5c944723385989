import { Command, CommanderError, Option } from "commander";
import { AppError, didYouMean, UserError } from "../util/errors.ts";
import { keepHeapSmall } from "../util/memory.ts";
import { claimScratch } from "../util/scratch.ts";
import { keepSecretsOf } from "../util/secrets.ts";
import { calibrateCommand } from "./commands/calibrate.ts";
import { checkCommand } from "./commands/check.ts";
import { compareCommand } from "./commands/compare.ts";
import { decisionsCommand } from "./commands/decisions.ts";
import { deliveryCommand } from "./commands/delivery.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { exploitsCommand } from "./commands/exploits.ts";
import { initCommand } from "./commands/init.ts";
import { modelServerCommand } from "./commands/model-server.ts";
import { newCommand } from "./commands/new.ts";
import { overlapCommand } from "./commands/overlap.ts";
import { recordCommand } from "./commands/record.ts";
import { reportCommand } from "./commands/report.ts";
import { reproduceCommand } from "./commands/reproduce.ts";
import { runCommand } from "./commands/run.ts";
import { scanCommand } from "./commands/scan.ts";
import { viewCommand } from "./commands/view.ts";
import { VERSION } from "./load.ts";

/** Exit codes (DESIGN): 0 fine, 1 exploited or a gate failed, 2 the user's mistake, 3 our fault, 130 interrupted. */
export const EXIT = { fine: 0, exploited: 1, user: 2, harness: 3, interrupted: 130 } as const;

claimScratch();
keepSecretsOf(process.env);

const controller = new AbortController();
let interrupts = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    interrupts++;
    if (interrupts > 1) process.exit(EXIT.interrupted);
    process.stderr.write("\nStopping; what is finished is kept. Once more to stop at once.\n");
    controller.abort(new Error("interrupted"));
  });
}

function build(): Command {
  const program = new Command("unprompted")
    .description("Shows the security decisions that coding agents make when nobody asks.")
    .version(VERSION)
    .showHelpAfterError("(add --help for the options and examples)")
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  unprompted check .                     attack the app in this folder
  unprompted check http://127.0.0.1:8000 attack an app that is already running
  unprompted run                         the demo studies on recordings
  unprompted run study.yaml --dry        what a study would do
  unprompted view                        look at the newest run in the browser, also while it goes on
  unprompted exploits T1-11              what one test does, why it matters, how to fix it
  unprompted doctor                      what this machine lacks

Exit codes: 0 fine, 1 something was exploited (or a gate failed), 2 a mistake in the call, 3 our own fault, 130 interrupted.`,
    );
  for (const make of [
    runCommand,
    checkCommand,
    scanCommand,
    overlapCommand,
    decisionsCommand,
    deliveryCommand,
    reportCommand,
    viewCommand,
    compareCommand,
    exploitsCommand,
    reproduceCommand,
    calibrateCommand,
    doctorCommand,
    initCommand,
    recordCommand,
    newCommand,
    modelServerCommand,
  ]) {
    const command = make(controller.signal);
    command.addOption(new Option("--debug", "show the stack of an error of ours").hideHelp());
    program.addCommand(command.exitOverride().showHelpAfterError("(add --help for the options and examples)"));
  }
  // Reports of ten thousand sessions are made of many short-lived values, and nothing else runs beside them.
  program.hook("preAction", (_, command) => {
    if (command.name() !== "report") keepHeapSmall();
  });
  program.on("command:*", ([name]: string[]) => {
    const names = program.commands.map((command) => command.name());
    process.stderr.write(`There is no command "${name ?? ""}".${didYouMean(name ?? "", names)}\n`);
    process.exit(EXIT.user);
  });
  return program;
}

/** One message for each kind of failure, and the exit code that goes with it. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.user;
  if (controller.signal.aborted) return EXIT.interrupted;
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n${error.remedy ? `${error.remedy}\n` : ""}`);
    return EXIT.user;
  }
  if (error instanceof AppError) {
    process.stderr.write(
      `${error.message}\n${
        error.log
          ? `Its last lines:\n${error.log
              .trimEnd()
              .split("\n")
              .slice(-20)
              .map((line) => `  | ${line}`)
              .join("\n")}\n`
          : ""
      }`,
    );
    return EXIT.user;
  }
  process.stderr.write(
    `This is a fault of unprompted itself: ${error instanceof Error ? error.message : String(error)}\nPlease report it with the command that you gave.\n`,
  );
  if (process.argv.includes("--debug") && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  return EXIT.harness;
}

// Left to Node, a fault of ours would end with exit code 1, which means "something was exploited".
process.on("uncaughtException", (error) => process.exit(explain(error)));
process.on("unhandledRejection", (error) => process.exit(explain(error)));

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
});

try {
  await build().parseAsync(process.argv);
} catch (error) {
  process.exitCode = explain(error);
}
// Anything still open (a socket of an app that hangs) must not keep the command alive.
await new Promise((resolve) => process.stdout.write("", resolve));
process.exit(process.exitCode ?? 0);
