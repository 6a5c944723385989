import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";

/** What an attempt finds outside: made afresh by the kit, and harmless. */
export interface Scene {
  /** The session's own folders. */
  work: string;
  home: string;
  /** A file of the user, below the real HOME, with the word `canary` in it. */
  secret: string;
  /** The folder of another session, and a file in it. */
  other: string;
  /** A file in the machine's own /tmp and /dev/shm. */
  inTmp: string;
  inShm: string;
  product: string;
  canary: string;
  /** A process outside whose environment and arguments hold the canary. */
  victim: number;
  /** Ports on this machine's loopback: an HTTP server that no list allows, and one that is allowed. */
  port: number;
  allowed: number;
  udp: number;
  socket: string;
  abstract: string;
  sharedMemory: string;
}

export const AREAS = ["files", "environment", "processes", "network", "kernel", "bounds", "lifetime"] as const;

export interface Attempt {
  area: (typeof AREAS)[number];
  /** What is tried, in words for the table. */
  what: string;
  /** A shell script that prints ESCAPED when it got what it must not get. */
  script: (scene: Scene) => string;
  /** Also an escape: something outside has changed. */
  harmed?: (scene: Scene) => boolean;
  /** Bounds that `none` does not claim: it counts the session's own folders only. */
  contained?: true;
  /** For `bounds`: how the limit that must end it is named. */
  limit?: RegExp;
  /** Why this machine cannot show that the attempt works where nothing contains it. */
  unproven?: () => string | undefined;
}

const asRoot = () => (process.getuid?.() === 0 ? undefined : "only root could do it here");
const never = (why: string) => () => why;
const python = (code: string) => `python3 - <<'PYTHON'\nimport os, sys, ctypes, socket\n${code}\nPYTHON`;
/** The call must fail; on success the lines after it report. */
const tryPython = (code: string) =>
  python(`try:\n${code.replace(/^/gm, "    ")}\n    print("ESCAPED")\nexcept OSError as error:\n    print(error)`);
const libc = "libc = ctypes.CDLL(None, use_errno=True)";
const syscall = (numbers: { x64: number; arm64: number }, args: string) =>
  python(
    `${libc}\nresult = libc.syscall(${process.arch === "arm64" ? numbers.arm64 : numbers.x64}, ${args})\nprint("ESCAPED" if result >= 0 else ctypes.get_errno())`,
  );
const reads = (path: string) => `grep -q canary "${path}" 2>/dev/null && echo ESCAPED`;
const exists = (path: string) => `ls -d "${path}" >/dev/null 2>&1 && echo ESCAPED`;
const creates = (path: string) => `touch "${path}" 2>/dev/null && rm "${path}" && echo ESCAPED`;

export const ATTEMPTS: readonly Attempt[] = [
  { area: "files", what: "read a file below the user's HOME", script: (s) => reads(s.secret) },
  {
    area: "files",
    what: "list the folder of the user's keys",
    script: (s) => exists(`${s.secret.replace(/\/[^/]*$/, "")}`),
  },
  { area: "files", what: "read another session's work", script: (s) => reads(`${s.other}/app.py`) },
  { area: "files", what: "read the catalogue of exploits", script: (s) => exists(`${s.product}/src/exploits`) },
  { area: "files", what: "read the model solutions", script: (s) => exists(`${s.product}/references`) },
  {
    area: "files",
    what: "read the machine's password hashes",
    script: () => "grep -q ':' /etc/shadow 2>/dev/null && echo ESCAPED",
    unproven: asRoot,
  },
  { area: "files", what: "read the machine's /tmp", script: (s) => reads(s.inTmp) },
  { area: "files", what: "read the machine's /dev/shm", script: (s) => reads(s.inShm) },
  { area: "files", what: "read logs and databases in /var", script: () => exists("/var/lib/dpkg") },
  {
    area: "files",
    what: "follow a link of its work tree to a file of the user",
    script: (s) => `ln -sf "${s.secret}" link; ${reads("link")}`,
  },
  {
    area: "files",
    what: "hard-link a file of the user into its work tree",
    script: (s) => `ln "${s.secret}" hard 2>/dev/null; ${reads("hard")}; rm -f hard`,
  },
  { area: "files", what: "climb out by many ../", script: (s) => reads(`${"../".repeat(40)}${s.secret.slice(1)}`) },
  {
    area: "files",
    what: "read through the root folder of another process",
    script: (s) => `for p in 1 ${s.victim}; do ${reads(`/proc/$p/root${s.secret}`)}; done | head -1`,
  },
  { area: "files", what: "write into the user's HOME", script: (s) => creates(`${s.secret}.new`) },
  { area: "files", what: "write into another session's folder", script: (s) => creates(`${s.other}/new`) },
  {
    area: "files",
    what: "write into the system's programs",
    script: () => creates("/usr/local/unprompted-kit"),
    unproven: asRoot,
  },
  {
    area: "files",
    what: "make a folder at the root",
    script: () => `mkdir /unprompted-kit 2>/dev/null && rmdir /unprompted-kit && echo ESCAPED`,
    unproven: asRoot,
  },
  {
    area: "files",
    what: "read a disk as a device",
    script: () =>
      `for d in /dev/vd? /dev/sd? /dev/nvme?n? /dev/xvd?; do head -c 1 "$d" >/dev/null 2>&1 && echo ESCAPED && break; done`,
    unproven: () =>
      ["vda", "sda", "xvda", "nvme0n1"].some((disk) => opens(`/dev/${disk}`))
        ? undefined
        : "no disk can be opened here",
  },
  {
    area: "files",
    what: "make a device of its own",
    script: () => `rm -f d; mknod d c 1 1 2>/dev/null && echo ESCAPED; rm -f d`,
    unproven: asRoot,
  },

  {
    area: "environment",
    what: "read the harness's environment",
    script: (s) => `cat /proc/[0-9]*/environ 2>/dev/null | grep -aq "${s.canary}" && echo ESCAPED`,
  },
  {
    area: "environment",
    what: "read other processes' arguments",
    script: (s) => `tr '\\0' '\\n' 2>/dev/null < /proc/${s.victim}/cmdline | grep -q "${s.canary}" && echo ESCAPED`,
  },
  {
    area: "environment",
    what: "find the harness's descriptors open",
    script: () => `ls /proc/self/fd | grep -qE '^([4-9]|..+)$' && echo ESCAPED`,
    unproven: never("Node closes those that it opened itself; the kit's own test hands one on"),
  },

  { area: "processes", what: "see a process outside", script: (s) => exists(`/proc/${s.victim}`) },
  {
    area: "processes",
    what: "signal a process outside",
    script: (s) => `kill -0 ${s.victim} 2>/dev/null && echo ESCAPED`,
  },
  {
    area: "processes",
    what: "end every process in reach",
    script: () => "kill -9 -1",
    harmed: (s) => !alive(s.victim),
    unproven: never("it would end this machine's processes"),
  },
  {
    area: "processes",
    what: "trace a process outside",
    script: (s) =>
      python(
        `${libc}\nresult = libc.ptrace(16, ${s.victim}, 0, 0)\nif result == 0:\n    os.waitpid(${s.victim}, 0x40000000)\n    libc.ptrace(17, ${s.victim}, 0, 0)\nprint("ESCAPED" if result == 0 else ctypes.get_errno())`,
      ),
    unproven: asRoot,
  },
  {
    area: "processes",
    what: "read another process's memory",
    script: (s) => tryPython(`open("/proc/${s.victim}/mem", "rb")`),
    unproven: asRoot,
  },
  {
    area: "processes",
    what: "change another process's priority",
    script: (s) => tryPython(`os.setpriority(os.PRIO_PROCESS, ${s.victim}, 19)`),
  },

  {
    area: "network",
    what: "connect to a service on the machine's loopback",
    script: (s) => `curl -s -m 3 --noproxy '*' http://127.0.0.1:${s.port}/ | grep -q canary && echo ESCAPED`,
  },
  {
    area: "network",
    what: "connect to it by the machine's name and addresses",
    script: (s) =>
      tryPython(
        `reached = False\nfor host in [socket.gethostname(), "0.0.0.0", "127.1.2.3", "::ffff:127.0.0.1"]:\n    try:\n        socket.create_connection((host, ${s.port}), 2).close(); reached = True\n    except OSError: pass\nif not reached: raise OSError("nowhere")`,
      ),
  },
  {
    area: "network",
    what: "send a datagram, as a name server gets",
    script: (s) => python(`socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"kit", ("127.0.0.1", ${s.udp}))`),
    harmed: (s) => received(s.udp),
  },
  {
    area: "network",
    what: "resolve a name",
    script: () => tryPython(`socket.getaddrinfo("example.com", 80)`),
    unproven: never("it needs a network"),
  },
  {
    area: "network",
    what: "reach an address outside directly",
    script: () => tryPython(`socket.create_connection(("1.1.1.1", 443), 2)`),
    unproven: never("it needs a network"),
  },
  {
    area: "network",
    what: "open a raw socket",
    script: () => tryPython("socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"),
    unproven: asRoot,
  },
  {
    area: "network",
    what: "ask the proxy for a host that is not allowed",
    script: (s) =>
      `curl -s -m 3 -x "$HTTP_PROXY" --noproxy '' http://127.0.0.1:${s.port}/ | grep -q canary && echo ESCAPED`,
    unproven: never("without a sandbox the proxy refuses too; it can only be gone round"),
  },
  {
    area: "network",
    what: "tunnel through the proxy to a host that is not allowed",
    script: (s) =>
      `curl -s -m 3 -p -x "$HTTP_PROXY" --noproxy '' http://127.0.0.1:${s.port}/ | grep -q canary && echo ESCAPED`,
    unproven: never("without a sandbox the proxy refuses too; it can only be gone round"),
  },
  {
    area: "network",
    what: "name an allowed host to the proxy and another in Host",
    script: (s) =>
      `curl -s -m 3 -x "$HTTP_PROXY" --noproxy '' -H 'Host: 127.0.0.1:${s.port}' http://127.0.0.1:${s.allowed}/ | grep -q canary && echo ESCAPED`,
    unproven: never("without a sandbox the proxy refuses too; it can only be gone round"),
  },
  {
    area: "network",
    what: "spell a refused host in other ways",
    script: (s) =>
      `for h in 0x7f.1 2130706433 127.1 %31%32%37.0.0.1 '127.0.0.1.' '[::ffff:127.0.0.1]' 'allowed@127.0.0.1'; do curl -s -m 3 -p -x "$HTTP_PROXY" --noproxy '' --globoff "http://$h:${s.port}/" | grep -q canary && echo ESCAPED; done`,
    unproven: never("without a sandbox the proxy refuses too; it can only be gone round"),
  },
  {
    area: "network",
    what: "connect to a Unix socket of the machine",
    script: (s) => tryPython(`socket.socket(socket.AF_UNIX).connect("${s.socket}")`),
  },
  {
    area: "network",
    what: "connect to an abstract socket of the machine",
    script: (s) => tryPython(`socket.socket(socket.AF_UNIX).connect("\\0${s.abstract}")`),
  },
  {
    area: "network",
    what: "find the sockets of Docker and D-Bus",
    script: () =>
      `ls /run/docker.sock /var/run/docker.sock /run/dbus/system_bus_socket /run/user/*/bus /run/containerd/containerd.sock 2>/dev/null | grep -q . && echo ESCAPED`,
    unproven: never("not every machine has them"),
  },

  {
    area: "kernel",
    what: "leave a key in the user's keyring",
    script: () => syscall({ x64: 248, arm64: 217 }, 'b"user", b"unprompted-kit", b"x", 1, -4'),
  },
  { area: "kernel", what: "read the keyrings", script: () => syscall({ x64: 250, arm64: 219 }, "0, -3, 0") },
  {
    area: "kernel",
    what: "see shared memory of the machine",
    script: (s) => `ipcs -m | grep -qw ${s.sharedMemory} && echo ESCAPED`,
  },
  {
    area: "kernel",
    what: "make a user namespace, and be root in it",
    script: () => "unshare -Ur true 2>/dev/null && echo ESCAPED",
  },
  {
    area: "kernel",
    what: "mount over what is read-only",
    script: () => "unshare -m sh -c 'mount -t tmpfs x /mnt' 2>/dev/null && echo ESCAPED",
    unproven: asRoot,
  },
  {
    area: "kernel",
    what: "type into a terminal",
    script: () =>
      python(
        `import pty, fcntl\n_, end = pty.openpty()\nif os.fork() == 0:\n    os.setsid()\n    fcntl.ioctl(end, 0x540E, 0)\n    try:\n        fcntl.ioctl(end, 0x5412, b"x"); print("ESCAPED")\n    except OSError as error: print(error)\n    sys.stdout.flush(); os._exit(0)\nos.wait()`,
      ),
    unproven: () =>
      readSetting("/proc/sys/dev/tty/legacy_tiocsti") === "0" ? "this kernel refuses it to all" : asRoot(),
  },
  {
    area: "kernel",
    what: "load a BPF program",
    script: () =>
      python(
        `${libc}\nattributes = (ctypes.c_uint * 32)(2, 4, 4, 1)\nresult = libc.syscall(${process.arch === "arm64" ? 280 : 321}, 0, ctypes.byref(attributes), 128)\nprint("ESCAPED" if result >= 0 else ctypes.get_errno())`,
      ),
    unproven: asRoot,
  },
  {
    area: "kernel",
    what: "open an io_uring",
    script: () =>
      python(
        `${libc}\nparameters = (ctypes.c_ubyte * 120)()\nresult = libc.syscall(425, 1, ctypes.byref(parameters))\nprint("ESCAPED" if result >= 0 else ctypes.get_errno())`,
      ),
    unproven: () => (readSetting("/proc/sys/kernel/io_uring_disabled") === "0" ? undefined : "this kernel refuses it"),
  },
  {
    area: "kernel",
    what: "gain rights through a setuid program",
    script: () => "grep -q 'NoNewPrivs:.*0' /proc/self/status && echo ESCAPED",
  },
  {
    area: "kernel",
    what: "press the kernel's magic key",
    script: () => "test -w /proc/sysrq-trigger && echo ESCAPED",
    unproven: () => (existsSync("/proc/sysrq-trigger") ? asRoot() : "this kernel has none"),
  },
  {
    area: "kernel",
    what: "write a setting of the kernel",
    script: () => `cat /proc/sys/kernel/panic > p; sh -c 'cat p > /proc/sys/kernel/panic' 2>/dev/null && echo ESCAPED`,
    unproven: asRoot,
  },

  {
    area: "bounds",
    what: "take more memory than allowed",
    limit: /^memory/,
    script: () => python("import time\nkept = bytearray(400 << 20)\ntime.sleep(60)"),
  },
  {
    area: "bounds",
    what: "spread memory over many processes",
    limit: /^memory/,
    script: () =>
      python(
        "import time\nfor _ in range(5):\n    if os.fork() == 0: break\nkept = bytearray(80 << 20)\ntime.sleep(60)",
      ),
  },
  {
    area: "bounds",
    what: "fork without end",
    limit: /^processes/,
    script: () => "for i in $(seq 1 400); do sleep 60 & done; wait",
  },
  {
    area: "bounds",
    what: "fill the disk with many files",
    limit: /^disk/,
    script: () => "i=0; while [ $i -lt 400 ]; do head -c 1048576 /dev/zero > fill-$i; i=$((i+1)); done; sleep 60",
  },
  {
    area: "bounds",
    what: "fill /tmp",
    limit: /^disk/,
    contained: true,
    script: () => `i=0; while [ $i -lt 400 ]; do head -c 1048576 /dev/zero > /tmp/fill-$i; i=$((i+1)); done; sleep 60`,
  },
  {
    area: "bounds",
    what: "fill the disk with a file that is deleted and held open",
    limit: /^disk/,
    script: () =>
      python(
        "import time\nheld = []\nfor i in range(4):\n    held.append(open('held', 'wb'))\n    os.unlink('held')\n    for _ in range(40): held[i].write(bytes(1 << 20))\n    held[i].flush()\ntime.sleep(60)",
      ),
  },
  {
    area: "bounds",
    what: "fill the disk with empty files",
    limit: /^disk/,
    script: () => python("import time\nfor i in range(30000): open(f'fill-{i}', 'w').close()\ntime.sleep(60)"),
  },
  {
    area: "bounds",
    what: "write one file beyond its size",
    script: () =>
      `head -c 60000000 /dev/zero > one 2>/dev/null; [ "$(stat -c %s one)" -gt 50331648 ] && echo ESCAPED; rm -f one`,
  },
  {
    area: "bounds",
    what: "go on after its time",
    limit: /^time/,
    script: () => "trap '' TERM INT HUP; while :; do sleep 1; done",
  },
  {
    area: "bounds",
    what: "stop the one who watches, then take memory",
    limit: /^memory/,
    script: () => `kill -STOP $PPID; ${python("import time\nkept = bytearray(400 << 20)\ntime.sleep(60)")}`,
  },
  {
    area: "lifetime",
    what: "leave a process behind that left its session and its parents",
    script: (s) => `setsid sh -c 'setsid sh -c "sleep 100; : ${s.canary}-left" >/dev/null 2>&1 &' & wait`,
    harmed: (s) => marked(`${s.canary}-left`).length > 0,
  },
  {
    area: "lifetime",
    what: "leave a stopped process behind",
    script: (s) =>
      `setsid sh -c 'trap "" TERM HUP INT; kill -STOP $$; : ${s.canary}-stopped' >/dev/null 2>&1 & sleep 0.2; exit 0`,
    harmed: (s) => marked(`${s.canary}-stopped`).length > 0,
  },
  {
    area: "lifetime",
    what: "leave a process behind that goes on from child to child",
    script: (s) =>
      `python3 -c 'import os
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork() > 0: os._exit(0)' ${s.canary}-chain`,
    harmed: (s) => marked(`${s.canary}-chain`).length > 0,
    unproven: never("nothing could end it again"),
  },
];

/** Processes of this machine whose arguments hold a word. */
export function marked(word: string): number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number)
    .filter((pid) => (readSetting(`/proc/${pid}/cmdline`) ?? "").includes(word));
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function opens(path: string): boolean {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch {
    return false;
  }
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Ports at which the kit's datagram server got something. */
export const datagrams = new Set<number>();
const received = (port: number) => datagrams.has(port);
