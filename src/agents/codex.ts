import { z } from "zod";
import type { AgentEvent, AgentOutcome, ToolKind } from "../model/agent.ts";
import type { Conversation } from "../model/session.ts";
import { UserError } from "../util/errors.ts";
import { since } from "./account.ts";
import type { Agent } from "./agent.ts";
import { nameOf } from "./claude-code.ts";
import { eachLine, outcomeOf, runStep } from "./runner.ts";
import { type AgentSetting, apiOf, effortOf, flagsOf, isProgram } from "./setting.ts";

const Item = z.looseObject({
  id: z.string(),
  type: z.string(),
  text: z.string().optional(),
  message: z.string().optional(),
  command: z.string().optional(),
  exit_code: z.number().nullish(),
  status: z.string().optional(),
  changes: z.array(z.looseObject({ path: z.string() })).optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
  query: z.string().optional(),
});
const Usage = z.looseObject({
  input_tokens: z.number(),
  cached_input_tokens: z.number().optional(),
  cache_write_input_tokens: z.number().optional(),
  output_tokens: z.number(),
  reasoning_output_tokens: z.number().optional(),
});

/** The lines of `codex exec --json` that are read; every other type is kept as it is. */
const Line = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("thread.started"), thread_id: z.string() }),
  z.looseObject({ type: z.literal("turn.started") }),
  z.looseObject({ type: z.literal("item.started"), item: Item }),
  z.looseObject({ type: z.literal("item.updated"), item: Item }),
  z.looseObject({ type: z.literal("item.completed"), item: Item }),
  z.looseObject({ type: z.literal("turn.completed"), usage: Usage.nullish() }),
  z.looseObject({ type: z.literal("turn.failed"), error: z.looseObject({ message: z.string() }) }),
  z.looseObject({ type: z.literal("error"), message: z.string() }),
]);
type Line = z.infer<typeof Line>;

const KINDS: Record<string, ToolKind> = {
  command_execution: "run",
  file_change: "edit",
  mcp_tool_call: "mcp",
  web_search: "search",
  todo_list: "plan",
  collab_tool_call: "delegate",
};
/** Items that are no tool calls. */
const SILENT = new Set(["agent_message", "reasoning", "error"]);

/** Reads the stream of one step. `before` is the conversation that it goes on with: usage is given for all of it. */
class Reader {
  readonly #before: Conversation | null;
  readonly #begun = new Set<string>();

  constructor(before: Conversation | null) {
    this.#before = before;
  }

  read(line: Line): AgentEvent[] {
    switch (line.type) {
      case "thread.started":
        return [{ type: "started", version: null, model: null, conversation: line.thread_id }];
      case "turn.started":
      case "item.updated":
        return [];
      case "item.started":
        return this.#begin(line.item);
      case "item.completed":
        return this.#complete(line.item);
      case "error":
        return [{ type: "trouble", text: line.message }];
      case "turn.failed":
        return [{ type: "ended", outcome: meaningOf(line.error.message), reason: line.error.message.slice(0, 500) }];
      case "turn.completed":
        return [...(line.usage ? [this.#usage(line.usage)] : []), { type: "ended", outcome: "finished", reason: null }];
    }
  }

  #begin(item: z.infer<typeof Item>): AgentEvent[] {
    if (SILENT.has(item.type) || this.#begun.has(item.id)) return [];
    this.#begun.add(item.id);
    const kind = KINDS[item.type] ?? "other";
    const call = (id: string, subject: string | null): AgentEvent => ({
      type: "tool-call",
      id,
      kind,
      tool: kind === "mcp" ? `mcp__${item.server}__${item.tool}` : item.type,
      subject,
    });
    // A change of several files is as many edits, as other agents count them.
    if (item.changes) return item.changes.map(({ path }, i) => call(`${item.id}.${i}`, path));
    return [call(item.id, (item.command ?? item.query ?? null)?.slice(0, 2000) ?? null)];
  }

  #complete(item: z.infer<typeof Item>): AgentEvent[] {
    if (item.type === "agent_message") return [{ type: "message", text: item.text ?? "" }];
    if (item.type === "error") return [{ type: "trouble", text: item.message ?? "" }];
    if (item.type === "reasoning") return [];
    const ok = item.exit_code == null ? item.status !== "failed" : item.exit_code === 0;
    const ids = item.changes ? item.changes.map((_, i) => `${item.id}.${i}`) : [item.id];
    return [...this.#begin(item), ...ids.map((id): AgentEvent => ({ type: "tool-result", id, ok }))];
  }

  #usage(usage: z.infer<typeof Usage>): AgentEvent {
    const before = this.#before;
    return {
      type: "usage",
      tokens: {
        in: since(usage.input_tokens, before?.tokensIn),
        out: since(usage.output_tokens, before?.tokensOut),
        cached: since(usage.cached_input_tokens ?? null, before?.tokensCached),
        // Not kept over steps; the price tables of its models have no price of their own for it.
        cacheWritten: null,
        reasoning: since(usage.reasoning_output_tokens ?? null, before?.tokensReasoning),
      },
      costUsd: null,
    };
  }
}

/** It says in words why it failed; the status is part of them. */
function meaningOf(message: string): AgentOutcome {
  const status = /\b(?:status:?|code:?) (\d{3})\b/.exec(message)?.[1];
  if (status) return outcomeOf(Number(status));
  if (/usage limit|rate limit|too many requests/i.test(message)) return "rate-limited";
  if (/unauthorized|not logged in|login/i.test(message)) return "not-signed-in";
  if (/high demand|overloaded|stream disconnected|connection|timed? ?out|error sending request/i.test(message))
    return "unavailable";
  return "failed";
}

/** A value of its settings, in TOML. */
function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)} = ${toml(one)}`)
      .join(", ")}}`;
  // JSON's strings, numbers and booleans are TOML's as well.
  return JSON.stringify(value);
}

/** The arguments but for the conversation. Throws UserError for a mode that `codex exec` does not have. */
export function codexArguments(setting: AgentSetting): string[] {
  const { spec, condition } = setting;
  if (condition.mode !== "full")
    throw new UserError(
      "bad-study",
      `The condition ${condition.id} wants the mode ${condition.mode}, but \`codex exec\` never asks.`,
      "Use mode: full for Codex, or drive it as an ACP agent.",
    );
  const api = apiOf(setting);
  const effort = effortOf(setting);
  const settings: [string, unknown][] = [
    ["approval_policy", "never"],
    ...(effort === undefined ? [] : [["model_reasoning_effort", effort] as [string, unknown]]),
    ...Object.entries(condition.mcpServers).map(([name, server]): [string, unknown] => [
      `mcp_servers.${name}`,
      isProgram(server) ? server : { url: server.url },
    ]),
    ...(api === undefined
      ? []
      : ([
          ["model_provider", "study"],
          [
            "model_providers.study",
            { name: "study", base_url: `${api}/v1`, wire_api: "responses", env_key: "STUDY_MODEL_KEY" },
          ],
        ] as [string, unknown][])),
  ];
  return [
    ...["--json", "--skip-git-repo-check"],
    ...(spec.model === undefined ? [] : ["-m", spec.model]),
    ...settings.flatMap(([key, value]) => ["-c", `${key}=${toml(value)}`]),
    ...flagsOf(setting),
  ];
}

/**
 * Codex: `codex exec` for each step, its prompt on stdin. Seen with 0.169.0: usage is that of the whole conversation, also
 * over `resume`; the stream names no model; retries of single requests are not shown.
 */
export function codex(setting: AgentSetting): Pick<Agent, "run"> {
  return {
    run(request) {
      const { conversation } = request;
      const how = conversation
        ? [
            "exec",
            "resume",
            "-c",
            'sandbox_mode="danger-full-access"',
            ...codexArguments(setting),
            conversation.id,
            "-",
          ]
        : ["exec", "-s", "danger-full-access", ...codexArguments(setting), "-"];
      const key = setting.env["CODEX_API_KEY"] ?? setting.env["OPENAI_API_KEY"];
      const env =
        apiOf(setting) === undefined ? {} : { STUDY_MODEL_KEY: setting.modelPort === null ? (key ?? "") : "scripted" };
      const reader = new Reader(conversation);
      const start = { argv: [...setting.program.argv, ...how], env };
      return runStep(setting, request, { turns: false, tools: true }, start, async (work) => {
        work.spawned.stdin.end(request.prompt);
        await eachLine(work, (text) => {
          const line = parsed(text);
          if (!line) return work.emit({ type: "unknown", name: nameOf(text) });
          for (const event of reader.read(line)) work.emit(event);
        });
      });
    },
  };
}

function parsed(text: string): Line | undefined {
  try {
    return Line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
