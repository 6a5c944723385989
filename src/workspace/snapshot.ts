import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";

/** Never part of what a session is judged by: what installing leaves behind. Repositories within are only their files. */
const LEFT_OUT = new Set(["node_modules", ".venv", ".next", "__pycache__", ".git"]);
const MOST_FILE_BYTES = 32 * 2 ** 20;
const MOST_BYTES = 512 * 2 ** 20;
const MOST_FILES = 50_000;

/** Something of the work tree that a commit does not hold. */
export interface LeftOut {
  path: string;
  why: string;
}

export type Entry = { path: Buffer; mode: "100644" | "100755" | "120000"; content: Buffer };

/**
 * Reads a work tree that an agent has shaped: files as they are, links as links, in the order of their bytes. Follows no
 * link, opens no socket, fifo or device, and reads no more than its bounds allow; what it leaves out it names.
 */
export function* snapshot(workTree: string, leftOut: LeftOut[]): Generator<Entry> {
  let [files, bytes] = [0, 0];
  const skip = (path: Buffer, why: string) => {
    if (leftOut.length < 1000) leftOut.push({ path: path.toString("utf8"), why });
  };
  const root = Buffer.from(workTree);
  const folders: Buffer[] = [Buffer.alloc(0)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let names: Buffer[];
    try {
      names = readdirSync(join(root, folder), { encoding: "buffer" }).sort(Buffer.compare);
    } catch (error) {
      skip(folder, `cannot be read: ${codeOf(error)}`);
      continue;
    }
    for (const name of names) {
      if (LEFT_OUT.has(name.toString("latin1").toLowerCase())) continue;
      const path = join(folder, name);
      try {
        const stat = lstatSync(join(root, path));
        if (stat.isDirectory()) folders.push(path);
        else if (stat.isSymbolicLink())
          yield { path, mode: "120000", content: readlinkSync(join(root, path), { encoding: "buffer" }) };
        else if (!stat.isFile()) skip(path, "is no file");
        else if (stat.size > MOST_FILE_BYTES) skip(path, `has more than ${MOST_FILE_BYTES / 2 ** 20} MiB`);
        else if (++files > MOST_FILES) skip(path, `comes after ${MOST_FILES} files`);
        else if (bytes + stat.size > MOST_BYTES) skip(path, `comes after ${MOST_BYTES / 2 ** 20} MiB`);
        else {
          const content = readNoFollow(join(root, path));
          bytes += content.length;
          yield { path, mode: stat.mode & 0o100 ? "100755" : "100644", content };
        }
      } catch (error) {
        skip(path, `cannot be read: ${codeOf(error)}`);
      }
    }
  }
}

const join = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : name.length === 0 ? folder : Buffer.concat([folder, Buffer.from("/"), name]);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "unknown";

/** Reads a regular file even if it is exchanged for a link or a fifo at this moment. */
function readNoFollow(path: Buffer): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MOST_FILE_BYTES) throw Object.assign(new Error(), { code: "EXCHANGED" });
    const content = Buffer.alloc(stat.size);
    let at = 0;
    for (let got = 1; at < content.length && got > 0; at += got)
      got = readSync(fd, content, at, content.length - at, at);
    return content.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}
