import { Command, Option } from "commander";
import { figuresOf, runTable } from "../../report/index.ts";
import { RunFolder } from "../../store/index.ts";
import { colourFor, list } from "../options.ts";
import { DEFAULT_FORMATS, formatsFrom, REPORT_FORMATS, reportInput, writeReports } from "../reports.ts";

export function reportCommand(_signal: AbortSignal): Command {
  return new Command("report")
    .description("Write a run's report again, into its folder.")
    .argument("<run>", "the run's folder, such as runs/demo")
    .addOption(
      new Option(
        "--format <names>",
        `which of ${REPORT_FORMATS.join(", ")} (${DEFAULT_FORMATS.join(", ")} when nothing is said)`,
      ).argParser(list),
    )
    .addHelpText(
      "after",
      `
Examples:
  unprompted report runs/demo
  unprompted report runs/demo --format md,csv
  unprompted report runs/demo --format ndjson,junit,sarif,badge

html   index.html: one file, works offline     md     report.md: fits into a pull request's comment
csv    sessions.csv and verdicts.csv           ndjson verdicts.ndjson: one verdict a line
json   results.json                            junit  junit.xml
sarif  results.sarif, SARIF 2.1.0              badge  badge.json, for a shields.io endpoint badge`,
    )
    .action(async (folder: string, options: { format?: string[] }) => {
      const run = RunFolder.open(folder);
      const formats = formatsFrom(options.format ?? DEFAULT_FORMATS, REPORT_FORMATS);
      const input = await reportInput(run);
      const figures = figuresOf(input);
      const look = { color: colourFor(process.stdout), width: process.stdout.columns ?? 100 };
      process.stdout.write(runTable(input, look, figures));
      for (const file of writeReports(run, input, formats, figures)) process.stdout.write(`${file}\n`);
    });
}
