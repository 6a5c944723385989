import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import type { AppRecipe, AppReport } from "../model/app.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { AppError } from "../util/errors.ts";
import { BuildCache } from "./builds.ts";
import { dependenciesOf, installError, runInstall } from "./dependencies.ts";
import { Instance, type InstanceOptions } from "./instance.ts";
import { type SettingChoice, settingsFor } from "./settings.ts";
import { copyFiles, isTracked, linkEntries, readmeText, sourceFiles, sourceTexts } from "./source.ts";

export interface PrepareOptions {
  name: string;
  /** The app's folder; it is never written. */
  folder: string;
  recipe: AppRecipe;
  sandbox: Sandbox;
  /** Settings the user gave; they win over everything. */
  settings?: Readonly<Record<string, string>>;
  /** A folder in which the build's own cache (.next/cache) is kept between builds of related apps. */
  buildCache?: string;
  signal?: AbortSignal;
  onOutput?: (text: string) => void;
}

/** An app that is installed and built, from which any number of fresh instances can be started. */
export class PreparedApp {
  readonly options: PrepareOptions;
  /** Everything of this app on disk: prepared/, i1/, i2/ ... Removed by dispose(). */
  readonly root: string;
  readonly prepared: string;
  /** Folders that instances get by link, relative. */
  readonly linked: string[] = [];
  /** What instances must be able to read outside their own folder. */
  readonly readable: string[] = [];
  readonly report: AppReport;
  settings: SettingChoice[] = [];
  readonly sources: ReadonlyMap<string, string>;
  /** The text of the README at its root; empty when there is none. */
  readonly readme: string;
  /** The folder of the installed dependencies in the cache; null when they lie in the app's own folder. */
  dependencies: string | null = null;
  readonly #instances = new Set<Instance>();
  #counter = 0;

  constructor(options: PrepareOptions) {
    this.options = options;
    this.root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-app-"));
    this.prepared = join(this.root, "prepared");
    const { recipe } = options;
    this.report = {
      name: options.name,
      framework: recipe.framework,
      toolchain: recipe.toolchain,
      install: recipe.install,
      build: recipe.build,
      start: recipe.start,
      sandbox: options.sandbox.name,
      settings: [],
      stage: "install",
      durationsMs: { install: 0, build: 0, start: 0 },
      dependenciesCached: false,
    };
    this.sources = sourceTexts(options.folder);
    this.readme = readmeText(options.folder);
  }

  /** The command that every instance is started with from now on. */
  get start(): string {
    return this.report.start ?? this.options.recipe.start;
  }

  startWith(command: string): void {
    this.report.start = command;
  }

  /** What every instance is given from now on. */
  give(settings: readonly SettingChoice[]): void {
    this.settings = [...settings];
    this.report.settings = settings.map(({ name, why }) => ({ name, why }));
  }

  /** True when a `.env` file is part of what was handed in (tracked by git), and so of what is judged. */
  get tracksEnvFiles(): boolean {
    return isTracked(this.options.folder, ".env");
  }

  /** Puts the installed dependencies into a folder with this app's files, in the way that the app itself has them. */
  layDependencies(folder: string): void {
    const own = this.options.recipe.dependencyFolder;
    if (this.dependencies !== null && own !== null && !existsSync(join(folder, own))) {
      if (this.linked.includes(own)) symlinkSync(this.dependencies, join(folder, own));
      else linkEntries(this.dependencies, join(folder, own));
    }
    for (const name of this.linked) {
      const target = join(this.prepared, name);
      if (existsSync(target) && !existsSync(join(folder, name))) symlinkSync(realpathSync(target), join(folder, name));
    }
  }

  /** A fresh instance: own copy of the folder, own files, not started yet. */
  newInstance(options: Partial<InstanceOptions> = {}): Instance {
    const instance = new Instance(this, ++this.#counter, options);
    this.#instances.add(instance);
    return instance;
  }

  /** Ends every instance and removes all files. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#instances].map((instance) => instance.dispose()));
    rmSync(this.root, { recursive: true, force: true });
  }
}

/**
 * Copies the source, installs, builds, and finds the settings that the app needs by starting it once.
 * Throws AppError with the failing command's last lines; what was made is removed then.
 */
export async function prepareApp(options: PrepareOptions): Promise<PreparedApp> {
  const app = new PreparedApp(options);
  try {
    await install(app);
    await build(app);
    await findSettings(app);
    return app;
  } catch (error) {
    if (error instanceof AppError) {
      app.report.problem = error.message;
      app.report.log = error.log;
      (error as AppError & { report?: AppReport }).report = app.report;
    }
    await app.dispose();
    throw error;
  }
}

/**
 * Builders such as Vite keep files below node_modules, also when they only read their configuration: there it is a folder
 * of the app's own, with a link to each package. Next.js does not, and wants to find it as it is.
 */
function writesIntoModules(recipe: AppRecipe, dependencies: string): boolean {
  return recipe.dependencyFolder === "node_modules" && recipe.build !== null && !existsSync(join(dependencies, "next"));
}

async function install(app: PreparedApp): Promise<void> {
  const { folder, recipe, sandbox, signal, onOutput } = app.options;
  mkdirSync(app.prepared, { recursive: true });
  copyFiles(folder, app.prepared, sourceFiles(folder));
  layEnvFiles(app);
  if (recipe.install !== null && recipe.dependencyFolder !== null) {
    const dependencies = await dependenciesOf(app.prepared, recipe, sandbox, signal, onOutput);
    app.report.durationsMs.install = dependencies.durationMs;
    app.report.dependenciesCached = dependencies.cached;
    app.dependencies = dependencies.folder;
    app.readable.push(dependencies.folder);
    if (!writesIntoModules(recipe, dependencies.folder)) app.linked.push(recipe.dependencyFolder);
    app.layDependencies(app.prepared);
    return;
  }
  if (recipe.install !== null) {
    const finished = await runInstall(recipe.install, app.prepared, sandbox, signal, onOutput);
    app.report.durationsMs.install = finished.durationMs;
    if (finished.exitCode !== 0) throw installError(finished, recipe.install);
    for (const name of ["node_modules", ".venv", "venv"]) {
      if (!existsSync(join(app.prepared, name))) continue;
      app.linked.push(name);
      app.readable.push(join(app.prepared, name));
    }
    return;
  }
  // Nothing to install: what the folder itself has is what the app runs on.
  for (const name of ["node_modules", ".venv", "venv"]) {
    const own = join(folder, name);
    if (!existsSync(own)) continue;
    symlinkSync(realpathSync(own), join(app.prepared, name));
    app.linked.push(name);
    app.readable.push(realpathSync(own));
  }
  for (const name of [...recipe.buildFolders, "target"]) {
    if (recipe.build === null && existsSync(join(folder, name)))
      cpSync(join(folder, name), join(app.prepared, name), { recursive: true });
  }
}

const ENV_FILE = /--env-file[= ]["']?([\w./-]+)/g;

/**
 * A start command that names a file of settings does not start without one. Ours stays empty: what the environment holds
 * goes before what such a file says.
 */
function layEnvFiles(app: PreparedApp): void {
  const manifest = join(app.prepared, "package.json");
  const commands = [app.options.recipe.start, existsSync(manifest) ? readFileSync(manifest, "utf8") : ""].join("\n");
  for (const [, name = ""] of commands.matchAll(ENV_FILE)) {
    const file = resolve(app.prepared, name);
    if (file.startsWith(app.prepared + sep) && !existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, "");
    }
  }
}

async function build(app: PreparedApp): Promise<void> {
  const { recipe, sandbox, signal, onOutput } = app.options;
  app.report.stage = "build";
  if (recipe.build === null) return;
  const started = performance.now();
  const kept = app.dependencies
    ? new BuildCache(app.prepared, sourceFiles(app.options.folder), recipe, app.dependencies, app.linked)
    : undefined;
  if (kept?.restore(app.prepared)) {
    app.report.durationsMs.build = performance.now() - started;
    return;
  }
  const { buildCache } = app.options;
  const nextCache = join(app.prepared, ".next/cache");
  if (buildCache && existsSync(join(buildCache, "next")))
    cpSync(join(buildCache, "next"), nextCache, { recursive: true });
  const finished = await runInstall(recipe.build, app.prepared, sandbox, signal, onOutput, app.readable);
  app.report.durationsMs.build = finished.durationMs;
  if (finished.exitCode !== 0) {
    const why = finished.ended === "timeout" ? "ran out of time" : `ended with exit code ${finished.exitCode}`;
    throw new AppError("build-failed", `Building failed: \`${recipe.build}\` ${why}.`, finished.output.slice(-4000));
  }
  if (buildCache && existsSync(nextCache) && !existsSync(join(buildCache, "next")))
    cpSync(nextCache, join(buildCache, "next"), { recursive: true });
  rmSync(nextCache, { recursive: true, force: true });
  kept?.keep(app.prepared);
}

async function findSettings(app: PreparedApp): Promise<void> {
  app.report.stage = "start";
  const chosen = await settingsFor(app);
  app.give(chosen.settings);
  app.report.durationsMs.start = chosen.startMs;
  app.report.stage = "ready";
}
