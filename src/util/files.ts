import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "./errors.ts";
import { redact } from "./secrets.ts";

/** Turns the disk's refusals into messages for the user; anything else is thrown as it is. */
export function diskError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UserError(
      "disk-full",
      `The disk is full: cannot write ${path}.`,
      "Make room and run the same command again; finished sessions are kept.",
    );
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM" || code === "ENOTDIR") {
    return new UserError(
      "unwritable-folder",
      `Cannot write ${path}.`,
      "Choose another folder with --out, or change its permissions.",
    );
  }
  return error;
}

export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw diskError(error, path);
  }
}

/**
 * Writes to a temporary name beside the target, syncs and renames: a reader sees the old file or the new one whole.
 * Text is redacted on its way: no kept secret reaches the disk.
 */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  writePieces(path, [content]);
}

/** How much is collected before it goes to the disk. */
const PIECE_CHARACTERS = 1_000_000;

/** The same for a file that is made piece by piece and never in memory as a whole. */
export function writePieces(path: string, pieces: Iterable<string | Uint8Array>): void {
  makeFolder(dirname(path));
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}.tmp`);
  try {
    const fd = openSync(temporary, "wx", 0o644);
    const write = (content: string | Uint8Array) => {
      const bytes = typeof content === "string" ? Buffer.from(redact(content)) : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    };
    try {
      let waiting = "";
      for (const piece of pieces) {
        if (typeof piece === "string" && waiting.length + piece.length < PIECE_CHARACTERS) {
          waiting += piece;
          continue;
        }
        write(waiting);
        waiting = "";
        write(piece);
      }
      write(waiting);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw diskError(error, path);
  }
}

export const writeJson = (path: string, value: unknown): void =>
  writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
