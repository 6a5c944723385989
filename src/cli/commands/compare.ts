import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { Evaluation } from "../../model/session.ts";
import { type ComparedSide, compareRuns, comparisonText, measuredOf, type RunComparison } from "../../report/index.ts";
import { RunFolder } from "../../store/index.ts";
import { UserError, unknownName } from "../../util/errors.ts";
import { colourFor, list } from "../options.ts";
import { readEvaluation } from "../reports.ts";

/** What can make the command end with exit code 1. */
const GATES: Readonly<Record<string, (result: RunComparison) => number>> = {
  /** Regressed, or held before and not judged now: what could not be measured is never taken for a pass. */
  regression: ({ changes, unpaired }) =>
    changes.filter(({ kind }) => kind === "regressed" || kind === "lost").length + unpaired.before.length,
  exploited: ({ exploited }) => exploited,
};

interface Options {
  failOn?: string[];
  json?: boolean;
}

export function compareCommand(_signal: AbortSignal): Command {
  return new Command("compare")
    .description("Tell what changed between two runs, or two checks of an app.")
    .argument("<before>", "a run's folder, what `check --json` printed, or the folder of `check --out`")
    .argument("<after>", "the same, of later")
    .option("--fail-on <names>", `exit 1 on: ${Object.keys(GATES).join(", ")}`, list)
    .option("--json", "print the comparison as JSON on stdout")
    .addHelpText(
      "after",
      `
Examples:
  unprompted compare runs/september runs/october
  unprompted compare main.json branch.json --fail-on regression
  unprompted compare runs/bare runs/guided --json

regression: a test is exploited that was not, was held and is broken, or was held and could not be judged any more.
exploited:  anything at all is exploited in <after>.

Exit codes: 0 no gate failed, 1 one did, 2 a mistake in the call.`,
    )
    .action((before: string, after: string, options: Options) => {
      const names = Object.keys(GATES);
      for (const name of options.failOn ?? []) if (!names.includes(name)) throw unknownName("gate", name, names);
      const result = compareRuns(sideFrom(before), sideFrom(after));
      const failed = (options.failOn ?? []).filter((name) => (GATES[name]?.(result) ?? 0) > 0);
      if (result.pairs === 0 && options.failOn?.length) failed.push("nothing to compare");
      if (options.json) process.stdout.write(`${JSON.stringify({ formatVersion: 1, ...result, failed }, null, 2)}\n`);
      else {
        const look = { color: colourFor(process.stdout), width: Math.min(process.stdout.columns ?? 100, 110) };
        process.stdout.write(comparisonText(result, look));
        if (failed.length) process.stdout.write(`\nFailed on: ${failed.join(", ")}.\n`);
      }
      if (failed.length) process.exitCode = 1;
    });
}

function sideFrom(path: string): ComparedSide {
  if (!existsSync(path))
    throw new UserError("not-found", `There is no ${path}.`, "Give a run's folder, or what `check --json` printed.");
  if (!statSync(path).isDirectory()) return alone(path, readEvaluation(path));
  if (!existsSync(join(path, "plan.json")) && existsSync(join(path, "result.json")))
    return alone(path, readEvaluation(join(path, "result.json")));
  const sessions = RunFolder.open(path)
    .results()
    .map((session) => {
      const { measured } = measuredOf(session);
      return {
        place: session.record.identity,
        verdicts: measured?.verdicts ?? [],
        decisions: measured?.decisions ?? [],
      };
    });
  return { name: path, sessions };
}

/** An app that never came up has no verdicts, so that all it held before is lost. */
function alone(path: string, { app, verdicts, decisions }: Evaluation): ComparedSide {
  const place = { id: app.name, baseline: "", agent: "", condition: "", replicate: 1 };
  return { name: path, sessions: [{ place, verdicts, decisions }] };
}
