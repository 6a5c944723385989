import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { type Gate, openForward, openGate, proxyVariables, registriesHere } from "./gate.ts";
import { bwrapKnows, closedMounts } from "./mounts.ts";
import { runToEnd } from "./oneoff.ts";
import type { Command, Finished, OneOff, Sandbox, ServeCommand, Served, SpawnCommand, Spawned } from "./sandbox.ts";
import { systemCallFilter } from "./seccomp.ts";
import { type Launch, spawnThrough } from "./spawned.ts";
import { superviseApp } from "./supervised.ts";
import { Tail } from "./tail.ts";

/** Our programs that run inside; nothing else of ours is visible there. */
const INSIDE = fileURLToPath(new URL("inside", import.meta.url));
const NODE = ["/run/unprompted/node", "--max-old-space-size=64"];
const OUR_PROGRAMS = [
  ...["--ro-bind", process.execPath, "/run/unprompted/node"],
  ...["--ro-bind", INSIDE, "/run/unprompted/inside"],
];

/** Namespaces of its own, and none that it could make itself. */
const namespaces = () => [
  ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
  ...(bwrapKnows("--disable-userns") ? ["--disable-userns"] : []),
];

/** A descriptor of the system call filter for bwrap, and what closes it; none where the filter is not known. */
function openFilter(folder: string): { descriptor: number | undefined; close: () => void } {
  const filter = systemCallFilter();
  if (!filter) return { descriptor: undefined, close: () => {} };
  const file = join(folder, "filter");
  writeFileSync(file, filter);
  const descriptor = openSync(file, "r");
  return { descriptor, close: () => closeSync(descriptor) };
}

/** bwrap with everything that is the same for all programs; `filterAt` is the descriptor that holds the filter there. */
function argvOf(
  command: Pick<Command, "view"> & { env: Readonly<Record<string, string>> },
  options: { network: boolean; scratch: "disk" | "memory"; filterAt: number | undefined; more: readonly string[] },
  extra: readonly string[],
  inner: readonly string[],
): string[] {
  mkdirSync(command.view.home, { recursive: true });
  const { network, scratch, filterAt, more } = options;
  return [
    "bwrap",
    ...namespaces(),
    ...(network ? [] : ["--unshare-net"]),
    ...["--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--die-with-parent", "--new-session"],
    ...(filterAt === undefined ? [] : ["--seccomp", String(filterAt)]),
    ...closedMounts(command, { scratch, resolver: network }, extra),
    ...more,
    "--",
    ...inner,
  ];
}

/** Why bubblewrap cannot be used here, or undefined when it can. Tries the very namespaces that it will need. */
export function bubblewrapProblem(): string | undefined {
  if (process.platform !== "linux") return "bubblewrap is for Linux only";
  const tried = spawnSync(
    "bwrap",
    [...namespaces(), "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"],
    {
      encoding: "utf8",
      timeout: 10_000,
    },
  );
  if (tried.error) return "bubblewrap (bwrap) is not installed";
  if (tried.status !== 0)
    return `bubblewrap cannot make namespaces here: ${tried.stderr.trim().split("\n").pop() ?? ""}`;
  return undefined;
}

/** Linux namespaces through bubblewrap: own network, processes, HOME and /tmp; of the disk only what programs need. */
export function bubblewrap(): Sandbox {
  return { name: "bubblewrap", cost: "", ownPorts: true, run, serve, spawn };
}

/** A folder for sockets and the filter. Unix socket paths are limited to 107 bytes, so it lies at a short path. */
const controlFolder = (): string => mkdtempSync(join(realpathSync(tmpdir()), "unp-"));

/** Runs to the end in a network namespace of its own, with the gate as the only way out, and its bounds watched. */
async function runBehindGate(command: OneOff): Promise<Finished> {
  const started = performance.now();
  const { shell, limits, env, onOutput, signal, ...rest } = command;
  const spawned = await spawn({
    ...rest,
    env,
    argv: ["/bin/sh", "-c", shell],
    // Installed packages are many small files in a cache that is kept: single files are bounded, as without a gate.
    limits: { memoryBytes: limits.memoryBytes, processes: limits.processes, fileBytes: limits.fileBytes },
    network: { kind: "hosts", allow: [...registriesHere(env), "*"], forwards: [] },
    ...(signal ? { signal } : {}),
  });
  const tail = new Tail(64 * 1024);
  for (const stream of [spawned.stdout, spawned.stderr])
    stream.on("data", (chunk: Buffer) => {
      tail.add(chunk);
      onOutput?.(chunk.toString("utf8"));
    });
  spawned.stdin.on("error", () => {}).end();
  const read = Promise.allSettled([finished(spawned.stdout), finished(spawned.stderr)]);
  const { code, limit } = await spawned.exited;
  await read;
  const durationMs = performance.now() - started;
  if (limit === undefined) return { exitCode: code, output: tail.text(), durationMs };
  const ended = limit.startsWith("time") ? "timeout" : limit === "aborted" ? "aborted" : "limit";
  if (ended === "limit") tail.add(Buffer.from(`\nended by the sandbox: ${limit}\n`));
  return { exitCode: null, output: tail.text(), durationMs, ended };
}

async function run(command: OneOff): Promise<Finished> {
  if (command.network === "public") return runBehindGate(command);
  const control = controlFolder();
  const filter = openFilter(control);
  const { fileBytes } = command.limits;
  const bounds = `ulimit -f ${Math.floor(fileBytes / 512)} 2>/dev/null; ulimit -c 0 2>/dev/null`;
  const environment = Object.entries(command.env).flatMap(([key, value]) => ["--setenv", key, value]);
  try {
    const argv = argvOf(
      command,
      {
        network: command.network,
        scratch: "disk",
        filterAt: filter.descriptor === undefined ? undefined : 3,
        more: ["--chdir", command.cwd, "--clearenv", ...environment],
      },
      [],
      ["/bin/sh", "-c", `${bounds}; ${command.shell}`],
    );
    return await runToEnd(argv, command, false, filter.descriptor);
  } finally {
    filter.close();
    rmSync(control, { recursive: true, force: true });
  }
}

async function serve(command: ServeCommand): Promise<Served> {
  const control = controlFolder();
  const filter = openFilter(control);
  const settings = {
    shell: command.shell,
    cwd: command.cwd,
    env: command.env,
    socket: "/run/unprompted/c/s",
    limits: command.limits,
    ownNamespace: true,
  };
  const argv = argvOf(
    command,
    {
      network: false,
      scratch: "memory",
      filterAt: filter.descriptor === undefined ? undefined : 4,
      more: ["--chdir", "/", "--clearenv"],
    },
    ["--bind", control, "/run/unprompted/c", ...OUR_PROGRAMS],
    [...NODE, "/run/unprompted/inside/supervisor.mjs", JSON.stringify(settings)],
  );
  const socket = join(control, "s");
  const served = await superviseApp(
    argv,
    (port, from) => connectThrough(socket, port, from),
    filter.descriptor,
  ).finally(filter.close);
  return {
    ...served,
    get hasExited() {
      return served.hasExited;
    },
    async stop() {
      await served.stop();
      rmSync(control, { recursive: true, force: true });
    },
  };
}

/** The port inside at which the gate is; any that agents' own servers do not use. */
const GATE_PORT = 39_127;

async function spawn(command: SpawnCommand): Promise<Spawned> {
  const { network } = command;
  const control = controlFolder();
  const filter = openFilter(control);
  const relays: Launch["relays"][number][] = [];
  const open: { close(): Promise<void> }[] = [];
  let gate: Gate | undefined;
  const cleanUp = async () => {
    await Promise.all(open.map((one) => one.close()));
    rmSync(control, { recursive: true, force: true });
  };
  try {
    if (network.kind === "hosts") {
      gate = await openGate(network.allow, { path: join(control, "gate") });
      open.push(gate);
      relays.push({ port: GATE_PORT, to: { path: "/run/unprompted/c/gate" } });
      for (const { port, to } of network.forwards) {
        open.push(await openForward(join(control, String(port)), to));
        relays.push({ port, to: { path: `/run/unprompted/c/${port}` } });
      }
    }
    const argv = argvOf(
      command,
      {
        network: false,
        scratch: "disk",
        filterAt: filter.descriptor === undefined ? undefined : 5,
        more: ["--info-fd", "4", "--chdir", "/", "--clearenv"],
      },
      ["--ro-bind", control, "/run/unprompted/c", ...OUR_PROGRAMS],
      [...NODE, "/run/unprompted/inside/launcher.mjs"],
    );
    // The environment goes over the control descriptor: arguments are visible to every user of the machine.
    const proxied = network.kind === "hosts" ? proxyVariables(GATE_PORT, command.env) : {};
    const launch: Launch = {
      argv,
      relays,
      env: { ...command.env, ...proxied, HOME: command.view.home },
      ownNamespace: true,
      descriptors: filter.descriptor === undefined ? [] : [filter.descriptor],
      hosts: () => gate?.asked() ?? [],
      cleanUp,
    };
    return await spawnThrough(launch, command);
  } catch (error) {
    await cleanUp();
    throw error;
  } finally {
    filter.close();
  }
}

/** Opens the Unix socket and tells the bridge the source address and port in its first line. */
function connectThrough(socket: string, port: number, from: string): Promise<Duplex> {
  return new Promise((resolvePromise, reject) => {
    const stream = connectSocket({ path: socket, allowHalfOpen: false });
    // Stays for good: the app may end between connecting and the first write, and whoever reads the stream sees its close.
    stream.on("error", reject);
    stream.once("connect", () => {
      stream.write(`${from} ${port}\n`);
      resolvePromise(stream);
    });
  });
}
