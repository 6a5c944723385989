import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Agents see this name in the path of their work tree, so it says nothing of us. */
const PREFIX = "u-";

/**
 * Gives this process one folder for all that is temporary, by setting TMPDIR, and removes it when the process ends.
 * Folders of processes that were killed are removed first. Call once, before anything asks for os.tmpdir().
 */
export function claimScratch(): void {
  const shared = realpathSync(tmpdir());
  sweep(shared);
  const own = join(shared, `${PREFIX}${namespaceOf()}-${process.pid}-${startOf(process.pid) ?? 0}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  process.env["TMPDIR"] = own;
  process.on("exit", () => removeTree(own));
}

/** Removes the folders of processes that are gone: of our own user and process namespace alone. */
function sweep(shared: string): void {
  const namespace = namespaceOf();
  for (const name of readdirSync(shared)) {
    const [, space, pid, start] = /^u-([0-9a-z]+)-(\d+)-(\d+)$/.exec(name) ?? [];
    if (space !== namespace || !pid || lives(Number(pid), Number(start))) continue;
    const stat = lstatSync(join(shared, name), { throwIfNoEntry: false });
    if (!stat?.isDirectory() || stat.uid !== process.getuid?.()) continue;
    endHolders(join(shared, name));
    removeTree(join(shared, name));
  }
}

/**
 * Ends processes that hold a file below a dead process's folder. bwrap can leave one: killed between making a namespace
 * and letting its first process go on, it leaves that process waiting for ever, before any program has begun.
 */
function endHolders(folder: string): void {
  if (process.platform !== "linux") return;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const held = readdirSync(`/proc/${pid}/fd`).some((fd) =>
        readLink(`/proc/${pid}/fd/${fd}`).startsWith(`${folder}/`),
      );
      if (held && Number(pid) !== process.pid) process.kill(Number(pid), "SIGKILL");
    } catch {
      // another user's, or gone
    }
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Process numbers mean something only within one namespace; containers may share a /tmp. */
function namespaceOf(): string {
  try {
    return Number(/\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0]).toString(36);
  } catch {
    return "0";
  }
}

/** Clock ticks from boot to the start of a process (proc(5), field 22): a number that is used again has another. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}

function lives(pid: number, start: number): boolean {
  const found = startOf(pid);
  if (found !== undefined) return found === start;
  if (process.platform === "linux") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes a folder that others wrote: also what they made unreadable, and following no link. Never throws. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
    return;
  } catch {
    open(path);
  }
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // another user's file, or a mount: left for the machine's own cleaning
  }
}

function open(folder: string): void {
  try {
    if (!lstatSync(folder).isDirectory()) return;
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) open(join(folder, entry.name));
  } catch {
    // gone, or not ours
  }
}
