import { appendFileSync, closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type Emit, LoggedEvent } from "../model/events.ts";
import { writeAtomically } from "../util/files.ts";
import type { RunFolder } from "./index.ts";

const NAME = "events.ndjson";

/**
 * Keeps what happens in `events.ndjson`, one event a line with its time. `RunStarted` begins the file anew, so it always
 * tells of the newest run of this folder. A line that cannot be written is lost: nothing is decided by events.
 */
export function eventLog(run: RunFolder): Emit {
  const file = join(run.path, NAME);
  return (event) => {
    // The transcript holds all that an agent does; here only what tells that it is at work.
    if (event.type === "AgentActed" && event.event.type !== "tool-call") return;
    const line = `${JSON.stringify({ at: new Date().toISOString(), event } satisfies LoggedEvent)}\n`;
    try {
      if (event.type === "RunStarted") writeAtomically(file, line);
      else appendFileSync(file, line);
    } catch {
      // A full disk is reported where results are written.
    }
  };
}

/** Reads `events.ndjson` as it grows. */
export class EventTail {
  readonly #file: string;
  #inode = 0;
  #at = 0;

  constructor(run: RunFolder) {
    this.#file = join(run.path, NAME);
  }

  /** What was added since the last call; `anew` when the file is another one than before, so that what was read is void. */
  next(): { anew: boolean; events: LoggedEvent[] } {
    let fd: number;
    try {
      fd = openSync(this.#file, "r");
    } catch {
      const anew = this.#inode !== 0;
      this.#reset(0);
      return { anew, events: [] };
    }
    try {
      const { ino, size } = fstatSync(fd);
      const anew = ino !== this.#inode || size < this.#at;
      if (anew) this.#reset(ino);
      const bytes = Buffer.alloc(size - this.#at);
      const read = readSync(fd, bytes, 0, bytes.length, this.#at);
      // A line is taken once it is whole, and decoded then, so that no character is cut in two.
      const end = bytes.subarray(0, read).lastIndexOf(10) + 1;
      this.#at += end;
      const lines = bytes.subarray(0, end).toString("utf8").split("\n");
      return { anew, events: lines.flatMap(parsed) };
    } finally {
      closeSync(fd);
    }
  }

  #reset(inode: number): void {
    this.#inode = inode;
    this.#at = 0;
  }
}

/** Lines of another version, or damaged by a crash, are passed over. */
function parsed(line: string): LoggedEvent[] {
  try {
    const result = LoggedEvent.safeParse(JSON.parse(line));
    return result.success ? [result.data] : [];
  } catch {
    return [];
  }
}
