import { z } from "zod";
import type { AgentEvent, AgentOutcome, Tokens, ToolKind } from "../model/agent.ts";
import type { Conversation } from "../model/session.ts";
import { since } from "./account.ts";
import type { Agent } from "./agent.ts";
import { eachLine, outcomeOf, runStep } from "./runner.ts";
import { type AgentSetting, apiOf, effortOf, flagsOf, isProgram } from "./setting.ts";

const count = z.number().nullish();
const Usage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  output_tokens_details: z.looseObject({ thinking_tokens: count }).nullish(),
});
const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().nullish(),
});
const Message = z.looseObject({
  id: z.string().optional(),
  model: z.string().optional(),
  content: z.union([z.string(), z.array(Block)]),
  usage: Usage.nullish(),
});

/** The lines of `--output-format stream-json` that are read; every other type is kept as it is. */
const Line = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("system"),
    subtype: z.string(),
    session_id: z.string().optional(),
    model: z.string().optional(),
    claude_code_version: z.string().optional(),
    error: z.string().nullish(),
    error_status: z.number().nullish(),
  }),
  z.looseObject({ type: z.literal("assistant"), message: Message, is_api_error_message: z.boolean().optional() }),
  z.looseObject({ type: z.literal("user"), message: Message }),
  z.looseObject({
    type: z.literal("result"),
    is_error: z.boolean().optional(),
    subtype: z.string().optional(),
    result: z.string().nullish(),
    usage: Usage.nullish(),
    total_cost_usd: z.number().nullish(),
    modelUsage: z.record(z.string(), z.looseObject({ costBasis: z.string().optional() })).nullish(),
    api_error_status: z.number().nullish(),
    api_error: z.string().nullish(),
  }),
  z.looseObject({
    type: z.literal("control_request"),
    request_id: z.string(),
    request: z.looseObject({
      subtype: z.string(),
      tool_name: z.string().optional(),
      input: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
]);
type Line = z.infer<typeof Line>;

const KINDS: Record<string, ToolKind> = {
  Read: "read",
  NotebookRead: "read",
  LS: "read",
  Write: "edit",
  Edit: "edit",
  MultiEdit: "edit",
  NotebookEdit: "edit",
  Bash: "run",
  PowerShell: "run",
  Glob: "search",
  Grep: "search",
  ToolSearch: "search",
  WebSearch: "search",
  WebFetch: "fetch",
  TodoWrite: "plan",
  TaskCreate: "plan",
  TaskUpdate: "plan",
  EnterPlanMode: "plan",
  ExitPlanMode: "plan",
  Agent: "delegate",
  Task: "delegate",
  Workflow: "delegate",
};
const kindOf = (tool: string): ToolKind => (tool.startsWith("mcp__") ? "mcp" : (KINDS[tool] ?? "other"));

const SUBJECTS = ["command", "file_path", "notebook_path", "path", "pattern", "query", "url", "description"];
const subjectOf = (input: Record<string, unknown>): string | null => {
  for (const name of SUBJECTS) if (typeof input[name] === "string") return input[name].slice(0, 2000);
  return null;
};

const tokensOf = (usage: z.infer<typeof Usage>): Tokens => {
  const [cached, cacheWritten] = [usage.cache_read_input_tokens ?? 0, usage.cache_creation_input_tokens ?? 0];
  return {
    in: usage.input_tokens == null ? null : usage.input_tokens + cached + cacheWritten,
    out: usage.output_tokens ?? null,
    cached,
    cacheWritten,
    reasoning: usage.output_tokens_details?.thinking_tokens ?? null,
  };
};

/** Reads the stream of one step. `before` is the conversation that it goes on with: the cost is given for all of it. */
class Reader {
  readonly #before: Conversation | null;
  readonly #allow: boolean;
  /** Usage of each answer so far, by its id: one answer comes in several lines. */
  readonly #answers = new Map<string, Tokens>();

  constructor(before: Conversation | null, allow: boolean) {
    this.#before = before;
    this.#allow = allow;
  }

  read(line: Line): { events: AgentEvent[]; reply?: unknown } {
    switch (line.type) {
      case "system":
        return { events: this.#system(line) };
      case "assistant":
        return { events: this.#assistant(line) };
      case "user":
        return {
          events: blocksOf(line.message).flatMap(({ type, tool_use_id: id, is_error: failed }): AgentEvent[] =>
            type === "tool_result" && id ? [{ type: "tool-result", id, ok: !failed }] : [],
          ),
        };
      case "result":
        return { events: this.#result(line) };
      case "control_request":
        return this.#asked(line);
    }
  }

  #system(line: Extract<Line, { type: "system" }>): AgentEvent[] {
    if (line.subtype === "init")
      return [
        {
          type: "started",
          version: line.claude_code_version ?? null,
          model: line.model ?? null,
          conversation: line.session_id ?? null,
        },
      ];
    if (line.subtype === "api_retry")
      return [{ type: "trouble", text: `asks again after ${line.error_status ?? line.error ?? "an error"}` }];
    return [{ type: "unknown", name: `system/${line.subtype}` }];
  }

  #assistant({ message, is_api_error_message: apiError }: Extract<Line, { type: "assistant" }>): AgentEvent[] {
    const blocks = blocksOf(message);
    if (apiError) return [{ type: "trouble", text: blocks.map(({ text }) => text ?? "").join(" ") }];
    const events: AgentEvent[] = [];
    const id = message.id ?? `${this.#answers.size}`;
    if (!this.#answers.has(id)) {
      this.#answers.set(id, tokensOf(message.usage ?? {}));
      events.push({ type: "turn" }, { type: "usage", tokens: this.#soFar(), costUsd: null });
    }
    for (const block of blocks) {
      if (block.type === "text") events.push({ type: "message", text: block.text ?? "" });
      if (block.type === "tool_use") {
        const tool = block.name ?? "";
        events.push({
          type: "tool-call",
          id: block.id ?? "",
          kind: kindOf(tool),
          tool,
          subject: subjectOf(block.input ?? {}),
        });
      }
    }
    return events;
  }

  /** The sum over the answers: what can be known before the end. */
  #soFar(): Tokens {
    const sum = (of: (tokens: Tokens) => number | null) =>
      [...this.#answers.values()].reduce((total, tokens) => total + (of(tokens) ?? 0), 0);
    return {
      in: sum((one) => one.in),
      out: sum((one) => one.out),
      cached: sum((one) => one.cached),
      cacheWritten: sum((one) => one.cacheWritten),
      reasoning: null,
    };
  }

  #result(line: Extract<Line, { type: "result" }>): AgentEvent[] {
    // For a model that it does not know, it counts with the prices of another one and says so.
    const guessed = Object.values(line.modelUsage ?? {}).some(({ costBasis }) => costBasis === "unknown");
    const total = guessed ? null : (line.total_cost_usd ?? null);
    const ended = (outcome: AgentOutcome, reason: string | null): AgentEvent => ({ type: "ended", outcome, reason });
    const usage: AgentEvent = {
      type: "usage",
      tokens: line.usage ? tokensOf(line.usage) : this.#soFar(),
      costUsd: since(total, this.#before?.costUsd),
    };
    if (!line.is_error) return [usage, ended("finished", null)];
    // Such as error_max_turns: a bound of its own was reached.
    if (line.subtype?.startsWith("error_max")) return [usage, ended("stopped", line.subtype)];
    const reason = (line.result ?? line.subtype ?? "it says that it failed").slice(0, 500);
    return [usage, ended(line.api_error ? "unavailable" : limitOf(line.api_error_status ?? null, reason), reason)];
  }

  #asked({ request, request_id }: Extract<Line, { type: "control_request" }>): {
    events: AgentEvent[];
    reply?: unknown;
  } {
    if (request.subtype !== "can_use_tool") return { events: [{ type: "unknown", name: request.subtype }] };
    const { tool_name: tool = "", input = {} } = request;
    const answered = (response: Record<string, unknown>) => ({
      type: "control_response",
      response: { subtype: "success", request_id, response },
    });
    if (tool === "AskUserQuestion") {
      const answers = firstOptions(input);
      return {
        events: [
          {
            type: "asked",
            what: "question",
            subject: Object.keys(answers).join(" "),
            answer: Object.values(answers).join(" "),
          },
        ],
        reply: answered({ behavior: "allow", updatedInput: { ...input, answers } }),
      };
    }
    return {
      events: [
        {
          type: "asked",
          what: tool === "ExitPlanMode" ? "plan" : "permission",
          subject: `${tool} ${subjectOf(input) ?? ""}`.trim(),
          answer: this.#allow ? "allowed" : "denied",
        },
      ],
      reply: answered(
        this.#allow ? { behavior: "allow", updatedInput: input } : { behavior: "deny", message: "The user said no." },
      ),
    };
  }
}

const blocksOf = ({ content }: z.infer<typeof Message>) =>
  typeof content === "string" ? ([{ type: "text", text: content }] as z.infer<typeof Block>[]) : content;

/** A subscription that is used up says so in words, with no status. */
function limitOf(status: number | null, reason: string): AgentOutcome {
  if (status === null && /\blimit\b.*\breset|hit your limit|usage limit/i.test(reason)) return "rate-limited";
  if (status === null && /not logged in|please run \/login|invalid api key/i.test(reason)) return "not-signed-in";
  return outcomeOf(status);
}

const Questions = z.object({
  questions: z.array(z.looseObject({ question: z.string(), options: z.array(z.looseObject({ label: z.string() })) })),
});

/** The first option of each question: the one that agents recommend. */
function firstOptions(input: Record<string, unknown>): Record<string, string> {
  const { data } = Questions.safeParse(input);
  return Object.fromEntries(
    (data?.questions ?? []).map(({ question, options }) => [question, options[0]?.label ?? "Decide yourself."]),
  );
}

/** The arguments but for the conversation. */
export function claudeCodeArguments(setting: AgentSetting): string[] {
  const { spec, condition } = setting;
  const effort = effortOf(setting);
  const servers = Object.entries(condition.mcpServers).map(([name, server]) => [
    name,
    isProgram(server) ? server : { type: "http", url: server.url },
  ]);
  return [
    ...["-p", "--output-format", "stream-json", "--verbose"],
    ...(condition.mode === "full"
      ? ["--dangerously-skip-permissions"]
      : [
          ...["--input-format", "stream-json", "--permission-prompt-tool", "stdio"],
          ...["--permission-mode", condition.mode === "plan" ? "plan" : "manual"],
        ]),
    ...(spec.model === undefined ? [] : ["--model", spec.model]),
    ...(effort === undefined ? [] : ["--effort", effort]),
    ...(servers.length === 0 ? [] : ["--mcp-config", JSON.stringify({ mcpServers: Object.fromEntries(servers) })]),
    "--strict-mcp-config",
    ...flagsOf(setting),
  ];
}

/**
 * Claude Code: a process for each step, its prompt on stdin. Seen with 2.1.330: `usage` of the last line is of this
 * process, `total_cost_usd` of the whole conversation, also over `--resume`.
 */
export function claudeCode(setting: AgentSetting): Pick<Agent, "run"> {
  const { program, condition } = setting;
  const api = apiOf(setting);
  return {
    run(request) {
      const { conversation } = request;
      const argv = [
        ...program.argv,
        ...claudeCodeArguments(setting),
        ...(conversation ? ["--resume", conversation.id] : []),
      ];
      const env = {
        DISABLE_AUTOUPDATER: "1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        // It refuses full permissions to root, unless it is told that it is contained.
        IS_SANDBOX: "1",
        ...(api === undefined ? {} : { ANTHROPIC_BASE_URL: api }),
        ...(setting.modelPort === null ? {} : { ANTHROPIC_API_KEY: "scripted" }),
      };
      const reader = new Reader(conversation, condition.answers === "allow");
      return runStep(setting, request, { turns: true, tools: true }, { argv, env }, async (work) => {
        const { stdin } = work.spawned;
        if (condition.mode === "full") stdin.end(request.prompt);
        else stdin.write(`${JSON.stringify({ type: "user", message: { role: "user", content: request.prompt } })}\n`);
        await eachLine(work, (text) => {
          const line = parsed(text);
          if (!line) return work.emit({ type: "unknown", name: nameOf(text) });
          const { events, reply } = reader.read(line);
          for (const event of events) work.emit(event);
          if (reply !== undefined) stdin.write(`${JSON.stringify(reply)}\n`);
          if (line.type === "result") stdin.end();
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

/** What a line calls itself, for those that are not read. */
export function nameOf(text: string): string {
  try {
    const { type } = JSON.parse(text) as { type?: unknown };
    return typeof type === "string" ? type.slice(0, 100) : "untyped";
  } catch {
    return "not JSON";
  }
}
