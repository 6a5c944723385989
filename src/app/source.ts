import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** Never part of an app's source: what installing and running leave behind. */
const LEFT_OUT = new Set([
  ...[
    "node_modules",
    ".venv",
    "venv",
    ".git",
    ".next",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "target",
  ],
  ...[".tox", ".nox", ".gradle", ".turbo", ".svelte-kit", "coverage", ".DS_Store", ".idea", ".vscode"],
]);

/** Files of a folder, relative, sorted. Skips what is never source and, in a git checkout, what git ignores. */
export function sourceFiles(folder: string): string[] {
  const tracked = gitFiles(folder);
  if (tracked) return tracked.filter((path) => !path.split(sep).some((part) => LEFT_OUT.has(part))).sort();
  const out: string[] = [];
  const visit = (at: string) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (LEFT_OUT.has(entry.name)) continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() || entry.isSymbolicLink()) out.push(relative(folder, path));
    }
  };
  visit(folder);
  return out.sort();
}

/** What git tracks, and what it neither tracks nor ignores; undefined when the folder is not the root of a checkout. */
function gitFiles(folder: string, which = ["--cached", "--others", "--exclude-standard"]): string[] | undefined {
  if (lstatSync(join(folder, ".git"), { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    const listed = execFileSync("git", ["-c", "core.fsmonitor=false", "ls-files", "-z", ...which], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "ignore"],
      env: {
        PATH: process.env["PATH"] ?? "",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_OPTIONAL_LOCKS: "0",
      },
    });
    return [...new Set(listed.split("\0"))].filter(
      (path) => path !== "" && lstatSync(join(folder, path), { throwIfNoEntry: false }) !== undefined,
    );
  } catch {
    return undefined;
  }
}

/** Whether git tracks this file of a checkout. */
export function isTracked(folder: string, file: string): boolean {
  return gitFiles(folder, ["--cached"])?.includes(file) ?? false;
}

/** Copies files from one folder to another; links are copied as links when they stay inside, else left out. */
export function copyFiles(from: string, to: string, files: readonly string[]): void {
  const made = new Set<string>();
  for (const file of files) {
    const source = join(from, file);
    const target = join(to, file);
    const folder = dirname(target);
    if (!made.has(folder)) {
      mkdirSync(folder, { recursive: true });
      made.add(folder);
    }
    const stat = lstatSync(source, { throwIfNoEntry: false });
    if (!stat) continue;
    if (stat.isSymbolicLink()) {
      const link = readlinkSync(source);
      if (!link.startsWith(sep) && !relative(from, join(dirname(source), link)).startsWith(".."))
        symlinkSync(link, target);
    } else if (stat.isFile()) copyFileSync(source, target);
  }
}

/**
 * A fresh copy of a prepared folder. Dependency folders are linked (read-only in a sandbox); files below build folders
 * are hard-linked, since builds are large and servers do not rewrite them; all else is copied, so that no instance
 * can change another's files.
 */
export function cloneFolder(
  from: string,
  to: string,
  linked: readonly string[],
  buildFolders: readonly string[],
): void {
  mkdirSync(to, { recursive: true });
  const visit = (path: string) => {
    for (const entry of readdirSync(join(from, path), { withFileTypes: true })) {
      const inner = path === "" ? entry.name : join(path, entry.name);
      const source = join(from, inner);
      const target = join(to, inner);
      if (linked.includes(inner)) symlinkSync(realpathSync(source), target);
      else if (entry.isDirectory()) {
        mkdirSync(target, { recursive: true });
        visit(inner);
      } else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
      else if (entry.isFile()) {
        const built = buildFolders.some((folder) => inner.startsWith(folder + sep));
        if (built) linkOrCopy(source, target);
        else copyFileSync(source, target);
      }
    }
  };
  visit("");
}

/** A folder with a link to each entry of another: what lies there is only read, and tools can write beside it. */
export function linkEntries(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) symlinkSync(join(from, name), join(to, name));
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

const SOURCE_NAME =
  /\.(py|[cm]?[jt]sx?|go|rs|java|kt|rb|php|cs|ex|exs|scala|toml|ya?ml|prisma|env\.example|example|sample|env\.template|env\.dist)$/;

const TEST_FILE =
  /(^|\/)(tests?|__tests__|spec)\/|\.(test|spec)\.[cm]?[jt]sx?$|(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/;

/** All source text of an app, its tests left out, by file, for reading hints; large files are left out. */
export function sourceTexts(folder: string): Map<string, string> {
  const out = new Map<string, string>();
  let total = 0;
  for (const file of sourceFiles(folder)) {
    if (!SOURCE_NAME.test(file) || TEST_FILE.test(file)) continue;
    const stat = lstatSync(join(folder, file));
    if (!stat.isFile() || stat.size > 256 * 1024 || total > 8 * 1024 * 1024) continue;
    total += stat.size;
    out.set(file, readFileSync(join(folder, file), "utf8"));
  }
  return out;
}

/** The README at an app's root; empty when there is none. */
export function readmeText(folder: string): string {
  const file = sourceFiles(folder).find((path) => /^readme(\.(md|rst|txt))?$/i.test(path));
  return file === undefined ? "" : readFileSync(join(folder, file), "utf8").slice(0, 256 * 1024);
}

/** The command of the `web` line in a Procfile at an app's root. */
export function procfileWeb(folder: string): string | undefined {
  const file = join(folder, "Procfile");
  const isThere = lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  return isThere ? /^web:\s*(.+)$/m.exec(readFileSync(file, "utf8"))?.[1] : undefined;
}
