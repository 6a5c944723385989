import { Command } from "commander";
import { isClean } from "../../engine/calibration.ts";
import type { SandboxName } from "../../sandbox/index.ts";
import { calibrate, explain } from "../calibrate.ts";
import { list, positive, sandboxOption } from "../options.ts";

export function calibrateCommand(signal: AbortSignal): Command {
  return new Command("calibrate")
    .description(
      "Run references, variants, mutants and degenerate apps against the catalogue; exit 1 on any miss or false alarm.",
    )
    .option("--baseline <names>", "only these baselines", list)
    .option("--exploit <ids>", "only these exploits, and the mutants that turn one of them", list)
    .option("--case <names>", "only these cases, such as a mutant's name", list)
    .option("--scenario <id>", "only baselines of this scenario")
    .option("--jobs <n>", "cases side by side", positive, 2)
    .option("--no-degenerate", "leave the degenerate apps out")
    .option("--full", "run every exploit on every mutant, not only those of the areas that it turns")
    .option("--budget <minutes>", "begin no further case after this long, and name those not run", positive)
    .option("--save", "keep the result in docs/calibration (then run npm run docs)")
    .option("--json", "print the results as JSON")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted calibrate --baseline fastapi-jobs\n  unprompted calibrate --exploit T1-11 --jobs 4\n  unprompted calibrate --baseline express-jobs --case sort-passed-through",
    )
    .action(
      async (options: {
        baseline?: string[];
        exploit?: string[];
        case?: string[];
        scenario?: string;
        jobs: number;
        degenerate: boolean;
        full?: boolean;
        budget?: number;
        save?: boolean;
        json?: boolean;
        sandbox: SandboxName;
      }) => {
        const calibrations = await calibrate({
          ...options,
          degenerate: options.degenerate,
          full: options.full ?? false,
          ...(options.budget ? { budgetMinutes: options.budget } : {}),
          save: options.save ?? false,
          signal,
        });
        const results = calibrations.flatMap((one) => one.results);
        const bad = results.filter((result) => !isClean(result));
        if (options.json) process.stdout.write(`${JSON.stringify(calibrations, null, 2)}\n`);
        else {
          for (const { baseline, results: own, exploits, seconds } of calibrations) {
            const of = (kind: string) => own.filter((result) => result.kind === kind);
            const sound = of("reference").length + of("variant").length;
            process.stdout.write(
              `${baseline}: ${of("mutant").length} mutants, ${own.flatMap((r) => (r.kind === "mutant" ? r.misses : [])).length} misses; ` +
                `${sound} sound apps x ${exploits.length} exploits, ${own.filter((r) => r.kind !== "degenerate").flatMap((r) => r.falseAlarms).length} false alarms; ` +
                `${own.flatMap((r) => r.undecided).length} undecided; ${of("degenerate").length} degenerate apps, ${of("degenerate").flatMap((r) => r.misses).length} wrongly defended; ${seconds} s\n`,
            );
          }
          for (const result of bad)
            process.stdout.write(`${result.kind} ${result.name} (${result.what})\n${explain(result)}`);
        }
        if (bad.length > 0 || results.length === 0) process.exitCode = 1;
      },
    );
}
