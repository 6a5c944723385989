import type { Finding, ScannerReads, ScannerRun } from "../model/scan.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** What there is to scan. */
export interface ScanTarget {
  /** A copy of the app's own source files, without dependencies; null for an app that is only known by its address. */
  folder: string | null;
  /** The address of a running copy, such as `http://127.0.0.1:41234`; else why there is none. */
  url: string | { none: string };
}

/** What a scanner is given besides the app. */
export interface ScanContext {
  target: ScanTarget;
  sandbox: Sandbox;
  /** A folder of its own for results and the tool's HOME; removed afterwards. */
  scratch: string;
  /** The environment of a tool: PATH to look it up on, and where registries and certificates are. */
  env: Readonly<Record<string, string>>;
  /** Folders below HOME that the tools must be able to read. */
  readable: readonly string[];
  /** The rule sets that were asked for; undefined for the scanner's own choice. */
  rules: readonly string[] | undefined;
  signal: AbortSignal | undefined;
}

/** One outside tool. A file of `tools/` has it as its default export. */
export interface Scanner {
  id: string;
  title: string;
  reads: ScannerReads;
  /** The command that must be on PATH. */
  command: string;
  /** How to get it. */
  install: string;
  /** What prints the version, when it is not `<command> --version`. */
  versionCommand?: string;
  /** Done within seconds: part of `check` and `run` when it is found. */
  quick: boolean;
  /** One result for each set of rules. Never throws for what the tool or the app does. */
  run(context: ScanContext, tool: Tool): Promise<ScannerRun[]>;
}

/** A scanner's command as it was found on this machine. */
export interface Tool {
  path: string;
  version: string;
}

export const defineScanner = (scanner: Scanner): Scanner => scanner;

type Named = Pick<Scanner, "id" | "reads">;

export function notRun(scanner: Named, reason: string): ScannerRun {
  return { state: "not run", scanner: scanner.id, reads: scanner.reads, reason };
}

export function ran(
  scanner: Named,
  tool: Pick<Tool, "version">,
  result: { rules: string[]; seconds: number; findings: Finding[]; incomplete?: string[] },
): ScannerRun {
  return {
    state: "ran",
    scanner: scanner.id,
    reads: scanner.reads,
    version: tool.version,
    rules: result.rules,
    seconds: Math.round(result.seconds * 10) / 10,
    findings: result.findings,
    incomplete: result.incomplete ?? [],
  };
}
