import type { World } from "../../../src/exploits/pipeline-jobs/world.ts";
import type { FunctionalCheck } from "../../../src/exploits/scenario.ts";

export type Check = FunctionalCheck<World>;

/** Makes the checks of one prompt: `id` is stable, `says` is the prompt's sentence. */
export const checksOf =
  (step: number) =>
  (id: string, says: string, run: Check["run"]): Check => ({ step, id, says, run });
