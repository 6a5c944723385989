import type { AgentSpec, ConditionSpec, McpServer } from "../model/study.ts";
import type { Sandbox } from "../sandbox/index.ts";

/** An agent's program as it was found on this machine. */
export interface Program {
  /** What starts it: the program's path, and arguments that belong to it. */
  argv: readonly string[];
  /** What has to be visible so that it can run. */
  readable: readonly string[];
  version: string | null;
}

/** Everything that an adapter needs to work on one session. */
export interface AgentSetting {
  spec: AgentSpec;
  condition: ConditionSpec;
  sandbox: Sandbox;
  program: Program;
  /** The private HOME of the session. */
  home: string;
  /** The environment before what the agent itself needs: PATH, locale, where registries are. */
  env: Readonly<Record<string, string>>;
  /** The port on this machine's loopback where a scripted model answers; null when the real one is asked. */
  modelPort: number | null;
  /** Hosts that it may reach. */
  hosts: readonly string[];
}

/** The port inside the sandbox at which a scripted model is found. */
export const MODEL_PORT = 4010;

/** Where the model's API is, for an agent that is told so; undefined: where its maker has it. */
export const apiOf = ({ modelPort, spec, sandbox }: AgentSetting): string | undefined =>
  modelPort === null ? spec.baseUrl : `http://127.0.0.1:${sandbox.ownPorts ? MODEL_PORT : modelPort}`;

export const effortOf = ({ spec, condition }: AgentSetting): string | undefined => condition.effort ?? spec.effort;

/** The study's own arguments: the agent's, then the condition's. */
export const flagsOf = ({ spec, condition }: AgentSetting): string[] => [
  ...spec.flags,
  ...(condition.flags[spec.kind] ?? []),
];

export const isProgram = (server: McpServer): server is Extract<McpServer, { command: string }> => "command" in server;
