import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import type { AppRecipe } from "../model/app.ts";
import { toolchainVersions } from "./dependencies.ts";
import { cacheFolder } from "./environment.ts";

/** How many built apps are kept; the one that was used longest ago goes first. */
const KEPT_BUILDS = 40;

/** A copy that a killed process left unfinished is removed after this long. */
const ABANDONED_MS = 60 * 60_000;

/**
 * Built copies of an app, kept by everything that decides what building gives: every file of the source with its path,
 * the build command, and the installed dependencies (whose folder is named by lockfile and toolchain). The same code
 * is thus built once, and what is started is byte for byte what building it again would start.
 */
export class BuildCache {
  readonly #entry: string;
  readonly #linked: readonly string[];

  /** `linked`: folders within `prepared` that are links to dependencies and no part of what is built. */
  constructor(
    prepared: string,
    files: readonly string[],
    recipe: AppRecipe,
    dependencies: string,
    linked: readonly string[],
  ) {
    const hash = createHash("sha256").update(
      JSON.stringify([1, recipe.build, recipe.buildFolders, dependencies, toolchainVersions()]),
    );
    for (const file of [...files].sort()) {
      if (lstatSync(join(prepared, file), { throwIfNoEntry: false })?.isFile())
        hash.update(`\0${file}\0`).update(readFileSync(join(prepared, file)));
    }
    this.#entry = join(cacheFolder(), "builds", hash.digest("hex").slice(0, 24));
    this.#linked = linked;
  }

  /** Puts a kept build into the folder; false when there is none. */
  restore(prepared: string): boolean {
    if (!existsSync(this.#entry)) return false;
    // What the builder wrote beside the packages comes with the links to them.
    if (existsSync(join(this.#entry, "node_modules")))
      rmSync(join(prepared, "node_modules"), { recursive: true, force: true });
    cpSync(this.#entry, prepared, { recursive: true, verbatimSymlinks: true });
    utimesSync(this.#entry, new Date(), new Date());
    return true;
  }

  /** Keeps what was built. Whole or not at all: it is copied beside its place and renamed. */
  keep(prepared: string): void {
    const folder = join(this.#entry, "..");
    mkdirSync(folder, { recursive: true });
    const unfinished = `${this.#entry}.${process.pid}.tmp`;
    cpSync(prepared, unfinished, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !this.#linked.some((name) => path === join(prepared, name)),
    });
    try {
      renameSync(unfinished, this.#entry);
    } catch {
      // Another process built the same code at the same time; its copy is as good.
      rmSync(unfinished, { recursive: true, force: true });
    }
    this.#tidy(folder);
  }

  #tidy(folder: string): void {
    const entries = readdirSync(folder)
      .map((name) => join(folder, name))
      .map((path) => ({ path, at: lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => b.at - a.at);
    const cutOff = entries.filter(({ path, at }) => path.endsWith(".tmp") && Date.now() - at > ABANDONED_MS);
    const oldest = entries.filter(({ path }) => !path.endsWith(".tmp")).slice(KEPT_BUILDS);
    for (const { path } of [...cutOff, ...oldest]) rmSync(path, { recursive: true, force: true });
  }
}
