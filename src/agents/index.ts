import { acp } from "./acp.ts";
import type { Agent } from "./agent.ts";
import { claudeCode, claudeCodeArguments } from "./claude-code.ts";
import { codex, codexArguments } from "./codex.ts";
import { commandAgent } from "./command.ts";
import { type AgentSetting, flagsOf } from "./setting.ts";

export { AGENT_KINDS, ANY_INSTRUCTIONS, REGISTRIES } from "./kinds.ts";
export { findProgram, loadProgram, type Where } from "./program.ts";
export { replay } from "./replay.ts";
export type { AgentSetting, Program } from "./setting.ts";

const ADAPTERS: Record<
  "claude-code" | "codex" | "acp" | "command",
  { make: (setting: AgentSetting) => Pick<Agent, "run">; argumentsOf: (setting: AgentSetting) => string[] }
> = {
  "claude-code": { make: claudeCode, argumentsOf: claudeCodeArguments },
  codex: { make: codex, argumentsOf: codexArguments },
  acp: { make: acp, argumentsOf: flagsOf },
  command: { make: commandAgent, argumentsOf: flagsOf },
};

/** The adapter of a kind, ready to work, and the arguments that it gives its program in every step. */
export function adapterFor(
  kind: keyof typeof ADAPTERS,
  setting: AgentSetting,
): Pick<Agent, "run"> & { argv: readonly string[] } {
  const { make, argumentsOf } = ADAPTERS[kind];
  return { ...make(setting), argv: [...setting.program.argv, ...argumentsOf(setting)] };
}
