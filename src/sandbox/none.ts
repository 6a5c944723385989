import { mkdirSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Gate, openGate, proxyVariables } from "./gate.ts";
import { runToEnd } from "./oneoff.ts";
import type { Sandbox, SpawnCommand, Spawned } from "./sandbox.ts";
import { type Launch, spawnThrough } from "./spawned.ts";
import { superviseApp } from "./supervised.ts";

const SUPERVISOR = fileURLToPath(new URL("inside/supervisor.mjs", import.meta.url));
const LAUNCHER = fileURLToPath(new URL("inside/launcher.mjs", import.meta.url));

/** No containment: programs run as the user, on free loopback ports. The supervisor still ends whole process groups. */
export function noSandbox(): Sandbox {
  return {
    name: "none",
    cost: "no namespaces: the app runs as you on this machine, sees your files and network, and uses free loopback ports",
    ownPorts: false,
    run(command) {
      mkdirSync(command.view.home, { recursive: true });
      return runToEnd(["/bin/sh", "-c", `ulimit -c 0 2>/dev/null; ${command.shell}`], command, true);
    },
    serve(command) {
      mkdirSync(command.view.home, { recursive: true });
      const { shell, cwd, env, limits } = command;
      const settings = { shell, cwd, env, limits, ownNamespace: false };
      return superviseApp(
        [process.execPath, "--max-old-space-size=64", SUPERVISOR, JSON.stringify(settings)],
        connectLoopback,
      );
    },
    spawn,
  };
}

/**
 * The same, uncontained: the proxy variables are set, so that what keeps to them is noted and filtered, and forwards
 * are ports of this machine. One that leads to itself needs none.
 */
async function spawn(command: SpawnCommand): Promise<Spawned> {
  const { network, view } = command;
  mkdirSync(view.home, { recursive: true });
  const relays: Launch["relays"][number][] = [];
  let gate: Gate | undefined;
  let env = { ...command.env, HOME: view.home };
  if (network.kind === "hosts") {
    const at = { port: 0 };
    gate = await openGate(network.allow, at);
    env = { ...env, ...proxyVariables(at.port, env) };
    for (const { port, to } of network.forwards)
      if (port !== to.port || !["127.0.0.1", "localhost"].includes(to.host)) relays.push({ port, to });
  }
  const argv = [process.execPath, "--max-old-space-size=64", LAUNCHER];
  const hosts = () => gate?.asked() ?? [];
  const cleanUp = async () => gate?.close();
  return spawnThrough({ argv, relays, env, ownNamespace: false, hosts, cleanUp }, command);
}

/** On Linux every 127.x.y.z is a source address; elsewhere only 127.0.0.1 exists. */
async function connectLoopback(port: number, from: string): Promise<Duplex> {
  const localAddress = process.platform === "linux" ? from : "127.0.0.1";
  try {
    return await open({ host: "127.0.0.1", port, localAddress });
  } catch (error) {
    return await open({ host: "::1", port }).catch(() => {
      throw error;
    });
  }
}

function open(options: { host: string; port: number; localAddress?: string }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const stream = connectTcp(options);
    stream.on("error", reject);
    stream.once("connect", () => {
      stream.setNoDelay(true);
      resolve(stream);
    });
  });
}
