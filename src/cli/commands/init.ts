import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { stringify } from "yaml";
import type { z } from "zod";
import { AGENT_KINDS } from "../../agents/index.ts";
import { Study } from "../../model/study.ts";
import { UserError, unknownName } from "../../util/errors.ts";
import { writeAtomically } from "../../util/files.ts";
import { baselineNames, loadBaseline, loadRecording, PRODUCT, recordingNames, scenarioNames } from "../load.ts";
import { list, positive } from "../options.ts";
import { loadStudy } from "../study.ts";

interface Options {
  id?: string;
  scenario?: string;
  baselines?: string[];
  agents?: string[];
  guidance?: string[];
  replicates?: number;
  yes?: boolean;
}

const AGENTS = [...Object.keys(AGENT_KINDS), "replay"];
const SCHEMA = join(PRODUCT, "studies/study.schema.json");

export function initCommand(_signal: AbortSignal): Command {
  return new Command("init")
    .description("Write a study file, by asking a few questions; what is given as an option is not asked.")
    .argument("[file]", "where to write it", "study.yaml")
    .option("--id <name>", "the study's name")
    .option("--scenario <name>", "the feature story")
    .option("--baselines <names>", "starting repositories", list)
    .option("--agents <kinds>", `agents to compare: ${AGENTS.join(", ")}`, list)
    .option("--guidance <names>", "instruction files to compare with none; security-defaults is ours", list)
    .option("--replicates <n>", "sessions of each kind", positive)
    .option("--yes", "ask nothing and take what is proposed")
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted init\n  unprompted init october.yaml --agents claude-code,codex --guidance security-defaults --replicates 3 --yes",
    )
    .action(async (file: string, options: Options) => {
      if (existsSync(file))
        throw new UserError("bad-arguments", `${file} is there already.`, "Give another name, or remove it.");
      const study = await askedFor(options);
      writeAtomically(file, fileOf(study, file));
      await loadStudy(file);
      const sessions =
        study.baselines.length * study.agents.length * (study.conditions?.length ?? 1) * (study.replicates ?? 1);
      process.stdout.write(`${file}: ${sessions} sessions. See them with: unprompted run ${file} --dry\n`);
    });
}

type Draft = z.input<typeof Study>;

async function askedFor(options: Options): Promise<Draft> {
  const silent = options.yes === true || !process.stdin.isTTY;
  const terminal = silent ? undefined : createInterface({ input: process.stdin, output: process.stderr });
  /** One of the known names, or several; asked again until they are. */
  const choose = async (what: string, known: readonly string[], proposed: string[], given?: string[]) => {
    for (let names = given; ; names = undefined) {
      const answer = names ?? list((await terminal?.question(`${what} [${proposed.join(",")}]: `)) ?? "");
      const chosen = answer.length > 0 ? answer : proposed;
      const unknown = chosen.find((name) => !known.includes(name));
      if (unknown === undefined) return chosen;
      const mistake = unknownName(what.toLowerCase().replace(/s?( .*)?$/, ""), unknown, known);
      if (!terminal || names) throw mistake;
      process.stderr.write(`${mistake.message}\n`);
    }
  };
  try {
    const given = options.scenario === undefined ? undefined : [options.scenario];
    const [scenario = ""] = await choose("Scenario", scenarioNames(), ["pipeline-jobs"], given);
    const here = baselineNames().filter((name) => loadBaseline(name).manifest.scenario === scenario);
    const baselines = await choose("Baselines (comma between them)", here, here, options.baselines);
    const kinds = await choose("Agents (comma between them)", AGENTS, ["claude-code"], options.agents);
    const guidance =
      options.guidance ?? list((await terminal?.question("Instruction files to compare with none []: ")) ?? "");
    const replicates = options.replicates ?? Number((await terminal?.question("Sessions of each kind [1]: ")) || 1);
    const id = options.id ?? ((await terminal?.question("Name of the study [my-study]: ")) || "my-study");
    return {
      id,
      scenario,
      baselines,
      agents: kinds.map((kind) => agentOf(kind as Draft["agents"][number]["kind"], baselines)),
      conditions: [{ id: "bare" }, ...guidance.map((name) => ({ id: nameOf(name), guidance: name }))],
      replicates,
      limits: { stepSeconds: 1800 },
    };
  } finally {
    terminal?.close();
  }
}

/** `./rules/AGENTS.md` is the condition `AGENTS`. */
const nameOf = (guidance: string): string => (guidance.split("/").pop() ?? guidance).replace(/\.md$/, "");

function agentOf(kind: Draft["agents"][number]["kind"], baselines: readonly string[]): Draft["agents"][number] {
  if (kind !== "replay") return { id: kind, kind };
  const recordings = baselines.map((baseline) => {
    const name = recordingNames().find((one) => loadRecording(one).recording.baseline === baseline);
    if (!name)
      throw new UserError(
        "not-found",
        `There is no recording of ${baseline} to replay.`,
        "Leave out that baseline, or replay.",
      );
    return [baseline, name];
  });
  return { id: "recorded", kind, recordings: Object.fromEntries(recordings) };
}

/** The file, with the schema by which editors complete it: relative where it lies within the product. */
function fileOf(study: Draft, file: string): string {
  const way = relative(dirname(resolve(file)), SCHEMA);
  const parsed = Study.safeParse(study);
  if (!parsed.success)
    throw new UserError(
      "bad-arguments",
      parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
    );
  return `# yaml-language-server: $schema=${way.startsWith("..") ? SCHEMA : way}\n${stringify(study)}`;
}
