import { mkdirSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { runToEnd } from "./oneoff.ts";
import type { Sandbox } from "./sandbox.ts";
import { superviseApp } from "./supervised.ts";

const SUPERVISOR = fileURLToPath(new URL("supervisor.mjs", import.meta.url));

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
  };
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
