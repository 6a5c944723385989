export { runInstall } from "./dependencies.ts";
export { detectRecipe, type Overrides, pythonInstall } from "./detect.ts";
export { type Door, doorTo } from "./door.ts";
export { cacheFolder, installEnvironment, machinePath } from "./environment.ts";
export type { Instance, StartResult } from "./instance.ts";
export { type PreparedApp, type PrepareOptions, prepareApp } from "./prepare.ts";
export { lackingSettings } from "./settings.ts";
export { settingsRead } from "./settings-known.ts";
export { copyFiles, sourceFiles } from "./source.ts";
