import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import { StudyAgents } from "../../src/cli/agents.ts";
import { guardOf } from "../../src/cli/guard.ts";
import { planStudy } from "../../src/cli/study.ts";
import { work } from "../../src/engine/session.ts";
import { type AgentEvent, TranscriptLine } from "../../src/model/agent.ts";
import type { RunEvent } from "../../src/model/events.ts";
import type { SessionRecord } from "../../src/model/session.ts";
import { Study } from "../../src/model/study.ts";
import { chooseSandbox } from "../../src/sandbox/index.ts";
import { RunFolder } from "../../src/store/index.ts";
import { removeTree } from "../../src/util/scratch.ts";

/** A session of real programs: its own study, run folder and place. */
export interface Trial {
  /** Works on the session, from the beginning or from where it was cut off. */
  work(options?: { prompts?: readonly string[]; signal?: AbortSignal }): Promise<SessionRecord>;
  events: RunEvent[];
  transcript(step: number): AgentEvent[];
  /** A file of the session's folder, as text. */
  kept(name: string): string;
  place: string;
  /** Writes a file beside the study. */
  write(name: string, content: string): void;
}

const { sandbox } = chooseSandbox("auto", { forAgents: true });

/** `script` is what the model answers; `agent` and `condition` are as in a study file. */
export function trial(
  agent: Record<string, unknown>,
  script: unknown,
  more: { condition?: Record<string, unknown>; limits?: Record<string, unknown>; conversation?: string } = {},
): Trial {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "trial-"));
  const place = mkdtempSync(join(realpathSync("/var/tmp"), "w-"));
  onTestFinished(() => {
    removeTree(folder);
    removeTree(place);
  });
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  if (script !== null) write("script.yaml", stringify(script));
  write("guidance.md", "Always write GUIDED into what you make.\n");
  const study = Study.parse({
    id: "trial",
    scenario: "pipeline-jobs",
    baselines: ["express-jobs"],
    agents: [{ id: "agent", ...(script === null ? {} : { model: "scripted", script: "script.yaml" }), ...agent }],
    conditions: [{ id: "only", ...more.condition }],
    limits: more.limits ?? {},
    conversation: more.conversation ?? "fresh",
  });
  const plan = planStudy(study, folder);
  const [identity] = plan.sessions;
  if (!identity) throw new Error("no session");
  const run = new RunFolder(join(folder, "run"));
  mkdirSync(run.path);
  run.writePlan(plan);
  const events: RunEvent[] = [];
  const kept = (name: string) => readFileSync(join(run.sessionFolder(identity.id), name), "utf8");
  return {
    events,
    kept,
    place,
    write,
    async work({ prompts = ["Make the first file.", "Make the second file."], signal } = {}) {
      const agents = new StudyAgents(study, folder, sandbox);
      const stops: (() => Promise<void>)[] = [];
      try {
        return await work({
          run,
          identity,
          place,
          prompts,
          signal,
          limits: study.limits,
          conversation: study.conversation,
          instructions: agents.instructions(identity),
          emit: (event) => events.push(event),
          guard: await guardOf(identity, agents.guidance(identity), sandbox.name),
          agent: async (folders) => {
            const made = await agents.make(identity, folders);
            stops.push(made.stop);
            return made.agent;
          },
        });
      } finally {
        for (const stop of stops) await stop();
      }
    },
    transcript: (step) =>
      existsSync(join(run.sessionFolder(identity.id), "steps", String(step), "transcript.ndjson"))
        ? kept(`steps/${step}/transcript.ndjson`)
            .trim()
            .split("\n")
            .map((line) => TranscriptLine.parse(JSON.parse(line)).event)
        : [],
  };
}

/** Events of one type. */
export const only = <Type extends AgentEvent["type"]>(
  events: readonly AgentEvent[],
  type: Type,
): Extract<AgentEvent, { type: Type }>[] =>
  events.filter((event): event is Extract<AgentEvent, { type: Type }> => event.type === type);
