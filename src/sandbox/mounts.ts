import { spawnSync } from "node:child_process";
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

const isSystem = (path: string) => SYSTEM.has(path.split(sep)[1] ?? "");

/** A folder that holds more than programs: our own, the user's HOME, or one that holds either. */
const isPrivate = (path: string) => inside(path, PRODUCT) || inside(PRODUCT, path) || inside(homedir(), path);

/** A folder of programs, with its prefix when it looks like one: bin beside lib. */
function withPrefix(bin: string): string {
  const prefix = dirname(bin);
  const isPrefix =
    ["bin", "sbin", "shims", "condabin"].includes(basename(bin)) &&
    ["lib", "lib64", "libexec", "versions", "share"].some((name) => existsSync(join(prefix, name))) &&
    !isPrivate(prefix) &&
    // Cargo keeps credentials and ~/.local keyrings beside their bin.
    ![".cargo", ".local"].includes(basename(prefix));
  return isPrefix ? prefix : bin;
}

const toolchainsOf = new Map<string, string[]>();
/** What the programs on PATH need besides the system's folders: their prefixes, and where links among them lead. */
function toolchains(path: string): string[] {
  const before = toolchainsOf.get(path);
  if (before) return before;
  const found = new Set<string>();
  for (const entry of new Set(path.split(":"))) {
    if (!entry.startsWith("/") || !existsSync(entry)) continue;
    const bin = realpathSync(entry);
    if (!isSystem(bin)) {
      if (isPrivate(bin)) continue;
      found.add(withPrefix(bin));
      if (resolve(entry) !== bin) found.add(resolve(entry));
      const rustup = join(homedir(), ".rustup");
      if (basename(dirname(bin)) === ".cargo" && existsSync(rustup)) found.add(rustup);
    }
    for (const program of linkedPrograms(bin)) {
      if (isSystem(program) || isPrivate(program) || isPrivate(dirname(program))) continue;
      const prefix = withPrefix(dirname(program));
      found.add(prefix === dirname(program) ? program : prefix);
    }
  }
  const outermost = [...found].filter((one) => ![...found].some((other) => other !== one && inside(one, other)));
  toolchainsOf.set(path, outermost);
  return outermost;
}

const linkedFrom = new Map<string, string[]>();
/** Where the links of a folder of programs lead; read once, since every copy of an app has a PATH of its own. */
function linkedPrograms(bin: string): string[] {
  const before = linkedFrom.get(bin);
  if (before) return before;
  const found = readdirSync(bin, { withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .flatMap((entry) => {
      try {
        return [realpathSync(join(bin, entry.name))];
      } catch {
        return [];
      }
    });
  linkedFrom.set(bin, found);
  return found;
}

/** Files and folders that variables of the environment name (certificates, headers, wheels), which the caller chose. */
function namedIn(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name]) => name !== "PATH" && name !== "HOME")
    .flatMap(([, value]) => value.split(/[:,\s]+/))
    .filter((path) => /^\/[^/]/.test(path) && existsSync(path))
    .map((path) => realpathSync(path))
    .filter(
      (path) =>
        !isSystem(path) && !isPrivate(path) && !["tmp", "dev", "proc", "etc"].includes(path.split(sep)[1] ?? ""),
    );
}

/** Where /tmp, /var/tmp and /dev/shm lie: on disk below HOME, where they can be counted, or in memory up to 1 GiB each. */
function scratchMounts(view: View, kind: "disk" | "memory"): string[] {
  const places = { "/tmp": ".tmp", "/var/tmp": ".var-tmp", "/dev/shm": ".shm" };
  return Object.entries(places).flatMap(([at, name]) => {
    if (kind === "memory") return [...(bwrapKnows("--size") ? ["--size", String(2 ** 30)] : []), "--tmpfs", at];
    const folder = join(view.home, name);
    mkdirSync(folder, { recursive: true });
    return ["--bind", folder, at];
  });
}

/** A harness that runs as root stays the owner of the kernel's settings inside, so they are shown read-only. */
function kernelSettings(): string[] {
  const parts = ["sys", "sysrq-trigger", "mtrr", "pressure", "fs", "acpi", "scsi"].map((name) => `/proc/${name}`);
  return parts.filter((path) => existsSync(path)).flatMap(show);
}

let help: string | undefined;
/** Whether this bwrap has an option: --size and --disable-userns came with 0.7 and 0.8. */
export function bwrapKnows(option: string): boolean {
  help ??= spawnSync("bwrap", ["--help"], { encoding: "utf8", timeout: 10_000 }).stdout ?? "";
  return help.includes(`${option} `);
}

/**
 * The mounts of a contained program: nothing but the system's programs, its public settings, the toolchains on its
 * PATH, what its environment names, and what the view names. No HOME, no /var, /run, /srv, /mnt, nor any folder that
 * this list does not know.
 */
export function closedMounts(
  command: { view: View; env: Readonly<Record<string, string>> },
  options: { scratch: "disk" | "memory"; resolver: boolean },
  extra: readonly string[],
): string[] {
  const { view, env } = command;
  const args: string[] = [];
  for (const name of readdirSync("/")) {
    if (!SYSTEM.has(name)) continue;
    const at = `/${name}`;
    const stat = lstatSync(at);
    if (stat.isSymbolicLink()) args.push("--symlink", readlinkSync(at), at);
    else if (stat.isDirectory()) args.push(...show(at));
  }
  args.push(...systemSettings(), "--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu");
  if (isSystem(PRODUCT)) args.push(...mask(PRODUCT, true));
  args.push("--dev", "/dev", "--proc", "/proc", ...kernelSettings(), ...scratchMounts(view, options.scratch));
  if (options.resolver) args.push(...show(realpathSync("/etc/resolv.conf")));
  for (const one of toolchains(env["PATH"] ?? "")) args.push(...show(one));
  for (const one of [...namedIn(env), ...view.readable]) args.push("--ro-bind-try", one, one);
  for (const one of [view.home, ...view.writable]) args.push("--bind", one, one);
  args.push(...extra, "--remount-ro", "/dev", "--remount-ro", "/");
  return args;
}
