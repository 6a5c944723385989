import { accessSync, constants, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { BUILD_LIMITS, type Finished } from "../sandbox/sandbox.ts";
import type { ScanContext, Scanner, Tool } from "./scanner.ts";

/** Longest that one scanner may take on one app. */
const SCAN_TIMEOUT_MS = 10 * 60_000;
/** Semgrep takes seconds to say its version; on a machine with much else to do, a minute. */
const VERSION_TIMEOUT_MS = 4 * 60_000;

/** The file of a command on PATH; undefined when there is none. */
export function onPath(command: string, path: string): string | undefined {
  for (const entry of path.split(delimiter)) {
    const file = join(entry, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not here
    }
  }
  return undefined;
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** Words as a shell reads them back one by one. */
export const commandLine = (words: readonly string[]): string => words.map(quoted).join(" ");

interface Run {
  shell: string;
  /** Loopback and registries; without it the tool sees no network at all. */
  network: boolean;
  timeoutMs?: number;
  /** Files and folders besides the app that it must read. */
  readable?: readonly string[];
}

/** Runs a tool in the sandbox: it may read the app and its rules, and write `scratch` only. */
export function runTool(context: ScanContext, run: Run): Promise<Finished> {
  const { scratch, target, sandbox, env, signal } = context;
  const home = join(scratch, "home");
  mkdirSync(home, { recursive: true });
  return sandbox.run({
    shell: run.shell,
    cwd: scratch,
    env: { ...env, HOME: home, NO_COLOR: "1" },
    view: {
      writable: [scratch],
      readable: [...context.readable, ...(target.folder ? [target.folder] : []), ...(run.readable ?? [])],
      home,
    },
    limits: BUILD_LIMITS,
    network: run.network,
    timeoutMs: run.timeoutMs ?? SCAN_TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  });
}

const versions = new Map<string, string>();

/** Looks a command up and asks its version. Says why it cannot be used in words that stand behind `not run: `. */
export async function findTool(
  context: ScanContext,
  scanner: Pick<Scanner, "command" | "install" | "versionCommand">,
): Promise<Tool | string> {
  const path = onPath(scanner.command, context.env["PATH"] ?? "");
  if (!path) return `${scanner.command} is not installed; ${scanner.install}`;
  const before = versions.get(path);
  if (before !== undefined) return { path, version: before };
  const asked = await runTool(
    { ...context, readable: [...context.readable, ...homesOf(path)] },
    { shell: scanner.versionCommand ?? `${quoted(path)} --version`, network: false, timeoutMs: VERSION_TIMEOUT_MS },
  );
  const version = /\d+\.\d+(\.\d+)?[\w.-]*/.exec(asked.output)?.[0];
  if (asked.exitCode !== 0 || !version) return `${scanner.command} does not work here: ${lastLine(asked)}`;
  versions.set(path, version);
  return { path, version };
}

/** Where a tool really lies: itself behind links, and the interpreter that its first line names. */
export function homesOf(path: string): string[] {
  const real = realpathSync(path);
  const head = readFileSync(real).subarray(0, 256).toString("latin1");
  const interpreter = /^#!\s*(\/[^\s]+)/.exec(head)?.[1];
  const folders = [path, real, ...(interpreter ? behindLinks(interpreter) : [])].map((file) => dirname(file));
  // An interpreter in bin/ has its library beside it.
  return [...new Set(folders.flatMap((folder) => (/\/bin$/.test(folder) ? [dirname(folder)] : [folder])))].filter(
    (folder) => folder !== "/" && folder !== "/usr",
  );
}

function behindLinks(file: string): string[] {
  try {
    return [file, realpathSync(file)];
  } catch {
    return [file];
  }
}

/** The last line that a tool wrote, or how it ended, for one-line reasons. */
export function lastLine(finished: Finished): string {
  if (finished.ended === "timeout") return "it did not end in time";
  const lines = finished.output.trim().split("\n");
  const telling = lines.findLast((line) => /error|fail|refus|denied|not /i.test(line)) ?? lines.at(-1) ?? "";
  return telling.trim().slice(0, 240) || `it ended with exit code ${finished.exitCode}`;
}
