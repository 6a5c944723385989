import { Command } from "commander";
import { choicesLines, sessionChoices } from "../../report/index.ts";
import { RunFolder } from "../../store/index.ts";
import { UserError, unknownName } from "../../util/errors.ts";
import { colourFor, list } from "../options.ts";
import { defaultRunFolder } from "../reports.ts";

export function decisionsCommand(_signal: AbortSignal): Command {
  return new Command("decisions")
    .description("Per topic, what each session chose, since which step, and whether replicates agree.")
    .argument("[run]", "the run's folder (runs/demo)")
    .option("--topic <names>", "only these topics", list)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted decisions runs/demo\n  unprompted decisions runs/demo --topic password-hashing,throttling\n  unprompted decisions runs/demo --json",
    )
    .action((folder: string | undefined, options: { topic?: string[]; json?: boolean }) => {
      const run = RunFolder.open(folder ?? defaultRunFolder("demo"));
      const all = sessionChoices(run.results());
      if (all.length === 0)
        throw new UserError("not-found", `No session of ${run.path} was evaluated.`, "Run the study first.");
      const known = all.map(({ topic }) => topic);
      for (const name of options.topic ?? []) if (!known.includes(name)) throw unknownName("topic", name, known);
      const topics = all.filter(({ topic }) => !options.topic || options.topic.includes(topic));
      if (options.json) process.stdout.write(`${JSON.stringify({ formatVersion: 1, topics }, null, 2)}\n`);
      else {
        const look = {
          color: colourFor(process.stdout),
          width: Math.min(process.stdout.columns ?? 100, 120),
          verbose: true,
        };
        process.stdout.write(`${choicesLines(topics, look).join("\n")}\n`);
      }
    });
}
