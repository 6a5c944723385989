import { availableParallelism } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import type { Emit } from "../../model/events.ts";
import type { Plan, Study } from "../../model/study.ts";
import { figuresOf, resultsJson, runTable } from "../../report/index.ts";
import { chooseSandbox, type SandboxName } from "../../sandbox/index.ts";
import { eventLog, RunFolder } from "../../store/index.ts";
import { UserError } from "../../util/errors.ts";
import { PRODUCT } from "../load.ts";
import { colourFor, list, positive, sandboxOption } from "../options.ts";
import { progress } from "../progress.ts";
import { DEFAULT_FORMATS, defaultRunFolder, reportInput, writeReports } from "../reports.ts";
import { askedFor, scannersOption } from "../scanning.ts";
import { isDone, loadStudy, planStudy, runPlan } from "../study.ts";

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
    .option("--jobs <n>", "sessions side by side (one for each two cores, two at least)", positive)
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
      const results: object[] = [];
      try {
        for (const { study, base } of studies) {
          const plan = planStudy(study, base);
          const run = new RunFolder(out(study.id));
          const tell = (result: object) => void results.push(result);
          if (!options.dry) await runStudy(run, plan, base, options, signal, tell);
          else if (options.json) tell(plan);
          else printPlan(plan, run);
        }
      } finally {
        // Also of a run that was cut off: what is done is told.
        if (options.json && results.length > 0)
          process.stdout.write(`${JSON.stringify(studies.length > 1 ? results : results[0], null, 2)}\n`);
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

/** Runs one study and writes its reports, also when it is cut off. Tells what `--json` prints. */
async function runStudy(
  run: RunFolder,
  plan: Plan,
  base: string,
  options: Options,
  signal: AbortSignal,
  tell: (result: object) => void,
): Promise<void> {
  const { study } = plan;
  const { sandbox, note } = chooseSandbox(options.sandbox, {
    forAgents: study.agents.some(({ kind }) => kind !== "replay"),
  });
  if (note) process.stderr.write(`Without a sandbox: ${note}.\n`);
  const scanners = options.scanners ? await askedFor(options.scanners) : (study.scanners ?? "found");
  const unlock = run.lock();
  const listeners = [progress(process.stderr), eventLog(run)];
  const emit: Emit = (event) => {
    for (const listener of listeners) listener(event);
  };
  const jobs = options.jobs ?? Math.max(2, Math.floor(availableParallelism() / 2));
  try {
    run.writePlan(plan);
    const registries = options.registries ?? false;
    const eachStep = options.eachStep ?? false;
    const { only } = options;
    await runPlan({ run, base, plan, sandbox, jobs, scanners, registries, eachStep, only, signal, emit });
    const cutOff = plan.sessions.filter(({ id }) => run.record(id)?.state === "interrupted").length;
    if (cutOff > 0)
      process.stderr.write(
        `Interrupted: ${cutOff} of ${plan.sessions.length}. The same command goes on with them.
`,
      );
  } finally {
    try {
      const input = await reportInput(run);
      const figures = figuresOf(input);
      const files = writeReports(run, input, DEFAULT_FORMATS, figures);
      if (options.json) tell(resultsJson(input, figures));
      else {
        process.stdout.write(
          runTable(input, { color: colourFor(process.stdout), width: process.stdout.columns ?? 100 }, figures),
        );
        process.stdout.write(`\nReports: ${files.map((path) => relative(process.cwd(), path)).join(", ")}\n`);
      }
    } finally {
      unlock();
    }
  }
}

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
