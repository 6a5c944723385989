import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Gate, openForward, openGate, proxyVariables } from "./gate.ts";
import { closedMounts } from "./mounts.ts";
import { runToEnd } from "./oneoff.ts";
import type { Command, Sandbox, Served, SpawnCommand, Spawned } from "./sandbox.ts";
import { type Launch, spawnThrough } from "./spawned.ts";
import { superviseApp } from "./supervised.ts";

/** Our programs that run inside; nothing else of ours is visible there. */
const INSIDE = fileURLToPath(new URL("inside", import.meta.url));
/** Places of a HOME that are never shown, even when a toolchain on PATH lies below them. */
const PRIVATE_HOME = new Set([".ssh", ".gnupg", ".aws", ".config", ".claude", ".codex", ".gemini", ".kube", ".docker"]);

const inside = (path: string, folder: string) => path === folder || path.startsWith(folder + sep);

/** Folders of the user's HOME that hold toolchains on PATH (~/.pyenv, ~/.cargo, ~/.nvm ...), to be shown read-only. */
function toolchainsBelow(home: string): string[] {
  const found = new Set<string>();
  for (const entry of (process.env["PATH"] ?? "").split(":")) {
    const path = resolve(entry);
    if (!inside(path, home) || path === home) continue;
    const first = path.slice(home.length + 1).split(sep)[0] ?? "";
    if (PRIVATE_HOME.has(first) || !existsSync(join(home, first))) continue;
    found.add(join(home, first));
    if (first === ".cargo" && existsSync(join(home, ".rustup"))) found.add(join(home, ".rustup"));
  }
  return [...found];
}

/** The mounts that every contained program gets; `extra` come last. */
function mounts(command: Command, network: boolean, extra: readonly string[]): string[] {
  const home = homedir();
  const args = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"];
  if (!network) args.push("--tmpfs", "/run");
  if (home !== "/") args.push("--tmpfs", home);
  const tmp = realpathSync(tmpdir());
  if (tmp !== "/tmp" && !inside(tmp, home)) args.push("--tmpfs", tmp);
  for (const path of toolchainsBelow(home)) args.push("--ro-bind", path, path);
  for (const path of command.view.readable) args.push("--ro-bind-try", path, path);
  for (const path of [...command.view.writable, command.view.home]) args.push("--bind", path, path);
  args.push(...extra);
  return args;
}

const NAMESPACES = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"];

function argvOf(command: Command, network: boolean, extra: readonly string[], inner: readonly string[]): string[] {
  mkdirSync(command.view.home, { recursive: true });
  const env = Object.entries(command.env).flatMap(([key, value]) => ["--setenv", key, value]);
  return [
    "bwrap",
    ...NAMESPACES,
    ...(network ? [] : ["--unshare-net"]),
    ...["--uid", "1000", "--gid", "1000", "--hostname", "app", "--die-with-parent", "--new-session"],
    ...mounts(command, network, extra),
    ...["--chdir", command.cwd, "--clearenv", ...env],
    "--",
    ...inner,
  ];
}

/** Why bubblewrap cannot be used here, or undefined when it can. Tries the very namespaces that it will need. */
export function bubblewrapProblem(): string | undefined {
  if (process.platform !== "linux") return "bubblewrap is for Linux only";
  const tried = spawnSync(
    "bwrap",
    [...NAMESPACES, "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"],
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

/** Linux namespaces through bubblewrap: own network, processes, HOME and /tmp; the rest of the disk read-only. */
export function bubblewrap(): Sandbox {
  return {
    name: "bubblewrap",
    cost: "",
    ownPorts: true,
    run: (command) =>
      runToEnd(
        argvOf(
          command,
          command.network,
          [],
          [
            "/bin/sh",
            "-c",
            `ulimit -f ${Math.floor(command.limits.fileBytes / 512)} 2>/dev/null; ulimit -c 0 2>/dev/null; ${command.shell}`,
          ],
        ),
        command,
        false,
      ),
    async serve(command): Promise<Served> {
      // Unix socket paths are limited to 107 bytes, so the folder must lie at a short path.
      const control = mkdtempSync(join(realpathSync(tmpdir()), "unp-"));
      const socket = join(control, "s");
      const settings = {
        shell: command.shell,
        cwd: command.cwd,
        env: command.env,
        socket: "/run/unprompted/c/s",
        limits: command.limits,
        ownNamespace: true,
      };
      const extra = [
        ...["--dir", "/run/unprompted", "--bind", control, "/run/unprompted/c"],
        ...["--ro-bind", process.execPath, "/run/unprompted/node", "--ro-bind", INSIDE, "/run/unprompted/inside"],
      ];
      const inner = [
        "/run/unprompted/node",
        "--max-old-space-size=64",
        "/run/unprompted/inside/supervisor.mjs",
        JSON.stringify(settings),
      ];
      const served = await superviseApp(
        argvOf({ ...command, env: { PATH: dirname(process.execPath) } }, false, extra, inner),
        (port, from) => connectThrough(socket, port, from),
      );
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
    },
    spawn,
  };
}

/** The port inside at which the gate is; any that agents' own servers do not use. */
const GATE_PORT = 39_127;

async function spawn(command: SpawnCommand): Promise<Spawned> {
  const { network, view } = command;
  mkdirSync(view.home, { recursive: true });
  // Unix socket paths are limited to 107 bytes, so the folder must lie at a short path.
  const control = mkdtempSync(join(realpathSync(tmpdir()), "unp-"));
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
    const extra = [
      ...["--ro-bind", control, "/run/unprompted/c", "--ro-bind", process.execPath, "/run/unprompted/node"],
      ...["--ro-bind", INSIDE, "/run/unprompted/inside"],
    ];
    const argv = [
      "bwrap",
      ...NAMESPACES,
      ...["--unshare-net", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox"],
      ...["--die-with-parent", "--new-session", "--info-fd", "4"],
      ...closedMounts(view, command.env["PATH"] ?? "", extra),
      ...["--chdir", "/", "--clearenv", "--"],
      ...["/run/unprompted/node", "--max-old-space-size=64", "/run/unprompted/inside/launcher.mjs"],
    ];
    // The environment goes over the control descriptor: arguments are visible to every user of the machine.
    const env = { ...(network.kind === "hosts" ? proxyVariables(GATE_PORT) : {}), ...command.env, HOME: view.home };
    const hosts = () => gate?.asked() ?? [];
    return await spawnThrough({ argv, relays, env, ownNamespace: true, hosts, cleanUp }, command);
  } catch (error) {
    await cleanUp();
    throw error;
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
