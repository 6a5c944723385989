import { UserError } from "../util/errors.ts";
import type { Agent } from "./agent.ts";
import { eachLine, runStep } from "./runner.ts";
import { type AgentSetting, apiOf, flagsOf } from "./setting.ts";

/**
 * Any program: the work tree is its current folder, the prompt comes on stdin or as its last argument, exit code 0 is
 * success. What it writes to stdout is kept as its message. A model's address, if the study gives one, is in MODEL_BASE_URL.
 */
export function commandAgent(setting: AgentSetting): Pick<Agent, "run"> {
  const { spec, condition, program } = setting;
  if (condition.mode !== "full" || Object.keys(condition.mcpServers).length > 0)
    throw new UserError(
      "bad-study",
      `The condition ${condition.id} gives a mode or MCP servers, which the agent ${spec.id} of the kind command cannot be told.`,
      "Use the kind acp for a program that speaks the Agent Client Protocol.",
    );
  return {
    run(request) {
      const api = apiOf(setting);
      const argv = [...program.argv, ...flagsOf(setting), ...(spec.prompt === "argument" ? [request.prompt] : [])];
      const env = {
        ...(spec.model === undefined ? {} : { MODEL: spec.model }),
        ...(api === undefined ? {} : { MODEL_BASE_URL: api }),
      };
      return runStep(setting, request, { turns: false, tools: false }, { argv, env }, async (work) => {
        work.emit({ type: "started", version: null, model: null, conversation: null });
        work.spawned.stdin.end(spec.prompt === "stdin" ? request.prompt : "");
        const lines: string[] = [];
        await eachLine(work, (line) => lines.push(line));
        if (lines.length > 0) work.emit({ type: "message", text: lines.join("\n") });
        const { code, limit } = await work.spawned.exited;
        if (limit || code === null) return;
        work.emit({
          type: "ended",
          outcome: code === 0 ? "finished" : "failed",
          reason: code === 0 ? null : `it ended with exit code ${code}`,
        });
      });
    },
  };
}
