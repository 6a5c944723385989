import { z } from "zod";

export const Toolchain = z.enum(["python", "node", "other"]);
export type Toolchain = z.infer<typeof Toolchain>;

/**
 * How an app is installed, built and started: a baseline's `baseline.yaml`, or what detection found in a folder.
 * Commands are run by `sh -c` in the app's folder. `null` skips a stage.
 */
export const AppRecipe = z.strictObject({
  toolchain: Toolchain,
  /** Names the framework in words, such as `FastAPI`. */
  framework: z.string(),
  install: z.string().nullable(),
  build: z.string().nullable(),
  /** PORT is set to the port that it should use. */
  start: z.string(),
  /** Files that decide what `install` brings; they are the key of the dependency cache. */
  dependencyFiles: z.array(z.string()).default([]),
  /** The folder that `install` makes from them alone; null when installing needs the whole tree. */
  dependencyFolder: z.string().nullable().default(null),
  /** Folders that builds make; instances get them by hard link, everything else by copy. */
  buildFolders: z.array(z.string()).default([]),
  /** Settings besides PORT: `secret` stands for 48 random bytes, anything else is taken as it is. */
  settings: z.record(z.string(), z.string()).default({}),
  /** A path that answers when the app is up; any answer will do. */
  ready: z.string().default("/health"),
  startTimeoutMs: z.number().int().positive().default(60_000),
});
export type AppRecipe = z.infer<typeof AppRecipe>;

/** A baseline's manifest: a recipe and what it is for. */
export const BaselineManifest = AppRecipe.extend({
  id: z.string(),
  title: z.string(),
  scenario: z.string(),
});
export type BaselineManifest = z.infer<typeof BaselineManifest>;

/** What was done to get the app running; part of every result. */
export const AppReport = z.object({
  name: z.string(),
  framework: z.string(),
  toolchain: Toolchain,
  install: z.string().nullable(),
  build: z.string().nullable(),
  start: z.string().nullable(),
  sandbox: z.string(),
  /** Names of all settings given, and why each was: never a value. */
  settings: z.array(z.object({ name: z.string(), why: z.string() })),
  stage: z.enum(["ready", "install", "build", "start", "answer"]),
  /** What went wrong, when stage is not `ready`. */
  problem: z.string().optional(),
  log: z.string().optional(),
  durationsMs: z.object({ install: z.number(), build: z.number(), start: z.number() }),
  dependenciesCached: z.boolean(),
});
export type AppReport = z.infer<typeof AppReport>;
