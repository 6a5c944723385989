import { existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareApp } from "../app/index.ts";
import { type Case, casesOf, fingerprint, layOut } from "../engine/calibration.ts";
import { catalogueOf } from "../exploits/index.ts";
import { OverlapStudy } from "../model/overlap.ts";
import type { Finding, ScannerRun } from "../model/scan.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { fits } from "../stats/index.ts";
import { AppError, reasonOf, UserError, unknownName } from "../util/errors.ts";
import { loadBaseline, PRODUCT, referenceNames } from "./load.ts";
import { scanApp } from "./scanning.ts";

const SOURCE = ["bandit", "semgrep"];
const RUNNING = ["nuclei"];
const HIDDEN = "the hole does not show in the answer to a plain request";
/** Weaknesses that show in the answers to plain requests; other holes need an account, a file or a signature. */
const ON_PAGES = ["CWE-693", "CWE-1021", "CWE-319", "CWE-942", "CWE-209"];

export interface OverlapOptions {
  baseline: string;
  sandbox: Sandbox;
  signal: AbortSignal;
  say: (text: string) => void;
}

type Said = OverlapStudy["reference"];

export const overlapFile = (baseline: string): string => join(PRODUCT, "docs/overlap", `${baseline}.json`);

/** What the saved results depend on besides the scanners themselves. */
export const overlapInputs = (baseline: string): string =>
  fingerprint([join(PRODUCT, "references", baseline), join(PRODUCT, "scanner-rules")]);

export function readOverlap(baseline: string): OverlapStudy | undefined {
  const file = overlapFile(baseline);
  return existsSync(file) ? OverlapStudy.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
}

/**
 * Runs scanners over a reference and all its mutants, whose holes exploits have proven in calibration: those that read
 * source over all of them at once, those of running apps on the reference and on each mutant whose hole shows in the
 * answer to a plain request.
 */
export async function measureOverlap(options: OverlapOptions): Promise<OverlapStudy> {
  const { baseline, say } = options;
  if (!referenceNames().includes(baseline)) throw unknownName("reference", baseline, referenceNames());
  const cases = casesOf(join(PRODUCT, "references", baseline)).filter(({ kind }) => kind !== "variant");
  const mutants = cases.filter(({ kind }) => kind === "mutant");
  const catalogue = await catalogueOf(loadBaseline(baseline).manifest.scenario);
  const onPage = ({ turns }: Case) =>
    turns.some((id) => ON_PAGES.some((cwe) => fits(catalogue.find((one) => one.id === id)?.cwe ?? "", cwe)));

  say(`${SOURCE.join(" and ")} over ${cases.length} apps`);
  const { runs, said } = await scanSources(cases, options);
  const reference = said.get("reference") ?? [];
  say(`${RUNNING.join(" and ")} on the reference`);
  const running = await scanRunning(cases[0] as Case, options);
  if (!Array.isArray(running)) throw new AppError("start-failed", `The reference of ${baseline} ${running.notRun}.`);
  const onReference = [...reference, ...findingsOf(running)];
  const out: OverlapStudy["mutants"] = [];
  for (const one of mutants) {
    const { found, state } = onPage(one) ? await onRunning(one, options) : { found: [], state: { notRun: HIDDEN } };
    const { name, what, turns } = one;
    const all = [...(said.get(name) ?? []), ...found];
    out.push({ name, what, turns, files: patchedFiles(one), found: beyond(all, onReference), running: state });
  }
  return {
    formatVersion: 1,
    baseline,
    fingerprint: overlapInputs(baseline),
    source: runs.map((run) => (run.state === "ran" ? { ...run, findings: [] } : run)),
    reference,
    running: running.filter(({ scanner }) => RUNNING.includes(scanner)),
    mutants: out,
  };
}

/**
 * Tries the running mutants of a saved study again that could not be scanned, such as on a machine that was too busy to
 * start them in time. Throws UserError where there is no saved study of these very files.
 */
export async function completeOverlap(options: OverlapOptions): Promise<OverlapStudy> {
  const { baseline } = options;
  const study = readOverlap(baseline);
  if (study?.fingerprint !== overlapInputs(baseline))
    throw new UserError(
      "not-found",
      `There is no current result of ${baseline} in docs/overlap.`,
      "Measure it whole: leave --missing out.",
    );
  const cases = casesOf(join(PRODUCT, "references", baseline));
  const onReference = [...study.reference, ...findingsOf(study.running)];
  const mutants: OverlapStudy["mutants"] = [];
  for (const mutant of study.mutants) {
    const one = cases.find(({ kind, name }) => kind === "mutant" && name === mutant.name);
    if (!one || mutant.running === "ran" || mutant.running.notRun === HIDDEN) mutants.push(mutant);
    else {
      const { found, state } = await onRunning(one, options);
      mutants.push({ ...mutant, found: [...mutant.found, ...beyond(found, onReference)], running: state });
    }
  }
  return { ...study, mutants };
}

type Running = OverlapStudy["mutants"][number]["running"];

async function onRunning(one: Case, options: OverlapOptions): Promise<{ found: Said; state: Running }> {
  options.say(`${RUNNING.join(" and ")} on ${one.name}`);
  const ran = await scanRunning(one, options);
  if (!Array.isArray(ran)) return { found: [], state: ran };
  const silent = ran.find((run) => run.state === "not run" && RUNNING.includes(run.scanner));
  return { found: findingsOf(ran), state: silent?.state === "not run" ? { notRun: silent.reason } : "ran" };
}

const findingsOf = (runs: readonly ScannerRun[]): Said =>
  runs.flatMap((run) =>
    run.state === "ran" ? run.findings.map((finding) => ({ scanner: run.scanner, finding })) : [],
  );

/** Lays every case out below one folder, a folder each, and scans that once. */
async function scanSources(cases: readonly Case[], { baseline, sandbox, signal }: OverlapOptions) {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-overlap-"));
  try {
    for (const one of cases) {
      const { folder, remove } = layOut(join(PRODUCT, "references", baseline), one.patch);
      renameSync(folder, join(root, one.name));
      remove();
    }
    const { runs } = await scanApp({ asked: SOURCE, folder: root, app: { none: "source only" }, sandbox, signal });
    const own = runs.filter(({ scanner }) => SOURCE.includes(scanner));
    const said = Map.groupBy(findingsOf(own), ({ finding }) => finding.file?.split("/", 1)[0] ?? "");
    for (const list of said.values())
      for (const one of list)
        one.finding = { ...one.finding, file: one.finding.file?.split("/").slice(1).join("/") ?? null };
    return { runs: own, said };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function scanRunning(
  one: Case,
  { baseline, sandbox, signal }: OverlapOptions,
): Promise<ScannerRun[] | { notRun: string }> {
  const { folder, remove } = layOut(join(PRODUCT, "references", baseline), one.patch);
  try {
    const recipe = loadBaseline(baseline).manifest;
    const app = await prepareApp({ name: one.name, folder, recipe, sandbox, signal });
    try {
      return (await scanApp({ asked: RUNNING, folder, app, sandbox, signal })).runs;
    } finally {
      await app.dispose();
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { notRun: `did not start: ${reasonOf(error)}` };
  } finally {
    remove();
  }
}

/** Files that a patch changes, as they are called afterwards. */
function patchedFiles({ patch }: Case): string[] {
  if (patch === null) return [];
  const text = readFileSync(patch, "utf8");
  return [...new Set([...text.matchAll(/^diff --git a\/\S+ b\/(\S+)$/gm)].flatMap(([, file]) => file ?? []))];
}

/** What is said here more often than there. Lines shift with a patch, so rule, place without line and words decide. */
function beyond(here: Said, there: Said): Said {
  const key = ({ scanner, finding }: Said[number]) =>
    JSON.stringify([scanner, finding.rule, finding.file, finding.url, finding.message]);
  const left = new Map<string, number>();
  for (const one of there) left.set(key(one), (left.get(key(one)) ?? 0) + 1);
  return here.filter((one) => {
    const n = left.get(key(one)) ?? 0;
    left.set(key(one), n - 1);
    return n <= 0;
  });
}

/** Findings as one line each, for logs and pages. */
export const findingWords = ({ rule, file, line, url }: Finding): string =>
  `${rule} ${file ? `${file}:${line ?? "?"}` : (url ?? "")}`;
