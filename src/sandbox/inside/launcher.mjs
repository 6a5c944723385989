// Runs inside the sandbox, between the harness and an interactive program: opens the loopback ports that lead out
// through Unix sockets, starts the program on our own stdin, stdout and stderr, and ends it when the harness is gone.
//
// fd 3, first line from the harness: JSON { argv, cwd, env, fileBytes, tasks, relays: [{ port, to }], ownNamespace }
// where `to` is what net.connect takes. Then end of file means: stop.
// fd 3, lines to the harness: { event: "ready" } then { event: "exited", code, signal } or { event: "failed", reason }
import { spawn } from "node:child_process";
import { connect, createServer, Socket } from "node:net";
import { endTree } from "./tree.mjs";

const control = new Socket({ fd: 3, readable: true, writable: true });
const tell = (message, then = () => {}) => control.write(`${JSON.stringify(message)}\n`, then);
let program;
let ownNamespace = false;

function stop() {
  if (program?.pid) endTree(program.pid, ownNamespace);
  process.exit(0);
}

let pending = "";
let begun = false;
control.setEncoding("utf8");
control.on("data", (text) => {
  if (begun) return;
  pending += text;
  const end = pending.indexOf("\n");
  if (end < 0) return;
  begun = true;
  begin(JSON.parse(pending.slice(0, end))).catch((error) =>
    tell({ event: "failed", reason: error instanceof Error ? error.message : String(error) }, () => process.exit(1)),
  );
});
control.on("end", stop);
control.on("error", stop);
// A signal to the whole terminal group must not leave the program behind.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);

async function begin(settings) {
  ownNamespace = settings.ownNamespace;
  for (const relay of settings.relays) await open(relay);
  // Said before it starts: from then on it could stop us.
  await new Promise((resolve) => tell({ event: "ready" }, resolve));
  const { fileBytes, tasks, argv, cwd, env } = settings;
  // dash counts processes with -p, bash and the others with -u.
  const limits = `ulimit -f ${Math.floor(fileBytes / 512)}; ulimit -c 0; ${ownNamespace ? `ulimit -u ${tasks} || ulimit -p ${tasks};` : ""}`;
  const shell = `{ ${limits} } 2>/dev/null; exec "$@"`;
  program = spawn("/bin/sh", ["-c", shell, "sh", ...argv], { cwd, env, stdio: "inherit", detached: true });
  program.on("error", (error) => tell({ event: "failed", reason: error.message }, () => process.exit(1)));
  program.on("exit", (code, signal) => {
    // What it started ends with it: a server left behind would go on changing the work tree.
    endTree(program.pid, ownNamespace);
    tell({ event: "exited", code, signal }, () => process.exit(0));
  });
}

/** Listens on 127.0.0.1:port here and leads every connection to `to`. */
function open({ port, to }) {
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ ...to, allowHalfOpen: true });
    inner.on("error", () => outer.destroy());
    outer.on("error", () => inner.destroy());
    inner.on("close", () => outer.destroy());
    outer.on("close", () => inner.destroySoon());
    inner.pipe(outer);
    outer.pipe(inner);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}
