import { lstatSync, opendirSync, readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Limits } from "./sandbox.ts";

const MIB = 2 ** 20;
/** A contained program may not fill the machine's disk, whatever its own share is. */
const RESERVE_BYTES = 512 * MIB;

/** The processes below `root`, itself counted, and their resident bytes; nothing where there is no /proc. */
export function usageBelow(root: number): { bytes: number; processes: ReadonlySet<number> } {
  const children = new Map<number, number[]>();
  const resident = new Map<number, number>();
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return { bytes: 0, processes: new Set() };
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const parent = Number(fields[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
      resident.set(Number(name), Number(fields[21]) * 4096);
    } catch {
      // it ended while we looked
    }
  }
  let bytes = 0;
  const left = [root];
  const seen = new Set<number>();
  for (let pid = left.pop(); pid !== undefined; pid = left.pop()) {
    if (seen.has(pid)) continue;
    seen.add(pid);
    bytes += resident.get(pid) ?? 0;
    left.push(...(children.get(pid) ?? []));
  }
  return { bytes, processes: seen };
}

/** Bytes on disk below folders, an empty file counted as one block. Follows no link; what cannot be listed is left out. */
export async function diskUsage(folders: readonly string[]): Promise<number> {
  let bytes = 0;
  const left = [...folders];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    await nextTurn();
    try {
      const listing = opendirSync(folder);
      try {
        for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
          const path = join(folder, entry.name);
          if (entry.isDirectory()) left.push(path);
          bytes += Math.max(4096, (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512);
        }
      } finally {
        listing.closeSync();
      }
    } catch {
      // gone, unreadable, or a path too long to name
    }
  }
  return bytes;
}

/** Bytes of files that were deleted and are still held open: no listing shows them. */
function deletedBytes(processes: Iterable<number>): number {
  const files = new Map<string, number>();
  for (const pid of processes) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const path = `/proc/${pid}/fd/${fd}`;
        if (!readlinkSync(path).endsWith(" (deleted)")) continue;
        const { dev, ino, blocks } = statSync(path);
        files.set(`${dev} ${ino}`, blocks * 512);
      }
    } catch {
      // it ended while we looked
    }
  }
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Watches from outside, where the contained program cannot reach, every 250 ms: memory and processes below the process
 * `root`, and what lies in `folders`. Calls `onLimit` once. Disk is counted every 2 s at most, at once when the disk
 * loses room quickly. Returns what ends the watch.
 */
export function watchLimits(
  root: number,
  folders: readonly string[],
  limits: Limits,
  onLimit: (what: string) => void,
): () => void {
  const share = limits.diskBytes;
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  const free = () => {
    try {
      const { bavail, bsize } = statfsSync(folders[0] ?? "/");
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  };
  const enoughAtFirst = free() > RESERVE_BYTES;
  let used = 0;
  let freeThen = free();
  let countAfter = 0;
  let counting = false;
  const overDisk = async (processes: Iterable<number>): Promise<string | undefined> => {
    if (share === undefined || counting) return undefined;
    const now = performance.now();
    const left = free();
    if (enoughAtFirst && left < RESERVE_BYTES) return `disk: the machine has less than ${mib(RESERVE_BYTES)} left`;
    if (now < countAfter && freeThen - left < (share - used) / 2) return undefined;
    freeThen = left;
    counting = true;
    used = (await diskUsage(folders)) + deletedBytes(processes);
    counting = false;
    // Counting a large tree takes its time: no more than a twentieth of ours.
    countAfter = performance.now() + Math.max(2000, 20 * (performance.now() - now));
    return used > share ? `disk: ${mib(used)}, allowed ${mib(share)}` : undefined;
  };
  const check = async () => {
    const { bytes, processes } = usageBelow(root);
    const over =
      processes.size > limits.processes
        ? `processes: ${processes.size}, allowed ${limits.processes}`
        : bytes > limits.memoryBytes
          ? `memory: ${mib(bytes)}, allowed ${mib(limits.memoryBytes)}`
          : await overDisk(processes);
    if (over === undefined || ended) return;
    end();
    onLimit(over);
  };
  let ended = false;
  const timer = setInterval(() => void check(), 250);
  const end = () => {
    ended = true;
    clearInterval(timer);
  };
  timer.unref();
  return end;
}
