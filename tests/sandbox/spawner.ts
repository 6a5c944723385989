// Spawns a program in a sandbox, prints a word that marks its processes, and waits to be killed.
import { join } from "node:path";
import { AGENT_LIMITS, chooseSandbox, type SandboxName } from "../../src/sandbox/index.ts";

const [name, folder] = process.argv.slice(2) as [SandboxName, string];
const marker = `marker-${process.pid}-${process.hrtime.bigint()}`;
const spawned = await chooseSandbox(name).sandbox.spawn({
  argv: ["sh", "-c", "sleep 600 & sleep 600; wait", marker],
  cwd: join(folder, "project"),
  env: { PATH: process.env["PATH"] ?? "" },
  view: { writable: [join(folder, "project")], readable: [], home: join(folder, "home") },
  limits: AGENT_LIMITS,
  network: { kind: "none" },
});
process.stdout.write(`${marker}\n`);
await spawned.exited;
