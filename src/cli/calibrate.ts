import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareApp } from "../app/index.ts";
import {
  type Case,
  type CaseResult,
  casesOf,
  isClean,
  judge,
  layOut,
  nearby,
  resultOf,
} from "../engine/calibration.ts";
import { evaluate } from "../engine/index.ts";
import type { Exploit } from "../exploits/index.ts";
import { AppRecipe } from "../model/app.ts";
import { chooseSandbox, type SandboxName } from "../sandbox/index.ts";
import { AppError, reasonOf, unknownName } from "../util/errors.ts";
import { together } from "../util/together.ts";
import { inputsOf, missingOf, saveResults } from "./calibration-files.ts";
import { degenerateCases, degenerateFolder } from "./degenerate.ts";
import { loadBaseline, loadScenario, PRODUCT, referenceNames, selectExploits } from "./load.ts";

export interface CalibrateOptions {
  baseline?: string[];
  exploit?: string[];
  case?: string[];
  scenario?: string;
  jobs?: number;
  sandbox: SandboxName;
  degenerate: boolean;
  /** Run every exploit on every mutant, instead of those of the areas that it turns. */
  full: boolean;
  /** Begin no further case after this long; the rest is named as not run. */
  budgetMinutes?: number;
  /** Only what has no current saved result. */
  stale: boolean;
  /** Keep each case's result in docs/calibration/<baseline>.json as soon as it is there. */
  save: boolean;
  signal: AbortSignal;
}

export interface Calibrated {
  baseline: string;
  exploits: string[];
  /** What was measured now, in the order of the cases. */
  results: CaseResult[];
  /** Cases that were begun neither now nor, with `stale`, needed to be. */
  notRun: string[];
  seconds: number;
}

/** Runs every case of the chosen baselines, two side by side, and says on stderr how each went. */
export async function calibrate(options: CalibrateOptions): Promise<Calibrated[]> {
  const names = referenceNames();
  const chosen = options.baseline?.length ? options.baseline : names;
  for (const name of chosen) if (!names.includes(name)) throw unknownName("reference", name, names);
  const plans: Plan[] = [];
  for (const baseline of chosen) {
    const { scenario } = loadBaseline(baseline).manifest;
    if (options.scenario && scenario !== options.scenario) continue;
    const exploits = await selectExploits(scenario, { ...(options.exploit ? { only: options.exploit } : {}) });
    const all = [...casesOf(join(PRODUCT, "references", baseline)), ...degenerateCases(baseline)];
    plans.push({ baseline, scenario, exploits, all, cases: chosenCases(all, exploits, options, plans.length === 0) });
  }
  const known = [...new Set(plans.flatMap(({ cases }) => cases.map(({ name }) => name)))];
  for (const name of options.case ?? []) if (!known.includes(name)) throw unknownName("case", name, known);
  const out: Calibrated[] = [];
  for (const { baseline, scenario, exploits, all, cases } of plans) {
    const inputs = await inputsOf(scenario);
    const started = performance.now();
    const queue: Job[] = [];
    for (const one of cases) {
      if (options.case?.length && !options.case.includes(one.name)) continue;
      const wanted = options.stale
        ? await missingOf(one, exploits, inputs, options.full)
        : options.full
          ? exploits
          : nearby(one, exploits);
      if (wanted.length > 0) queue.push({ one, exploits: wanted, inputs: (id) => inputs(one, id) });
    }
    const { results, notRun } = await runJobs(queue, options, (fresh) => {
      if (options.save) saveResults(baseline, fresh, all);
    });
    out.push({
      baseline,
      exploits: exploits.map(({ id }) => id),
      results,
      notRun,
      seconds: Math.round((performance.now() - started) / 1000),
    });
  }
  return out;
}

/** What one baseline is to be measured with. */
interface Plan {
  baseline: string;
  scenario: string;
  exploits: readonly Exploit[];
  /** All cases there are, and those to choose from by name. */
  all: readonly Case[];
  cases: readonly Case[];
}

function chosenCases(
  all: readonly Case[],
  exploits: readonly Exploit[],
  options: CalibrateOptions,
  first: boolean,
): Case[] {
  // Degenerate apps are no baseline's own: once is enough.
  const withDegenerate = options.case?.length || (options.degenerate && first);
  let cases = all.filter(({ kind }) => withDegenerate || kind !== "degenerate");
  if (options.exploit?.length)
    cases = cases.filter(
      (one) => one.kind !== "mutant" || one.turns.some((id) => exploits.some((exploit) => exploit.id === id)),
    );
  return cases;
}

/** One case with the exploits that it is to meet. */
interface Job {
  one: Case;
  exploits: readonly Exploit[];
  inputs: (id: string) => string;
}

async function runJobs(
  jobs: readonly Job[],
  options: CalibrateOptions,
  keep: (results: readonly CaseResult[]) => void,
): Promise<{ results: CaseResult[]; notRun: string[] }> {
  const results: CaseResult[] = [];
  const notRun: string[] = [];
  const buildCache = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-build-cache-"));
  const waiting = options.budgetMinutes === undefined ? [...jobs] : spread(jobs);
  const until = performance.now() + (options.budgetMinutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const worker = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      options.signal.throwIfAborted();
      if (performance.now() > until) {
        notRun.push(...[job, ...waiting.splice(0)].map(({ one }) => one.name));
        process.stderr.write(`not run for lack of time: ${notRun.join(", ")}\n`);
        return;
      }
      const result = await runCase(job, options, buildCache);
      results.push(result);
      keep(results);
      const { kind, baseline, name } = job.one;
      process.stderr.write(
        `${String(results.length).padStart(3)}/${jobs.length} ${baseline} ${kind.padEnd(10)} ${name.padEnd(36)} ${isClean(result) ? "as expected" : "NOT AS EXPECTED"} ${result.seconds} s\n`,
      );
      if (!isClean(result)) process.stderr.write(explain(result));
    }
  };
  try {
    await together(Array.from({ length: Math.max(1, options.jobs ?? 2) }, worker));
  } finally {
    rmSync(buildCache, { recursive: true, force: true });
  }
  const order = ({ kind, name }: CaseResult) => jobs.findIndex(({ one }) => one.name === name && one.kind === kind);
  return { results: results.sort((a, b) => order(a) - order(b)), notRun };
}

/** The reference first, then mutants and variants by turns, so that whatever fits holds some of each. */
function spread(jobs: readonly Job[]): Job[] {
  const of = (kind: Case["kind"]) => jobs.filter(({ one }) => one.kind === kind);
  const [mutants, variants] = [of("mutant"), of("variant")];
  const every = Math.max(1, Math.round(mutants.length / Math.max(1, variants.length)));
  const mixed = mutants.flatMap((job, i) => [
    job,
    ...(i % every === 0 && variants[i / every] ? [variants[i / every] as Job] : []),
  ]);
  const rest = variants.filter((job) => !mixed.includes(job));
  return [...of("reference"), ...mixed, ...rest, ...of("degenerate")];
}

export function explain(result: CaseResult): string {
  const { misses, falseAlarms, undecided } = judge(result);
  const lines = [
    ...(result.problem ? [`    problem: ${result.problem}`] : []),
    ...misses.map(({ id, verdict, summary }) => `    miss        ${id} ${verdict}: ${summary.slice(0, 200)}`),
    ...falseAlarms.map(({ id, summary }) => `    false alarm ${id}: ${summary.slice(0, 200)}`),
    ...undecided.map(({ id, verdict, summary }) => `    undecided   ${id} ${verdict}: ${summary.slice(0, 200)}`),
  ];
  return `${lines.join("\n")}\n`;
}

async function runCase(
  { one, exploits, inputs }: Job,
  options: CalibrateOptions,
  buildCache: string,
): Promise<CaseResult> {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const { sandbox } = chooseSandbox(options.sandbox);
  const laid =
    one.kind === "degenerate"
      ? { folder: degenerateFolder, remove: () => {} }
      : layOut(join(PRODUCT, "references", one.baseline), one.patch);
  try {
    const { manifest } = loadBaseline(one.baseline);
    const recipe =
      one.kind === "degenerate"
        ? AppRecipe.parse({
            toolchain: "node",
            framework: "degenerate",
            install: null,
            build: null,
            start: `exec node app.mjs ${one.name}`,
            startTimeoutMs: 20_000,
          })
        : manifest;
    const app = await prepareApp({
      name: one.name,
      folder: laid.folder,
      recipe,
      sandbox,
      signal: options.signal,
      buildCache,
    });
    try {
      const scenario = await loadScenario(manifest.scenario);
      const evaluation = await evaluate({
        target: { app },
        report: app.report,
        scenario,
        exploits,
        jobs: 1,
        functional: one.kind === "reference" || one.kind === "variant",
        signal: options.signal,
      });
      const failing = evaluation.functional.filter((check) => !check.ok);
      const problem =
        failing.length > 0
          ? `functional checks fail: ${failing.map(({ id, detail }) => `${id} (${detail})`).join("; ")}`
          : null;
      return resultOf(one, evaluation.verdicts, inputs, seconds(), problem);
    } finally {
      await app.dispose();
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    // An app that never comes up has no verdict at all, which is what a degenerate one should have.
    if (one.kind === "degenerate" && error instanceof AppError) return resultOf(one, [], inputs, seconds());
    const log = error instanceof AppError ? `\n${error.log.slice(-1500)}` : "";
    return resultOf(one, [], inputs, seconds(), `${reasonOf(error)}${log}`);
  } finally {
    laid.remove();
  }
}
