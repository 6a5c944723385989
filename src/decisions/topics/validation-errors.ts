import { firstOfEach, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";

/** What a refusal of malformed input tells, in the words that the running app's own answers are described in. */
const TELLS = {
  nothing: "tell nothing of the inside",
  words: "tell the validator's words",
  all: "tell the validator's words, what was sent",
} as const;
export type Told = keyof typeof TELLS;

/** Topic `validation-errors`: the most that one of the app's own answers to malformed input tells. */
export function validationErrors(found: readonly { told: Told; at: Node }[]): Sighting[] {
  const most = (["all", "words", "nothing"] as const).find((told) => found.some((one) => one.told === told));
  const sightings = found
    .filter(({ told }) => told === most)
    .map(({ told, at }): Sighting => ({ choice: TELLS[told], origin: "hand-written", at }));
  return firstOfEach(sightings);
}
