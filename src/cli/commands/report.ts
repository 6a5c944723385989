import { Command, Option } from "commander";
import { runTable } from "../../report/index.ts";
import { RunFolder } from "../../store/index.ts";
import { unknownName } from "../../util/errors.ts";
import { colourFor, list } from "../options.ts";
import { REPORT_FORMATS, type ReportFormat, reportInput, writeReports } from "../reports.ts";

export function reportCommand(_signal: AbortSignal): Command {
  return new Command("report")
    .description("Write a run's report again.")
    .argument("<run>", "the run's folder, such as runs/demo")
    .addOption(new Option("--format <names>", `which of ${REPORT_FORMATS.join(", ")}`).argParser(list))
    .addHelpText("after", "\nExamples:\n  unprompted report runs/demo\n  unprompted report runs/demo --format md,csv")
    .action(async (folder: string, options: { format?: string[] }) => {
      const run = RunFolder.open(folder);
      const formats = options.format ?? [...REPORT_FORMATS];
      for (const name of formats)
        if (!(REPORT_FORMATS as readonly string[]).includes(name)) throw unknownName("format", name, REPORT_FORMATS);
      const input = await reportInput(run);
      process.stdout.write(runTable(input, { color: colourFor(process.stdout), width: process.stdout.columns ?? 100 }));
      for (const file of writeReports(run, input, formats as ReportFormat[])) process.stdout.write(`${file}\n`);
    });
}
