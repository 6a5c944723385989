export { detectRecipe, type Overrides, pythonInstall } from "./detect.ts";
export { cacheFolder, machinePath } from "./environment.ts";
export type { Instance, StartResult } from "./instance.ts";
export { type PreparedApp, type PrepareOptions, prepareApp } from "./prepare.ts";
