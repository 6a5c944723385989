// Runs inside the sandbox, beside the app: starts it, bridges a Unix socket to its ports (so that the app may live in
// a network namespace), watches its memory and processes, and ends it when our stdin closes, which happens even when
// the harness is killed with SIGKILL. Plain JavaScript that imports nothing but this folder, since no more of ours is visible there.
//
// argv[2]: JSON { shell, cwd, env, socket?, limits: { memoryBytes, processes, fileBytes }, ownNamespace }
// fd 3: JSON lines to the harness: { event: "ready" | "exited" | "limit" | "ports", ... }
// stdin: the line "ports" asks for the listening ports; end of file means: stop.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { endTree, processesOf } from "./tree.mjs";

const options = JSON.parse(process.argv[2] ?? "{}");
const tell = (message) => {
  try {
    writeSync(3, `${JSON.stringify(message)}\n`);
  } catch {
    // the harness is gone; stdin's end will stop us
  }
};

const blocks = Math.floor(options.limits.fileBytes / 512);
const app = spawn("/bin/sh", ["-c", `ulimit -f ${blocks} 2>/dev/null; ulimit -c 0 2>/dev/null; ${options.shell}`], {
  cwd: options.cwd,
  env: options.env,
  stdio: ["ignore", "inherit", "inherit"],
  detached: true,
});

const appProcesses = () => processesOf(app.pid, options.ownNamespace);
const endApp = () => endTree(app.pid, options.ownNamespace);

const watch = setInterval(() => {
  let processes;
  try {
    processes = appProcesses();
  } catch {
    return;
  }
  const bytes = processes.reduce((sum, p) => sum + p.rssPages * 4096, 0);
  const over =
    bytes > options.limits.memoryBytes
      ? `memory: ${Math.round(bytes / 2 ** 20)} MiB, allowed ${Math.round(options.limits.memoryBytes / 2 ** 20)} MiB`
      : processes.length > options.limits.processes
        ? `processes: ${processes.length}, allowed ${options.limits.processes}`
        : undefined;
  if (over) {
    tell({ event: "limit", what: over });
    endApp();
  }
}, 250);

app.on("error", (error) => {
  tell({ event: "exited", code: 127, signal: null, reason: error.message });
  process.exit(0);
});
app.on("exit", (code, signal) => {
  clearInterval(watch);
  // A start script may leave its server behind: what the first process started ends with it.
  endApp();
  tell({ event: "exited", code, signal });
  process.exit(0);
});

/** Whether any TCP socket is in use here; unknown counts as yes. The list of sockets takes the kernel milliseconds to make. */
function anySocket() {
  const inUse = (file) => /^TCP6?: inuse [1-9]/m.test(readFileSync(file, "utf8"));
  try {
    if (inUse("/proc/net/sockstat")) return true;
  } catch {
    return true;
  }
  try {
    return inUse("/proc/net/sockstat6");
  } catch {
    // a kernel without IPv6
    return false;
  }
}

function listeningPorts() {
  if (!anySocket()) return [];
  const sockets = [];
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    try {
      for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
        const fields = line.trim().split(/\s+/);
        if (fields[3] === "0A")
          sockets.push({ port: Number.parseInt(fields[1].split(":").pop(), 16), inode: fields[9] });
      }
    } catch {
      // not Linux
    }
  }
  if (options.ownNamespace) return [...new Set(sockets.map((s) => s.port))].sort((a, b) => a - b);
  const owned = new Set();
  for (const { pid } of appProcesses()) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
        if (match) owned.add(match[1]);
      }
    } catch {
      // it ended while we looked, or is another user's
    }
  }
  return [...new Set(sockets.filter((s) => owned.has(s.inode)).map((s) => s.port))].sort((a, b) => a - b);
}

let pending = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text) => {
  pending += text;
  const lines = pending.split("\n");
  pending = lines.pop() ?? "";
  for (const line of lines) {
    if (line !== "ports") continue;
    let ports = [];
    try {
      ports = listeningPorts();
    } catch {
      // unknown here
    }
    tell({ event: "ports", ports });
  }
});
// A signal to the whole terminal group must not leave the app behind.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    endApp();
    process.exit(0);
  });
}
process.stdin.on("end", () => {
  endApp();
  process.exit(0);
});

function bridge(client, address, port) {
  const open = (host, localAddress) =>
    connect({ host, port, ...(localAddress ? { localAddress } : {}), allowHalfOpen: true });
  let upstream = open("127.0.0.1", address);
  upstream.once("error", () => {
    if (upstream.bytesRead > 0 || upstream.bytesWritten > 0) return client.destroy();
    // Some servers listen on ::1 only.
    upstream = open("::1", undefined);
    upstream.on("error", () => client.destroy());
    join();
  });
  upstream.once("connect", () => join());
  let joined = false;
  function join() {
    if (joined && upstream.connecting) return;
    joined = true;
    upstream.setNoDelay(true);
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.on("error", () => client.end());
    upstream.on("close", () => client.destroySoon());
    client.on("close", () => upstream.destroy());
  }
}

if (options.socket) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (client) => {
    client.on("error", () => client.destroy());
    let head = Buffer.alloc(0);
    const onData = (chunk) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(10);
      if (end < 0) return;
      client.off("data", onData);
      client.pause();
      const [address, port] = head.subarray(0, end).toString().split(" ");
      const rest = head.subarray(end + 1);
      if (rest.length > 0) client.unshift(rest);
      bridge(client, address, Number(port));
    };
    client.on("data", onData);
  });
  server.listen(options.socket, () => tell({ event: "ready", pid: app.pid }));
} else {
  tell({ event: "ready", pid: app.pid });
}
