import { createHash } from "node:crypto";
import type { AgentSpec, ConditionSpec, Plan, SessionIdentity, Study } from "../model/study.ts";
import { UserError } from "../util/errors.ts";
import { seededRandom, shuffled } from "../util/random.ts";

/** What the files hold that a session depends on. */
export type FileDigests = (agent: AgentSpec, condition: ConditionSpec, baseline: string) => Record<string, string>;

/** The study's matrix as sessions, in the order that its seed gives. */
export function planOf(study: Study, digests: FileDigests): Plan {
  const sessions: SessionIdentity[] = [];
  for (const baseline of study.baselines) {
    for (const agent of study.agents) {
      const recording = agent.recordings?.[baseline] ?? null;
      if (agent.kind === "replay" && recording === null) {
        throw new UserError(
          "bad-study",
          `The agent ${agent.id} replays, but names no recording for the baseline ${baseline}.`,
          `Add it under agents: recordings: { ${baseline}: <name> }.`,
        );
      }
      for (const condition of study.conditions) {
        for (let replicate = 1; replicate <= study.replicates; replicate++) {
          const factors = {
            scenario: study.scenario,
            baseline,
            agent: agent.id,
            agentKind: agent.kind,
            model: agent.model ?? null,
            condition: condition.id,
            replicate,
            recording,
          };
          const digest = createHash("sha256")
            .update(
              JSON.stringify([factors, agent, condition, study.conversation, digests(agent, condition, baseline)]),
            )
            .digest("hex")
            .slice(0, 6);
          sessions.push({ id: `${baseline}.${agent.id}.${condition.id}.${replicate}-${digest}`, ...factors });
        }
      }
    }
  }
  return { formatVersion: 1, study, sessions: shuffled(sessions, seededRandom(study.seed)) };
}
