import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import type { Duplex, Readable, Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { HostAsked } from "../model/network.ts";
import { HarnessError } from "../util/errors.ts";
import type { AppExit, SpawnCommand, Spawned } from "./sandbox.ts";
import { withoutStrayDescriptors } from "./stray.ts";
import { usageBelow, watchLimits } from "./watch.ts";

/** How the launcher of a sandbox is started; see inside/launcher.mjs. */
export interface Launch {
  argv: readonly string[];
  /** A loopback port inside for each way out, and where it leads as the launcher sees it. */
  relays: readonly { port: number; to: { path: string } | { host: string; port: number } }[];
  env: Readonly<Record<string, string>>;
  ownNamespace: boolean;
  /** Descriptors from 5 on, such as a system call filter. */
  descriptors?: readonly number[];
  hosts: () => HostAsked[];
  /** Closes what was opened for it; runs after all its processes have ended. */
  cleanUp: () => Promise<void>;
}

/** What the launcher says. It runs beside the program, which could forge it: nothing but the exit code rests on it. */
const Message = z.discriminatedUnion("event", [
  z.object({ event: z.literal("ready") }),
  z.object({ event: z.literal("exited"), code: z.number().nullable(), signal: z.string().nullable() }),
  z.object({ event: z.literal("failed"), reason: z.string() }),
]);
type Message = z.infer<typeof Message>;

/** Starts the launcher and through it the program; resolves when the program runs. */
export async function spawnThrough(launch: Launch, command: SpawnCommand): Promise<Spawned> {
  const [file = "/bin/false", ...args] = withoutStrayDescriptors(launch.argv, 4 + (launch.descriptors?.length ?? 0));
  const child = spawn(file, args, {
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe", ...(launch.descriptors ?? [])],
  });
  const control = child.stdio[3] as Duplex;
  for (const stream of [child.stdin, control]) stream?.on("error", () => {});
  let limit: string | undefined;
  let exit: AppExit | undefined;
  let root = launch.ownNamespace ? undefined : child.pid;
  const namespace = launch.ownNamespace ? rootOf(child) : Promise.resolve(undefined);

  let ending = false;
  const end = () => {
    ending = true;
    // The first process of the namespace takes all others with it, and is gone only after them.
    if (root !== undefined && launch.ownNamespace && child.exitCode === null && child.signalCode === null) kill(root);
    control.end();
    setTimeout(() => endTree(child), launch.ownNamespace ? 1000 : 3000).unref();
  };
  const endFor = (why: string) => {
    limit ??= why;
    end();
  };
  const ended = new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
    child.once("error", () => resolve(127));
  });
  const ready = new Promise<void>((resolve, reject) => {
    onMessages(control, (message) => {
      if (message.event === "ready") resolve();
      else if (message.event === "exited") exit = { code: message.code, signal: message.signal };
      else reject(new HarnessError(`cannot start ${command.argv[0] ?? ""} in the sandbox: ${message.reason}`));
    });
    child.once("error", (error) => reject(new HarnessError(`cannot start ${file}: ${error.message}`)));
    // All that the launcher said is read first: the program may end within the same moment.
    void Promise.all([ended, new Promise((told) => control.once("close", told))]).then(() => {
      // At a limit or on abort it may end before it began: that is an exit like others.
      if (limit !== undefined) resolve();
      else reject(new HarnessError(`the sandbox ended before the program began: ${tailOf(child)}`));
    });
  });
  let stopWatch = () => {};
  const timer = command.timeoutMs
    ? setTimeout(() => endFor(`time: ${Math.round((command.timeoutMs ?? 0) / 1000)} s`), command.timeoutMs)
    : undefined;
  const onAbort = () => endFor("aborted");
  command.signal?.addEventListener("abort", onAbort, { once: true });
  const exited = ended.then(async (code): Promise<AppExit> => {
    clearTimeout(timer);
    stopWatch();
    command.signal?.removeEventListener("abort", onAbort);
    if (root !== undefined && launch.ownNamespace) await gone(root);
    await launch.cleanUp();
    const byUs = { code: null, signal: "SIGKILL" };
    if (limit !== undefined) return { ...byUs, limit };
    return exit ?? (ending || child.signalCode ? byUs : { code, signal: null });
  });
  try {
    root ??= await namespace;
    if (root !== undefined)
      stopWatch = watchLimits(root, [command.view.home, ...command.view.writable], command.limits, endFor);
    const { fileBytes, processes } = command.limits;
    const settings = {
      argv: command.argv,
      cwd: command.cwd,
      env: launch.env,
      fileBytes,
      // Threads count as well; the number of processes itself is watched from outside.
      tasks: processes * 16,
      relays: launch.relays,
      ownNamespace: launch.ownNamespace,
    };
    control.write(`${JSON.stringify(settings)}\n`);
    await ready;
  } catch (error) {
    ready.catch(() => {});
    child.kill("SIGKILL");
    await exited;
    throw error;
  }
  ready.catch(() => {});
  if (command.signal?.aborted) onAbort();
  return {
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    exited,
    hosts: launch.hosts,
    async stop() {
      end();
      await exited;
    },
  };
}

/** The first process of the namespace that bwrap made, as we see it; bwrap says so on descriptor 4. */
async function rootOf(child: ChildProcess): Promise<number | undefined> {
  let text = "";
  for await (const chunk of child.stdio[4] as Readable) {
    text += String(chunk);
    const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
    if (pid && text.includes("}")) return Number(pid);
  }
  return undefined;
}

/** Waits until a process that is ending has ended with its whole namespace. */
async function gone(pid: number): Promise<void> {
  const own = readLink("/proc/self/ns/pid");
  // A process that now has this number and lives in our own namespace is another one.
  while (existsSync(`/proc/${pid}`) && !isZombie(pid) && readLink(`/proc/${pid}/ns/pid`) !== own) await wait(2);
}

/** The first process of a namespace becomes one only after all others have ended. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** What is left when neither the namespace nor the launcher ended it. */
function endTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  for (const pid of usageBelow(child.pid).processes) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it ended by itself in between
  }
}

const tailOf = (child: ChildProcess): string =>
  String(child.stderr?.read() ?? "")
    .trim()
    .slice(-400);

function onMessages(control: Readable, handle: (message: Message) => void): void {
  let pending = "";
  control.setEncoding("utf8");
  control.on("data", (text: string) => {
    const lines = (pending + text).split("\n");
    pending = (lines.pop() ?? "").slice(0, 64 * 1024);
    for (const line of lines) {
      const message = parsed(line);
      if (message) handle(message);
    }
  });
}

function parsed(line: string): Message | undefined {
  try {
    return Message.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
