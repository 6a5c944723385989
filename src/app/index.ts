export { cacheFolder, machinePath } from "./environment.ts";
export { detectRecipe, type Overrides, pythonInstall } from "./detect.ts";
export type { Instance, StartResult } from "./instance.ts";
export { prepareApp, type PreparedApp, type PrepareOptions } from "./prepare.ts";
