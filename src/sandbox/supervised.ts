import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { HarnessError } from "../util/errors.ts";
import type { AppExit, Served } from "./sandbox.ts";
import { withoutStrayDescriptors } from "./stray.ts";
import { Tail } from "./tail.ts";

interface Message {
  event: "ready" | "exited" | "limit" | "ports";
  code?: number | null;
  signal?: string | null;
  what?: string;
  ports?: number[];
}

/** Starts the supervisor with the given argv and speaks its protocol (see supervisor.mjs); a `descriptor` becomes its descriptor 4. */
export async function superviseApp(
  argv: readonly string[],
  connectTo: (port: number, from: string) => Promise<Duplex>,
  descriptor?: number,
): Promise<Served> {
  const [file, ...args] = withoutStrayDescriptors(argv, descriptor === undefined ? 3 : 4);
  if (file === undefined) throw new HarnessError("superviseApp needs a command");
  const child = spawn(file, args, {
    stdio: ["pipe", "pipe", "pipe", "pipe", ...(descriptor === undefined ? [] : [descriptor])],
    env: { PATH: process.env["PATH"] ?? "" },
  });
  const tail = new Tail(256 * 1024);
  child.stdout?.on("data", (chunk: Buffer) => tail.add(chunk));
  child.stderr?.on("data", (chunk: Buffer) => tail.add(chunk));
  child.stdin?.on("error", () => {});

  let exit: AppExit | undefined;
  let limit: string | undefined;
  const portWaiters: ((ports: number[]) => void)[] = [];
  let whenReady: () => void = () => {};
  let whenFailed: (error: Error) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    whenReady = resolve;
    whenFailed = reject;
  });
  let whenExited: (exit: AppExit) => void = () => {};
  const exited = new Promise<AppExit>((resolve) => {
    whenExited = resolve;
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));

  onLines(child, (message) => {
    if (message.event === "ready") whenReady();
    else if (message.event === "limit") limit = message.what ?? "limit";
    else if (message.event === "ports") portWaiters.shift()?.(message.ports ?? []);
    else exit = { code: message.code ?? null, signal: message.signal ?? null };
  });
  child.once("error", (error) => whenFailed(new HarnessError(`cannot start ${file}: ${error.message}`)));
  child.once("close", (code) => {
    const known = exit ?? { code, signal: null };
    exit = limit === undefined ? known : { ...known, limit };
    for (const waiter of portWaiters.splice(0)) waiter([]);
    whenReady();
    whenExited(exit);
  });
  await ready;
  return {
    connect: connectTo,
    listening: () =>
      exit
        ? Promise.resolve([])
        : new Promise((resolve) => {
            portWaiters.push(resolve);
            child.stdin?.write("ports\n");
          }),
    exited,
    get hasExited() {
      return exit !== undefined;
    },
    output: () => ({ text: tail.text(), totalBytes: tail.totalBytes }),
    async stop() {
      if (exit === undefined || child.exitCode === null) {
        child.stdin?.end();
        // The supervisor ends the app at once; should it hang itself, its whole namespace or group goes.
        const timer = setTimeout(() => child.kill("SIGKILL"), 2000);
        await gone;
        clearTimeout(timer);
      } else await gone;
    },
  };
}

function onLines(child: ChildProcess, handle: (message: Message) => void): void {
  const control = child.stdio[3] as Readable;
  let pending = "";
  control.setEncoding("utf8");
  control.on("error", () => {});
  control.on("data", (text: string) => {
    pending += text;
    const lines = pending.split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) handle(JSON.parse(line) as Message);
  });
}
