#!/usr/bin/env node
// The product runs on Node 24 (type stripping, node:sqlite). On an older Node this file hands over to the one that
// the `node` package has put beside us, so that nobody has to change the Node of their machine.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** Set for the process that is handed over to. */
const HANDED_OVER = "UNPROMPTED_HANDED_OVER";
const handedOver = process.env[HANDED_OVER] !== undefined;
delete process.env[HANDED_OVER];

const major = Number(process.versions.node.split(".")[0]);
if (major >= 24) {
  if (handedOver) {
    // Who kills the command means all of it: SIGKILL cannot be passed on, but the channel ends with its holder.
    const end = () => process.kill(process.pid, "SIGKILL");
    if (!process.connected) end();
    process.once("disconnect", end);
    process.channel?.unref();
  }
  // Stripped types are kept between runs: a start takes half the time and less memory.
  const { enableCompileCache } = await import("node:module");
  enableCompileCache?.();
  await import("../src/cli/main.ts");
} else {
  const own = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  if (handedOver || !existsSync(own)) {
    process.stderr.write(
      `unprompted needs Node 24 (this is ${process.versions.node}). Run \`npm install\` in ${fileURLToPath(new URL("..", import.meta.url))}, which brings its own.\n`,
    );
    process.exit(2);
  }
  // A smaller young generation costs no time, and a report of ten thousand sessions takes 60 MB less.
  const flags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=16"];
  const child = spawn(own, [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [HANDED_OVER]: "yes" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
