// Processes below one process, read from /proc; shared by the programs that run beside what is contained.
import { readdirSync, readFileSync } from "node:fs";

/** pid -> { ppid, group, rssPages } of every process in sight; throws where there is no /proc. */
export function processTable() {
  const table = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      table.set(Number(name), { ppid: Number(fields[1]), group: Number(fields[2]), rssPages: Number(fields[21]) });
    } catch {
      // it ended while we looked
    }
  }
  return table;
}

/** What belongs to `root`: in a PID namespace of our own everyone but us, else its descendants and its group. */
export function processesOf(root, ownNamespace) {
  const table = processTable();
  const all = [...table].map(([pid, p]) => ({ pid, ...p }));
  if (ownNamespace) return all.filter(({ pid }) => pid !== process.pid && pid !== 1);
  const mine = new Set([root]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, ppid, group } of all) {
      if (mine.has(pid) || !(mine.has(ppid) || group === root)) continue;
      mine.add(pid);
      grew = true;
    }
  }
  return all.filter(({ pid }) => mine.has(pid));
}

/** Ends `root`, its group, and all that belongs to it. */
export function endTree(root, ownNamespace) {
  let pids = [];
  try {
    pids = processesOf(root, ownNamespace).map(({ pid }) => pid);
  } catch {
    // no /proc: the group is all that we know
  }
  for (const target of [-root, ...pids]) {
    try {
      process.kill(target, "SIGKILL");
    } catch {
      // gone already
    }
  }
}
