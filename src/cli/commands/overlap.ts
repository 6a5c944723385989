import { Command } from "commander";
import { holesOf, overlapLines, type SessionOverlap } from "../../report/index.ts";
import { chooseSandbox, type SandboxName } from "../../sandbox/index.ts";
import { overlapOf } from "../../stats/index.ts";
import { RunFolder } from "../../store/index.ts";
import { UserError } from "../../util/errors.ts";
import { writeJson } from "../../util/files.ts";
import { colourFor, list, sandboxOption } from "../options.ts";
import { completeOverlap, measureOverlap, overlapFile } from "../overlap.ts";
import { reportInput } from "../reports.ts";

interface Options {
  mutants?: boolean;
  baseline?: string[];
  missing?: boolean;
  save?: boolean;
  json?: boolean;
  sandbox: SandboxName;
}

export function overlapCommand(signal: AbortSignal): Command {
  return new Command("overlap")
    .description(
      "For each hole that an exploit proved, say which scanners pointed at it, and what no exploit supports.",
    )
    .argument("[run]", "the run's folder, such as runs/demo")
    .option("--mutants", "scan the references' mutants instead, whose holes are known (minutes)")
    .option("--baseline <names>", "with --mutants: only these baselines", list)
    .option("--missing", "with --mutants: only the running apps that the saved result could not scan")
    .option("--save", "with --mutants: keep the result in docs/overlap (then run npm run docs)")
    .option("--json", "print JSON")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted overlap runs/demo\n  unprompted overlap --mutants --baseline fastapi-jobs,express-jobs --save",
    )
    .action(async (folder: string | undefined, options: Options) => {
      if (options.mutants) return await ofMutants(options, signal);
      if (folder === undefined)
        throw new UserError("bad-arguments", "Name a run, or say --mutants.", "Such as: unprompted overlap runs/demo");
      const overlaps = await ofRun(RunFolder.open(folder));
      if (options.json) process.stdout.write(`${JSON.stringify(overlaps, null, 2)}\n`);
      else
        process.stdout.write(
          `${overlapLines(overlaps, { color: colourFor(process.stdout), width: Math.min(process.stdout.columns ?? 100, 110), verbose: true }).join("\n")}\n`,
        );
    });
}

async function ofMutants(options: Options, signal: AbortSignal): Promise<void> {
  const { sandbox } = chooseSandbox(options.sandbox);
  const say = (text: string) => process.stderr.write(`${text}\n`);
  for (const baseline of options.baseline ?? ["fastapi-jobs", "express-jobs"]) {
    const study = await (options.missing ? completeOverlap : measureOverlap)({ baseline, sandbox, signal, say });
    if (options.save) writeJson(overlapFile(baseline), study);
    if (options.json) process.stdout.write(`${JSON.stringify(study, null, 2)}\n`);
    else {
      const pointed = study.mutants.filter(({ found }) => found.length > 0).length;
      process.stdout.write(
        `${baseline}: ${study.mutants.length} mutants, of ${pointed} scanners say more than of the reference\n`,
      );
    }
  }
}

/** Each session's holes against what scanners said of it. */
async function ofRun(run: RunFolder): Promise<SessionOverlap[]> {
  const input = await reportInput(run);
  return input.sessions.map((session): SessionOverlap => {
    const runs = session.scanners?.runs ?? [];
    const { id } = session.record.identity;
    return { session: id, evaluated: session.evaluation !== null, runs, ...overlapOf(holesOf(session, input), runs) };
  });
}
