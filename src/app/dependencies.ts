import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { AppRecipe } from "../model/app.ts";
import { BUILD_LIMITS, type Finished, type Sandbox } from "../sandbox/sandbox.ts";
import { AppError } from "../util/errors.ts";
import { cacheFolder, downloadFolder, installEnvironment, machinePath } from "./environment.ts";

export const INSTALL_TIMEOUT_MS = 20 * 60_000;

let versions: string | undefined;
/** The machine's own node and python: what native modules and virtual environments are made for. */
export function toolchainVersions(): string {
  if (versions !== undefined) return versions;
  const env = { PATH: machinePath() };
  const ask = (file: string, args: string[]) =>
    spawnSync(file, args, { env, encoding: "utf8", timeout: 20_000 }).stdout?.trim() ?? "none";
  versions = [
    ask("node", ["-p", "process.version+process.arch+process.versions.modules"]),
    ask("python3", ["-c", "import sys,platform;print(sys.version,sys.executable,platform.machine())"]),
  ].join("|");
  return versions;
}

function keyOf(folder: string, recipe: AppRecipe): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([1, recipe.install, recipe.dependencyFolder, toolchainVersions()]));
  for (const file of recipe.dependencyFiles) {
    const path = join(folder, file);
    if (existsSync(path)) hash.update(`\0${file}\0`).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 24);
}

/**
 * The app's dependencies from the cache, which is keyed by the files that decide them and by the toolchain's versions;
 * installed there first when they are not. Throws AppError("install-failed") with the installer's last lines.
 */
export async function dependenciesOf(
  folder: string,
  recipe: AppRecipe,
  sandbox: Sandbox,
  signal: AbortSignal | undefined,
  onOutput?: (text: string) => void,
): Promise<{ folder: string; cached: boolean; durationMs: number }> {
  const started = performance.now();
  if (recipe.install === null || recipe.dependencyFolder === null)
    throw new AppError("install-failed", "nothing to install from files alone");
  const entry = join(cacheFolder(), "deps", keyOf(folder, recipe));
  const complete = join(entry, ".complete");
  const done = (cached: boolean) => ({
    folder: join(entry, recipe.dependencyFolder ?? ""),
    cached,
    durationMs: performance.now() - started,
  });
  if (existsSync(complete)) return done(true);
  const unlock = await lock(`${entry}.lock`, () => existsSync(complete), signal);
  try {
    if (existsSync(complete)) return done(true);
    rmSync(entry, { recursive: true, force: true });
    mkdirSync(entry, { recursive: true });
    for (const file of recipe.dependencyFiles) {
      const source = join(folder, file);
      if (!existsSync(source)) continue;
      mkdirSync(dirname(join(entry, file)), { recursive: true });
      copyFileSync(source, join(entry, file));
    }
    const finished = await runInstall(recipe.install, entry, sandbox, signal, onOutput);
    if (finished.exitCode !== 0) throw installError(finished, recipe.install);
    // An app without packages gets no folder of them, and is as installed as any other.
    mkdirSync(done(false).folder, { recursive: true });
    writeFileSync(complete, "");
    return done(false);
  } finally {
    unlock();
  }
}

/** Runs an install or build command in a folder, with network and the shared download caches. */
export async function runInstall(
  shell: string,
  folder: string,
  sandbox: Sandbox,
  signal: AbortSignal | undefined,
  onOutput?: (text: string) => void,
  readable: readonly string[] = [],
): Promise<Finished> {
  mkdirSync(downloadFolder(), { recursive: true });
  // One for each: its /tmp lies in it, and another installation may end first.
  const parent = join(folder, "..");
  sweepHomes(parent);
  const home = mkdtempSync(join(parent, HOME_PREFIX));
  const env = installEnvironment(home);
  try {
    return await sandbox.run({
      shell,
      cwd: folder,
      env: { ...env, PATH: `${join(folder, ".venv/bin")}:${env["PATH"] ?? ""}` },
      view: { writable: [folder, downloadFolder()], readable: [join(cacheFolder(), "tools"), ...readable], home },
      limits: BUILD_LIMITS,
      network: "public",
      timeoutMs: INSTALL_TIMEOUT_MS,
      ...(signal ? { signal } : {}),
      ...(onOutput ? { onOutput } : {}),
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const HOME_PREFIX = ".home-";

/** Takes away what installations left that were killed: older than any may last. */
function sweepHomes(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(HOME_PREFIX)) continue;
    const stat = statSync(join(parent, name), { throwIfNoEntry: false });
    // Not every file system knows when a folder was made.
    const latest = stat && Math.max(stat.birthtimeMs, stat.ctimeMs);
    if (latest !== undefined && Date.now() - latest > 2 * INSTALL_TIMEOUT_MS)
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}

export function installError(finished: Finished, command: string): AppError {
  const why =
    finished.ended === "timeout"
      ? `did not end within ${INSTALL_TIMEOUT_MS / 60_000} minutes`
      : `ended with exit code ${finished.exitCode}`;
  return new AppError(
    "install-failed",
    `Installing failed: \`${command.slice(0, 80)}\` ${why}.`,
    finished.output.slice(-4000),
  );
}

/** A lock file with the holder's pid; a dead holder's lock is taken over. */
async function lock(path: string, done: () => boolean, signal: AbortSignal | undefined): Promise<() => void> {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      const fd = openSync(path, "wx");
      writeFileSync(fd, String(process.pid));
      closeSync(fd);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (done()) return () => {};
    if (isStale(path)) rmSync(path, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 200));
    signal?.throwIfAborted();
  }
}

function isStale(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    if (!pid) return Date.now() - statSync(path).mtimeMs > 5_000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
