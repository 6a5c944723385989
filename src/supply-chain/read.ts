import { readNpm } from "./npm.ts";
import type { Reading } from "./package.ts";
import { readPypi } from "./pypi.ts";

/** What manifests and lockfiles name, in every ecosystem that we read. */
export const readingsOf = (folder: string): Reading[] =>
  [readNpm(folder), readPypi(folder)].filter((one) => one !== undefined);
