import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { View } from "./sandbox.ts";

const PRODUCT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
/** Top folders that hold the system's programs and libraries, and nothing of a user's. */
const SYSTEM = new Set(["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "nix", "gnu"]);

const inside = (path: string, folder: string) => path === folder || path.startsWith(folder + sep);

/** Options of bwrap that show a file or folder at its own path. */
const show = (path: string) => ["--ro-bind", path, path];

/** Hides a folder behind an empty one, a file behind an empty file. */
const mask = (path: string, isFolder: boolean) =>
  isFolder ? ["--tmpfs", path, "--remount-ro", path] : ["--ro-bind", "/dev/null", path];

let settings: string[] | undefined;
/** /etc without what only root or a group may read: a harness that runs as root must not lend its eyes. */
function systemSettings(): string[] {
  if (settings) return settings;
  const args: string[] = [];
  for (const root of ["/etc", "/usr/local/etc"]) {
    if (!existsSync(root)) continue;
    if (root === "/etc") args.push(...show(root));
    const left = [root];
    for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isSymbolicLink()) continue;
        const path = join(folder, entry.name);
        const { mode } = lstatSync(path);
        const needed = entry.isDirectory() ? 0o005 : 0o004;
        if ((mode & needed) !== needed) args.push(...mask(path, entry.isDirectory()));
        else if (entry.isDirectory()) left.push(path);
      }
    }
  }
  settings = args;
  return args;
}

/** The folders that a program on PATH needs: its prefix when it looks like one (bin beside lib), else the entry alone. */
function toolchains(path: string): string[] {
  const home = homedir();
  const found = new Set<string>();
  for (const entry of path.split(":")) {
    if (!entry.startsWith("/") || !existsSync(entry)) continue;
    const real = realpathSync(entry);
    if (SYSTEM.has(real.split(sep)[1] ?? "")) continue;
    if (inside(real, PRODUCT) || inside(PRODUCT, real) || inside(home, real)) continue;
    const prefix = dirname(real);
    const isPrefix =
      ["bin", "sbin", "shims", "condabin"].includes(basename(real)) &&
      ["lib", "lib64", "libexec", "versions", "share"].some((name) => existsSync(join(prefix, name))) &&
      !inside(home, prefix) &&
      !inside(PRODUCT, prefix) &&
      // Cargo keeps credentials and ~/.local keyrings beside their bin.
      ![".cargo", ".local"].includes(basename(prefix));
    found.add(isPrefix ? prefix : real);
    if (resolve(entry) !== real) found.add(resolve(entry));
    if (basename(prefix) === ".cargo" && existsSync(join(home, ".rustup"))) found.add(join(home, ".rustup"));
  }
  return [...found];
}

/**
 * The mounts of a contained program: nothing but the system's programs, its public settings, the toolchains on its
 * PATH, and what the view names. No HOME, no /var, /run, /srv, /mnt, nor any folder that this list does not know.
 * /tmp, /var/tmp and /dev/shm lie on disk below the view's home, so that all that it writes can be counted.
 */
export function closedMounts(view: View, path: string, extra: readonly string[]): string[] {
  const args: string[] = [];
  for (const name of readdirSync("/")) {
    if (!SYSTEM.has(name)) continue;
    const at = `/${name}`;
    const stat = lstatSync(at);
    if (stat.isSymbolicLink()) args.push("--symlink", readlinkSync(at), at);
    else if (stat.isDirectory()) args.push(...show(at));
  }
  args.push(...systemSettings(), "--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu");
  if (SYSTEM.has(PRODUCT.split(sep)[1] ?? "")) args.push(...mask(PRODUCT, true));
  args.push("--dev", "/dev", "--proc", "/proc");
  for (const [name, at] of [
    [".tmp", "/tmp"],
    [".var-tmp", "/var/tmp"],
    [".shm", "/dev/shm"],
  ] as const) {
    const folder = join(view.home, name);
    mkdirSync(folder, { recursive: true });
    args.push("--bind", folder, at);
  }
  for (const one of toolchains(path)) args.push(...show(one));
  for (const one of view.readable) args.push("--ro-bind-try", one, one);
  for (const one of [view.home, ...view.writable]) args.push("--bind", one, one);
  args.push(...extra, "--remount-ro", "/dev", "--remount-ro", "/");
  return args;
}
