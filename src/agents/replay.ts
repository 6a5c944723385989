import type { Recording } from "../model/session.ts";
import { UserError } from "../util/errors.ts";
import { KeptRepository } from "../workspace/index.ts";
import { type Agent, NO_SIGN_IN, unknownAccount } from "./agent.ts";

/** Replays a kept session: each step's commit is what the agent left after that prompt, and its
 * closing message what it says again. Asks no model. */
export async function replay(recording: Recording, bundle: string, scratch: string): Promise<Agent> {
  const kept = await KeptRepository.open(bundle, scratch);
  const commitOf = (step: number) => {
    const found = recording.commits.find((one) => one.step === step);
    if (!found)
      throw new UserError(
        "not-found",
        `The recording ${recording.id} has no step ${step}.`,
        "Record it anew, or leave it out of the study.",
      );
    return found;
  };
  return {
    provenance: recording.provenance,
    signIn: NO_SIGN_IN,
    prepare: (workTree) => kept.checkOut(commitOf(0).commit, workTree),
    async run({ step, workTree, onEvent }) {
      const { commit, durationSeconds, closingMessage } = commitOf(step);
      await kept.checkOut(commit, workTree);
      if (closingMessage !== null) onEvent({ type: "message", text: closingMessage });
      return { kind: "done", account: unknownAccount(durationSeconds), conversation: null, hosts: [] };
    },
  };
}
