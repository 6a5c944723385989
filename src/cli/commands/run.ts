import { dirname, join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import pLimit from "p-limit";
import { defaultJobs } from "../../engine/index.ts";
import type { Emit } from "../../model/events.ts";
import type { Plan, Study } from "../../model/study.ts";
import { type Figures, figuresOf, type ReportInput, resultsJson, runTable } from "../../report/index.ts";
import { chooseSandbox, type SandboxName } from "../../sandbox/index.ts";
import { eventLog, RunFolder } from "../../store/index.ts";
import { UserError } from "../../util/errors.ts";
import { together } from "../../util/together.ts";
import { PRODUCT } from "../load.ts";
import { colourFor, list, positive, sandboxOption } from "../options.ts";
import { progress } from "../progress.ts";
import { DEFAULT_FORMATS, defaultRunFolder, reportInput, writeReports } from "../reports.ts";
import { askedFor, scannersOption } from "../scanning.ts";
import { isDone, loadStudy, planStudy, type RunOptions, runPlan } from "../study.ts";

interface Options {
  out?: string;
  jobs?: number;
  dry?: boolean;
  baseline?: string[];
  agent?: string[];
  eachStep?: boolean;
  only: "work" | "evaluate" | undefined;
  scanners?: string[];
  registries?: boolean;
  json?: boolean;
  sandbox: SandboxName;
}

export function runCommand(signal: AbortSignal): Command {
  return new Command("run")
    .description(
      "Run a study: every session is replayed or worked, started, attacked and reported. Goes on where an earlier run stopped.",
    )
    .argument("[study]", "a study file; the two demo studies on recordings when there is none")
    .option("--out <folder>", "where the run is kept (runs/<study>); of several studies, a folder for each below it")
    .option("--jobs <n>", "sessions side by side (one more than cores, eight at most)", positive)
    .option("--dry", "print the plan and do nothing")
    .option("--baseline <names>", "only these baselines", list)
    .option("--agent <names>", "only these agents", list)
    .option("--each-step", "attack the app after every step too, to tell which prompt opened or closed each hole")
    .addOption(
      new Option(
        "--only <stage>",
        "work: let the agents work, attack later; evaluate: attack stored sessions again, asking no agent",
      ).choices(["work", "evaluate"]),
    )
    .addOption(scannersOption())
    .option("--registries", "ask package registries about maintainers, age and withdrawn versions")
    .option("--json", "print the result as JSON on stdout; of several studies, a list")
    .addOption(sandboxOption())
    .addHelpText(
      "after",
      "\nExamples:\n  unprompted run\n  unprompted run study.yaml --dry\n  unprompted run study.yaml --jobs 4 --out runs/october\n  unprompted run study.yaml --only evaluate\n  unprompted run study.yaml --only evaluate --each-step",
    )
    .action(async (file: string | undefined, options: Options) => {
      const studies = await studiesOf(file, options);
      const out = (id: string) =>
        options.out === undefined ? defaultRunFolder(id) : studies.length > 1 ? join(options.out, id) : options.out;
      const plans = studies.map(
        ({ study, base }): Planned => ({ base, plan: planStudy(study, base), run: new RunFolder(out(study.id)) }),
      );
      if (options.dry) {
        if (options.json) printJson(plans.map(({ plan }) => plan));
        else for (const { plan, run } of plans) printPlan(plan, run);
        return;
      }
      const unlocks: (() => void)[] = [];
      try {
        for (const { run } of plans) unlocks.push(run.lock());
        const ended = await runStudies(plans, options, signal);
        // Also of runs that were cut off: what is done is told.
        if (options.json) printJson(ended.map(({ input, figures }) => resultsJson(input, figures)));
        else for (const one of ended) printStudy(one);
        const cutOff = ended.find(({ failure }) => failure !== undefined);
        if (cutOff) throw cutOff.failure;
      } finally {
        for (const unlock of unlocks) unlock();
      }
    });
}

/** What `run` does when no study is named. The scenario with most sessions comes last: its table is what one sees then. */
const DEMOS = ["studies/demo-jwt-auth.yaml", "studies/demo.yaml"];

interface NamedStudy {
  study: Study;
  /** What files of the study are relative to. */
  base: string;
}

/** The study of the file, or the demo studies that have the baselines and agents asked for. */
async function studiesOf(file: string | undefined, options: Options): Promise<NamedStudy[]> {
  const load = async (path: string) => ({ study: await loadStudy(path), base: dirname(path) });
  if (file !== undefined) {
    const { study, base } = await load(resolve(file));
    return [{ study: narrowed(study, options), base }];
  }
  const demos = await Promise.all(DEMOS.map((name) => load(join(PRODUCT, name))));
  const wanted = options.baseline ?? [];
  const some = demos.filter(
    ({ study }) => wanted.length === 0 || wanted.some((name) => study.baselines.includes(name)),
  );
  const chosen = some.length > 0 ? some : demos.slice(-1);
  return chosen.map(({ study, base }) => {
    const baseline = wanted.filter((name) => chosen.length === 1 || study.baselines.includes(name));
    return { study: narrowed(study, { ...options, baseline }), base };
  });
}

interface Planned {
  plan: Plan;
  /** What files of the study are relative to. */
  base: string;
  run: RunFolder;
}

/** What a study came to, in figures and files; and what cut it off, if anything did. */
interface Ended {
  input: ReportInput;
  figures: Figures;
  files: string[];
  failure: unknown;
}

/** Runs studies side by side, as many sessions at a time as there are jobs for all of them. */
async function runStudies(plans: readonly Planned[], options: Options, signal: AbortSignal): Promise<Ended[]> {
  const { sandbox, note } = chooseSandbox(options.sandbox, {
    forAgents: plans.some(({ plan }) => plan.study.agents.some(({ kind }) => kind !== "replay")),
  });
  if (note) process.stderr.write(`Without a sandbox: ${note}.\n`);
  const asked = options.scanners && (await askedFor(options.scanners));
  const pool = pLimit(options.jobs ?? defaultJobs());
  const { only, registries = false, eachStep = false } = options;
  return await together(
    plans.map(async (planned) => {
      const scanners = options.scanners ? asked : (planned.plan.study.scanners ?? "found");
      return await runStudy({ ...planned, sandbox, pool, scanners, registries, eachStep, only, signal });
    }),
  );
}

/** Runs one study and writes its reports, also when it is cut off. */
async function runStudy(options: Omit<RunOptions, "emit">): Promise<Ended> {
  const { run, plan } = options;
  const listeners = [progress(process.stderr), eventLog(run)];
  const emit: Emit = (event) => {
    for (const listener of listeners) listener(event);
  };
  let failure: unknown;
  try {
    run.writePlan(plan);
    await runPlan({ ...options, emit });
    const cutOff = plan.sessions.filter(({ id }) => run.record(id)?.state === "interrupted").length;
    if (cutOff > 0)
      process.stderr.write(`Interrupted: ${cutOff} of ${plan.sessions.length}. The same command goes on with them.\n`);
  } catch (error) {
    failure = error;
  }
  const input = await reportInput(run);
  const figures = figuresOf(input);
  return { input, figures, files: writeReports(run, input, DEFAULT_FORMATS, figures), failure };
}

function printStudy({ input, figures, files }: Ended): void {
  const { stdout } = process;
  stdout.write(runTable(input, { color: colourFor(stdout), width: stdout.columns ?? 100 }, figures));
  stdout.write(`\nReports: ${files.map((path) => relative(process.cwd(), path)).join(", ")}\n`);
}

/** One alone as itself, several as a list. */
const printJson = (results: readonly unknown[]): void =>
  void process.stdout.write(`${JSON.stringify(results.length > 1 ? results : results[0], null, 2)}\n`);

function narrowed(study: Study, options: Options): Study {
  const keep = <T>(
    items: readonly T[],
    name: (item: T) => string,
    wanted: readonly string[] | undefined,
    kind: string,
  ): T[] => {
    if (!wanted?.length) return [...items];
    for (const one of wanted)
      if (!items.some((item) => name(item) === one))
        throw new UserError("unknown-name", `The study has no ${kind} "${one}". It has ${items.map(name).join(", ")}.`);
    return items.filter((item) => wanted.includes(name(item)));
  };
  return {
    ...study,
    baselines: keep(study.baselines, (name) => name, options.baseline, "baseline"),
    agents: keep(study.agents, ({ id }) => id, options.agent, "agent"),
  };
}

function printPlan(plan: Plan, run: RunFolder): void {
  const { study, sessions } = plan;
  process.stdout.write(`${study.id}${study.title ? `: ${study.title}` : ""}\n`);
  process.stdout.write(
    `${study.baselines.length} baselines x ${study.agents.length} agents x ${study.conditions.length} conditions x ${study.replicates} replicates = ${sessions.length} sessions, order by seed ${study.seed}\n`,
  );
  for (const [i, session] of sessions.entries()) {
    const record = run.record(session.id);
    process.stdout.write(
      `${String(i + 1).padStart(3)}  ${session.id}  ${session.recording ? `replays ${session.recording}` : session.agentKind}${isDone(record) ? `  (${record?.state} before)` : ""}\n`,
    );
  }
  process.stdout.write(`Would be kept in ${run.path}\n`);
}
