import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** Files of a folder whose path matches, relative and sorted. */
export function filesEnding(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => pattern.test(path))
    .sort();
}

/** The first of these files that the folder has. */
export const firstOf = (folder: string, names: readonly string[]): string | undefined =>
  names.find((name) => existsSync(join(folder, name)));
