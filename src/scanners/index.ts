import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScannerReport, ScannerRun, ScannerSpec } from "../model/scan.ts";
import { reasonOf, unknownName } from "../util/errors.ts";
import { sarifTool } from "./sarif-tool.ts";
import { notRun, type ScanContext, type Scanner } from "./scanner.ts";
import { findTool, homesOf, onPath } from "./tool.ts";

export type { ScanTarget } from "./scanner.ts";
export { onPath } from "./tool.ts";

/** Which scanners to run: `found` for the quick ones that are installed, `all`, or those that are named. */
export type Asked = "found" | "all" | readonly ScannerSpec[];

export interface ScanOptions extends Omit<ScanContext, "scratch" | "rules"> {
  asked: Asked;
  onScanner?: (id: string) => void;
}

/** The scanners that we know: the default exports of `tools/`, by name. */
export async function knownScanners(): Promise<Scanner[]> {
  const folder = join(import.meta.dirname, "tools");
  const names = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const modules = await Promise.all(
    names.sort().map((name) => import(join(folder, name)) as Promise<{ default: Scanner }>),
  );
  return modules.map((module) => module.default);
}

/** Throws UserError("unknown-name") for a scanner that is neither known nor described. */
export async function checkScanners(specs: readonly ScannerSpec[]): Promise<void> {
  await chosen(specs);
}

/** Whether a scan of these needs a running copy of the app. */
export async function needsRunningApp(asked: Asked): Promise<boolean> {
  const scanners = await chosen(asked);
  return scanners.some(({ scanner, wanted }) => wanted && scanner.reads === "running app");
}

/**
 * Runs the scanners that were asked for, one after another, and says of every other one why it did not run. What a
 * scanner cannot do on this machine, or on this app, is its result and never an error.
 */
export async function scan(options: ScanOptions): Promise<ScannerReport> {
  const { asked, onScanner, ...given } = options;
  const runs: ScannerRun[] = [];
  for (const { scanner, rules, wanted } of await chosen(asked)) {
    given.signal?.throwIfAborted();
    if (!wanted) {
      const there = onPath(scanner.command, given.env["PATH"] ?? "");
      runs.push(notRun(scanner, `it was not asked for${there ? "" : `, and ${scanner.command} is not installed`}`));
      continue;
    }
    onScanner?.(scanner.id);
    runs.push(...(await runOne(scanner, rules, given)));
  }
  return { formatVersion: 1, runs };
}

async function runOne(
  scanner: Scanner,
  rules: readonly string[] | undefined,
  given: Omit<ScanContext, "scratch" | "rules">,
): Promise<ScannerRun[]> {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-scan-"));
  mkdirSync(join(scratch, "home"));
  try {
    const context: ScanContext = { ...given, scratch, rules };
    const tool = await findTool(context, scanner);
    if (typeof tool === "string") return [notRun(scanner, tool)];
    return await scanner.run({ ...context, readable: [...context.readable, ...homesOf(tool.path)] }, tool);
  } catch (error) {
    if (given.signal?.aborted) throw error;
    return [notRun(scanner, `its output could not be read: ${reasonOf(error)}`)];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Chosen {
  scanner: Scanner;
  rules: readonly string[] | undefined;
  wanted: boolean;
}

async function chosen(asked: Asked): Promise<Chosen[]> {
  const known = await knownScanners();
  if (typeof asked === "string")
    return known.map((scanner) => ({ scanner, rules: undefined, wanted: asked === "all" || scanner.quick }));
  const named = asked.map((spec): Chosen => {
    const described = typeof spec === "string" ? { id: spec } : spec;
    const { id, run, version, rules } = { run: undefined, version: undefined, rules: undefined, ...described };
    if (run !== undefined) return { scanner: sarifTool({ id, run, version }), rules: undefined, wanted: true };
    const scanner = known.find((one) => one.id === id);
    if (!scanner)
      throw unknownName(
        "scanner",
        id,
        known.map((one) => one.id),
      );
    return { scanner, rules, wanted: true };
  });
  const rest = known.filter((scanner) => !named.some((one) => one.scanner.id === scanner.id));
  return [...named, ...rest.map((scanner) => ({ scanner, rules: undefined, wanted: false }))];
}
