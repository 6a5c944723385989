import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Finished, OneOff } from "./sandbox.ts";
import { withoutStrayDescriptors } from "./stray.ts";
import { Tail } from "./tail.ts";

/**
 * Runs argv to its end, or to the time limit, in a process group of its own that is ended as a whole. A `descriptor`
 * becomes its descriptor 3.
 */
export async function runToEnd(
  argv: readonly string[],
  command: OneOff,
  inheritEnv: boolean,
  descriptor?: number,
): Promise<Finished> {
  const [file, ...args] = withoutStrayDescriptors(argv, descriptor === undefined ? 2 : 3);
  const started = performance.now();
  const child = spawn(file ?? "/bin/false", args, {
    cwd: inheritEnv ? command.cwd : "/",
    env: inheritEnv ? command.env : { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "pipe", "pipe", ...(descriptor === undefined ? [] : [descriptor])],
    detached: true,
  });
  const tail = new Tail(64 * 1024);
  const keep = (chunk: Buffer) => {
    tail.add(chunk);
    command.onOutput?.(chunk.toString("utf8"));
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  let ended: Finished["ended"];
  const end = (why: NonNullable<Finished["ended"]>) => {
    ended ??= why;
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // it ended by itself in between
    }
  };
  const timer = setTimeout(() => end("timeout"), command.timeoutMs);
  const onAbort = () => end("aborted");
  command.signal?.addEventListener("abort", onAbort, { once: true });
  if (command.signal?.aborted) onAbort();
  let exitCode: number | null = null;
  try {
    [exitCode] = (await once(child, "close")) as [number | null];
  } catch (error) {
    tail.add(Buffer.from(String(error)));
    exitCode = 127;
  } finally {
    clearTimeout(timer);
    command.signal?.removeEventListener("abort", onAbort);
  }
  const finished: Finished = { exitCode, output: tail.text(), durationMs: performance.now() - started };
  return ended === undefined ? finished : { ...finished, ended };
}
