import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareApp } from "../app/index.ts";
import { type Case, type CaseResult, casesOf, compare, fingerprint, isClean, layOut } from "../engine/calibration.ts";
import { evaluate } from "../engine/index.ts";
import type { Exploit } from "../exploits/index.ts";
import { AppRecipe } from "../model/app.ts";
import { chooseSandbox, type SandboxName } from "../sandbox/index.ts";
import { AppError, reasonOf, unknownName } from "../util/errors.ts";
import { writeJson } from "../util/files.ts";
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
  /** Write docs/calibration/<baseline>.json. */
  save: boolean;
  signal: AbortSignal;
}

export interface BaselineCalibration {
  formatVersion: 1;
  baseline: string;
  fingerprint: string;
  exploits: string[];
  results: CaseResult[];
  /** Whether mutants met every exploit, or those of the areas that they turn. */
  full: boolean;
  seconds: number;
}

export const calibrationFile = (baseline: string): string => join(PRODUCT, "docs/calibration", `${baseline}.json`);

/** What a baseline's calibration depends on. A change in any of it makes the saved result stale. */
export function inputsOf(baseline: string): string {
  const { manifest } = loadBaseline(baseline);
  return fingerprint([
    join(PRODUCT, "src/exploits", manifest.scenario),
    join(PRODUCT, "scenarios", manifest.scenario),
    join(PRODUCT, "references", baseline),
  ]);
}

/** Runs every case of the chosen baselines, two side by side, and says on stderr how each went. */
export async function calibrate(options: CalibrateOptions): Promise<BaselineCalibration[]> {
  const names = referenceNames();
  const chosen = options.baseline?.length ? options.baseline : names;
  for (const name of chosen) if (!names.includes(name)) throw unknownName("reference", name, names);
  const out: BaselineCalibration[] = [];
  for (const baseline of chosen) {
    const { manifest } = loadBaseline(baseline);
    if (options.scenario && manifest.scenario !== options.scenario) continue;
    const exploits = await selectExploits(manifest.scenario, { ...(options.exploit ? { only: options.exploit } : {}) });
    let cases = casesOf(join(PRODUCT, "references", baseline));
    if (options.degenerate && out.length === 0) cases.push(...degenerateCases(baseline));
    if (options.exploit?.length)
      cases = cases.filter(
        (one) => one.kind !== "mutant" || one.turns.some((id) => exploits.some((exploit) => exploit.id === id)),
      );
    if (options.case?.length) {
      for (const name of options.case)
        if (!cases.some((one) => one.name === name))
          throw unknownName(
            "case",
            name,
            cases.map((one) => one.name),
          );
      cases = cases.filter((one) => options.case?.includes(one.name));
    }
    const before = inputsOf(baseline);
    const started = performance.now();
    const results = await runCases(cases, exploits, options);
    const calibration: BaselineCalibration = {
      formatVersion: 1,
      baseline,
      fingerprint: before,
      exploits: exploits.map(({ id }) => id),
      results,
      full: options.full,
      seconds: Math.round((performance.now() - started) / 1000),
    };
    out.push(calibration);
    if (options.save)
      writeJson(calibrationFile(baseline), options.case?.length ? mergedWithSaved(calibration) : calibration);
  }
  return out;
}

/** Some cases measured anew, in place of the same ones saved; the rest, and its fingerprint, stay as they were. */
function mergedWithSaved(fresh: BaselineCalibration): BaselineCalibration {
  const saved = readCalibration(fresh.baseline);
  if (!saved) return fresh;
  const isFresh = (one: CaseResult) => fresh.results.some(({ kind, name }) => kind === one.kind && name === one.name);
  return {
    ...saved,
    results: saved.results.map((one) =>
      isFresh(one) ? (fresh.results.find(({ name }) => name === one.name) ?? one) : one,
    ),
  };
}

async function runCases(
  cases: readonly Case[],
  exploits: readonly Exploit[],
  options: CalibrateOptions,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const buildCache = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-build-cache-"));
  const waiting = options.budgetMinutes === undefined ? [...cases] : spread(cases);
  const until = performance.now() + (options.budgetMinutes ?? Number.POSITIVE_INFINITY) * 60_000;
  let done = 0;
  const worker = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      options.signal.throwIfAborted();
      if (performance.now() > until) {
        process.stderr.write(
          `not run for lack of time: ${[one, ...waiting.splice(0)].map(({ name }) => name).join(", ")}\n`,
        );
        return;
      }
      const result = await runCase(one, exploits, options, buildCache);
      results.push(result);
      done++;
      process.stderr.write(
        `${String(done).padStart(3)}/${cases.length} ${one.baseline} ${one.kind.padEnd(10)} ${one.name.padEnd(36)} ${isClean(result) ? "as expected" : "NOT AS EXPECTED"} ${result.seconds} s\n`,
      );
      if (!isClean(result)) process.stderr.write(explain(result));
    }
  };
  try {
    const settled = await Promise.allSettled(Array.from({ length: Math.max(1, options.jobs ?? 2) }, worker));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
  } finally {
    rmSync(buildCache, { recursive: true, force: true });
  }
  return results.sort(
    (a, b) =>
      cases.findIndex((one) => one.name === a.name && one.kind === a.kind) -
      cases.findIndex((one) => one.name === b.name && one.kind === b.kind),
  );
}

/** The reference first, then mutants and variants by turns, so that whatever fits holds some of each. */
function spread(cases: readonly Case[]): Case[] {
  const of = (kind: Case["kind"]) => cases.filter((one) => one.kind === kind);
  const [mutants, variants] = [of("mutant"), of("variant")];
  const every = Math.max(1, Math.round(mutants.length / Math.max(1, variants.length)));
  const mixed = mutants.flatMap((one, i) => [
    one,
    ...(i % every === 0 && variants[i / every] ? [variants[i / every] as Case] : []),
  ]);
  const rest = variants.filter((one) => !mixed.includes(one));
  return [...of("reference"), ...mixed, ...rest, ...of("degenerate")];
}

/** For a mutant, the exploits of every area in which it turns one: where a hole's side effects show. All, for other cases. */
function nearby(one: Case, exploits: readonly Exploit[]): readonly Exploit[] {
  if (one.kind !== "mutant") return exploits;
  const areas = new Set(exploits.filter(({ id }) => one.turns.includes(id)).map(({ area }) => area));
  return exploits.filter(({ area }) => areas.has(area));
}

export function explain(result: CaseResult): string {
  const lines = [
    ...(result.problem ? [`    problem: ${result.problem}`] : []),
    ...result.misses.map(({ id, verdict, summary }) => `    miss        ${id} ${verdict}: ${summary.slice(0, 200)}`),
    ...result.falseAlarms.map(({ id, summary }) => `    false alarm ${id}: ${summary.slice(0, 200)}`),
    ...result.undecided.map(({ id, verdict, summary }) => `    undecided   ${id} ${verdict}: ${summary.slice(0, 200)}`),
  ];
  return `${lines.join("\n")}\n`;
}

async function runCase(
  one: Case,
  exploits: readonly Exploit[],
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
        exploits: options.full ? exploits : nearby(one, exploits),
        jobs: 1,
        functional: one.kind === "reference" || one.kind === "variant",
        signal: options.signal,
      });
      const result = compare(one, evaluation.verdicts, seconds());
      const broken =
        one.kind === "reference" || one.kind === "variant" ? evaluation.functional.filter((check) => !check.ok) : [];
      if (broken.length > 0)
        result.problem = `functional checks fail: ${broken.map(({ id, detail }) => `${id} (${detail})`).join("; ")}`;
      return result;
    } finally {
      await app.dispose();
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    // An app that never comes up has no verdict at all, which is what a degenerate one should have.
    if (one.kind === "degenerate" && error instanceof AppError) return { ...compare(one, [], seconds()) };
    return {
      ...compare(one, [], seconds()),
      problem: `${reasonOf(error)}${error instanceof AppError ? `\n${error.log.slice(-1500)}` : ""}`,
    };
  } finally {
    laid.remove();
  }
}

export function readCalibration(baseline: string): BaselineCalibration | undefined {
  const file = calibrationFile(baseline);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as BaselineCalibration) : undefined;
}
