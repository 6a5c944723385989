import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = fileURLToPath(new URL("../../bin/unprompted.js", import.meta.url));

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** What a test that ran out of time left running ends with the file. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGTERM");
});

/** Starts the real command; `done` resolves when it has ended. */
export function start(
  args: readonly string[],
  options: SpawnOptions = {},
): { done: Promise<Ran>; kill: (signal: NodeJS.Signals) => void; seen: () => string } {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", BIN, ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
  running.add(child);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    err += chunk;
  });
  const done = new Promise<Ran>((resolve) =>
    child.on("close", (code) => {
      running.delete(child);
      resolve({ code, out, err });
    }),
  );
  return { done, kill: (signal) => child.kill(signal), seen: () => err };
}

export const unprompted = (...args: string[]): Promise<Ran> => start(args).done;
