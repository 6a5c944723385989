import { Command } from "commander";
import { type CaseResult, isClean, judge } from "../../engine/calibration.ts";
import type { SandboxName } from "../../sandbox/index.ts";
import { type Calibrated, calibrate, explain } from "../calibrate.ts";
import { list, positive, sandboxOption } from "../options.ts";
import { flipsOf, measureSteadiness } from "../steadiness.ts";

interface Options {
  baseline?: string[];
  exploit?: string[];
  case?: string[];
  scenario?: string;
  jobs: number;
  degenerate: boolean;
  full?: boolean;
  budget?: number;
  stale?: boolean;
  steadiness?: number;
  save?: boolean;
  json?: boolean;
  sandbox: SandboxName;
}

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
    .option("--stale", "only what has no saved result, or one that is older than the exploit or the app")
    .option("--steadiness <n>", "instead, attack each reference and recording n times, half under load", positive)
    .option("--save", "keep each result in docs/calibration as soon as it is there (then run npm run docs)")
    .option("--json", "print the results as JSON")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted calibrate --baseline fastapi-jobs\n  unprompted calibrate --exploit T1-11 --jobs 4\n  unprompted calibrate --baseline express-jobs --case sort-passed-through\n  unprompted calibrate --stale --save       what was changed since, also after an interruption\n  unprompted calibrate --steadiness 20 --stale --save",
    )
    .action(async (options: Options) => {
      const common = { ...options, stale: options.stale ?? false, save: options.save ?? false, signal };
      if (options.steadiness) {
        const measured = await measureSteadiness({ ...common, attacks: options.steadiness });
        const flips = measured.flatMap((one) => flipsOf(one).map((flip) => ({ app: one.name, ...flip })));
        if (options.json) process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
        else
          process.stdout.write(`${measured.length} apps attacked ${options.steadiness} times: ${flips.length} flips\n`);
        if (flips.length > 0) process.exitCode = 1;
        return;
      }
      const calibrations = await calibrate({
        ...common,
        full: options.full ?? false,
        ...(options.budget ? { budgetMinutes: options.budget } : {}),
      });
      const results = calibrations.flatMap((one) => one.results);
      const bad = results.filter((result) => !isClean(result));
      if (options.json) process.stdout.write(`${JSON.stringify(calibrations, null, 2)}\n`);
      else {
        for (const one of calibrations) process.stdout.write(`${summaryOf(one)}\n`);
        for (const result of bad)
          process.stdout.write(`${result.kind} ${result.name} (${result.what})\n${explain(result)}`);
        if (results.length === 0)
          process.stdout.write(options.stale ? "Everything saved is current.\n" : "No case was run.\n");
      }
      if (bad.length > 0 || (results.length === 0 && !options.stale)) process.exitCode = 1;
    });
}

function summaryOf({ baseline, results, exploits, seconds }: Calibrated): string {
  const of = (...kinds: CaseResult["kind"][]) => results.filter(({ kind }) => kinds.includes(kind));
  const count = (own: readonly CaseResult[], key: keyof ReturnType<typeof judge>) =>
    own.reduce((sum, result) => sum + judge(result)[key].length, 0);
  const [mutants, sound, degenerate] = [of("mutant"), of("reference", "variant"), of("degenerate")];
  return [
    `${baseline}: ${mutants.length} mutants, ${count(mutants, "misses")} misses`,
    `${sound.length} sound apps x ${exploits.length} exploits, ${count([...sound, ...mutants], "falseAlarms")} false alarms`,
    `${count(results, "undecided")} undecided`,
    `${degenerate.length} degenerate apps, ${count(degenerate, "misses")} wrongly defended`,
    `${seconds} s`,
  ].join("; ");
}
