import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Case, type CaseResult, casesOf, fingerprint, nearby } from "../engine/calibration.ts";
import { catalogueFiles } from "../exploits/index.ts";
import { writeJson } from "../util/files.ts";
import { loadBaseline, PRODUCT } from "./load.ts";

/** `docs/calibration/<baseline>.json`: what every case of a baseline gave when it was last measured. */
export interface BaselineCalibration {
  formatVersion: 2;
  baseline: string;
  results: CaseResult[];
}

const calibrationFile = (baseline: string): string => join(PRODUCT, "docs/calibration", `${baseline}.json`);

/** The saved calibration of a baseline; empty when none was saved in this format. */
export function readCalibration(baseline: string): BaselineCalibration {
  const file = calibrationFile(baseline);
  const saved = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as BaselineCalibration) : undefined;
  return saved?.formatVersion === 2 ? saved : { formatVersion: 2, baseline, results: [] };
}

/** Puts results in place of older ones of the same cases and exploits, and forgets cases that are no more. */
export function saveResults(baseline: string, fresh: readonly CaseResult[], cases: readonly Case[]): void {
  const saved = readCalibration(baseline).results;
  const results = cases.flatMap((one) => {
    const same = ({ kind, name }: { kind: string; name: string }) => kind === one.kind && name === one.name;
    const [old, now] = [saved.find(same), fresh.find(same)];
    if (!now) return old ? [old] : [];
    const got = now.problem === null ? { ...old?.got, ...now.got } : now.got;
    return [{ ...now, got: Object.fromEntries(Object.entries(got).sort(([a], [b]) => a.localeCompare(b))) }];
  });
  writeJson(calibrationFile(baseline), { formatVersion: 2, baseline, results } satisfies BaselineCalibration);
}

/**
 * What decides the verdict of an exploit on a case: the exploit's file and all that it imports; the scenario with all
 * that it imports, which holds the contract's resolution and the HTTP client; the reference and the case's patch. (The
 * functional checks are left out, which decide no verdict. So are the sandbox and the engine: they decide whether a
 * verdict is reached, and CI's calibration guards them.)
 */
export async function inputsOf(scenario: string): Promise<(one: Case, id: string) => string> {
  const code = await suiteOf(scenario);
  const apps = new Map<string, string>();
  const appOf = (one: Case): string => {
    const key = `${one.baseline}/${one.kind}/${one.name}`;
    const path = one.kind === "degenerate" ? "tests/degenerate" : join("references", one.baseline, "app");
    const known = apps.get(key) ?? fingerprint([join(PRODUCT, path), ...(one.patch ? [one.patch] : [])]);
    apps.set(key, known);
    return known;
  };
  return (one, id) => `${(code.get(id) ?? "").slice(0, 8)}${appOf(one).slice(0, 8)}`;
}

/** A fingerprint of the code behind each exploit of a scenario, by id. */
export async function suiteOf(scenario: string): Promise<ReadonlyMap<string, string>> {
  const files = await catalogueFiles(scenario);
  const folder = join(PRODUCT, "scenarios", scenario);
  const checks = join(folder, "functional.ts");
  const common = importsOf(join(folder, "scenario.ts"), new Set([checks]));
  common.delete(checks);
  return new Map(
    files.map(({ exploit, file }) => [exploit.id, fingerprint([...new Set([...common, ...importsOf(file)])].sort())]),
  );
}

const imports = new Map<string, string[]>();

/**
 * A file and, one behind another, the files of ours that it imports. Not what it imports for types alone (`import type`):
 * that is gone when it runs.
 */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const known =
    imports.get(file) ??
    [
      ...readFileSync(file, "utf8")
        .replace(/^(?:import|export)\s+type\s[^;]*;/gm, "")
        .matchAll(/\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+\.ts)["']/g),
    ].map((match) => resolve(dirname(file), match[1] ?? ""));
  imports.set(file, known);
  for (const next of known) importsOf(next, seen);
  return seen;
}

/** Saved results that something has changed for since: `case: exploit, exploit`. Cases never measured are not stale. */
export async function staleResults(baseline: string): Promise<string[]> {
  const { manifest } = loadBaseline(baseline);
  const inputs = await inputsOf(manifest.scenario);
  const { results } = readCalibration(baseline);
  return casesOf(join(PRODUCT, "references", baseline)).flatMap((one) => {
    const saved = results.find(({ kind, name }) => kind === one.kind && name === one.name);
    const old = Object.entries(saved?.got ?? {}).filter(([id, got]) => got.inputs !== inputs(one, id));
    const ids = old.map(([id]) => id);
    return ids.length > 0 ? [`${one.name}: ${ids.length > 3 ? `${ids.length} exploits` : ids.join(", ")}`] : [];
  });
}

/** The exploits of a case that have no current result. */
export async function missingOf<E extends { id: string; area: string }>(
  one: Case,
  exploits: readonly E[],
  inputs: (one: Case, id: string) => string,
  full: boolean,
): Promise<E[]> {
  const saved = readCalibration(one.baseline).results.find(({ kind, name }) => kind === one.kind && name === one.name);
  const wanted = full ? exploits : nearby(one, exploits);
  if (saved?.problem) return [...wanted];
  return wanted.filter(({ id }) => saved?.got[id]?.inputs !== inputs(one, id));
}
