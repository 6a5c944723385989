import { Readable, Writable } from "node:stream";
import { TransformStream } from "node:stream/web";
import {
  type AcpConnection,
  type McpServer as AcpMcpServer,
  type AnyMessage,
  type ClientContext,
  client,
  methods,
  ndJsonStream,
  PROTOCOL_VERSION,
  RequestError,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
} from "@agentclientprotocol/sdk";
import { z } from "zod";
import type { AgentOutcome, ToolKind } from "../model/agent.ts";
import { reasonOf, UserError } from "../util/errors.ts";
import { since } from "./account.ts";
import type { Agent, StepRequest } from "./agent.ts";
import { runStep, type Work } from "./runner.ts";
import { type AgentSetting, apiOf, effortOf, flagsOf, isProgram } from "./setting.ts";

/** What a `session/update` says, as far as it is read; every other update is kept as it is. */
const Update = z.looseObject({
  sessionId: z.string(),
  update: z.looseObject({
    sessionUpdate: z.string(),
    content: z.looseObject({ type: z.string(), text: z.string().optional() }).optional().catch(undefined),
    toolCallId: z.string().optional(),
    title: z.string().nullish(),
    kind: z.string().nullish(),
    status: z.string().nullish(),
    cost: z.looseObject({ amount: z.number(), currency: z.string() }).nullish(),
  }),
});

/** The answer to a prompt. Its usage is not in the stable protocol yet; agents that know theirs send it like this. */
const Answer = z.looseObject({
  stopReason: z.string(),
  usage: z
    .looseObject({
      inputTokens: z.number(),
      outputTokens: z.number(),
      thoughtTokens: z.number().nullish(),
      cachedReadTokens: z.number().nullish(),
      cachedWriteTokens: z.number().nullish(),
    })
    .nullish(),
});

const KINDS: Record<string, ToolKind> = {
  read: "read",
  edit: "edit",
  delete: "edit",
  move: "edit",
  search: "search",
  execute: "run",
  fetch: "fetch",
  think: "plan",
  switch_mode: "plan",
};

const AUTH_REQUIRED = -32000;
const PERMISSIVE = /yolo|bypass|full|always|auto/i;

/**
 * Any agent that speaks the Agent Client Protocol over stdio (https://agentclientprotocol.com): a process for each step;
 * conversations go on by `session/resume` or `session/load` where the agent has them.
 */
export function acp(setting: AgentSetting): Pick<Agent, "run"> {
  const { program } = setting;
  return {
    run(request) {
      const api = apiOf(setting);
      const start = {
        argv: [...program.argv, ...flagsOf(setting)],
        env: api === undefined ? {} : { MODEL_BASE_URL: api },
      };
      return runStep(setting, request, { turns: false, tools: true }, start, (work) =>
        converse(setting, request, work),
      );
    },
  };
}

async function converse(setting: AgentSetting, request: StepRequest, work: Work): Promise<void> {
  const session = new Session(setting, request, work);
  const { stdin, stdout } = work.spawned;
  const output = tapped("sent", work).pipeTo(Writable.toWeb(stdin));
  output.closed.catch(() => {});
  const input = Readable.toWeb(stdout).pipeThrough(tap((line) => work.raw(line)));
  const stream = ndJsonStream(output.writable, input as ReadableStream<Uint8Array>);
  // The SDK drops, and prints, updates that it does not know; those have to be kept, so they are taken out before it.
  const readable = stream.readable.pipeThrough(
    new TransformStream<AnyMessage, AnyMessage>({
      transform(message, controller) {
        if ("method" in message && message.method === methods.client.session.update)
          session.update(Update.safeParse(message.params).data);
        else controller.enqueue(message);
      },
    }),
  );
  const connection = client({ name: "unprompted" })
    .onRequest(methods.client.session.requestPermission, ({ params }) => session.permission(params))
    .connect({ writable: stream.writable, readable });
  try {
    await session.prompt(connection);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // An agent that ended has said why on stderr; the runner reads it there.
    if (!connection.signal.aborted) work.emit({ type: "ended", ...meaningOf(error) });
  } finally {
    connection.close();
  }
}

/** One conversation: what the agent says and asks, and the prompt that it is given. */
class Session {
  readonly #setting: AgentSetting;
  readonly #request: StepRequest;
  readonly #work: Work;
  readonly #began = new Set<string>();
  #message = "";
  #costUsd: number | null = null;
  /** Before the prompt an agent may replay the conversation; that was counted when it happened. */
  #prompted = false;

  constructor(setting: AgentSetting, request: StepRequest, work: Work) {
    this.#setting = setting;
    this.#request = request;
    this.#work = work;
  }

  async prompt({ agent }: AcpConnection & { agent: ClientContext }): Promise<void> {
    const { condition, spec } = this.#setting;
    const { emit } = this.#work;
    const hello = await agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: {},
      clientInfo: { name: "unprompted", version: "0.1.0" },
    });
    const { session, id } = await this.#open(agent, hello.agentCapabilities ?? {});
    const config = session.configOptions ?? [];
    const optionOf = (category: string) => config.find((one) => one.category === category && one.type === "select");
    const set = async (category: string, value: string | undefined) => {
      if (value === undefined) return;
      const option = optionOf(category);
      if (!option)
        throw new UserError(
          "bad-study",
          `The agent ${spec.id} does not let a client choose its ${category.replace("_", " ")} ("${value}").`,
          "Choose it by its own flags or variables (flags:, env:).",
        );
      await agent.request(methods.agent.session.setConfigOption, { sessionId: id, configId: option.id, value });
    };
    await set("model", spec.model);
    await set("thought_level", effortOf(this.#setting));
    const mode = session.modes?.availableModes.find(({ id: modeId, name }) =>
      condition.mode === "plan"
        ? /plan/i.test(modeId)
        : condition.mode === "full" && PERMISSIVE.test(`${modeId} ${name}`),
    );
    if (condition.mode === "plan" && !mode)
      throw new UserError("bad-study", `The agent ${spec.id} has no plan mode.`, "Leave it out of this condition.");
    if (mode) await agent.request(methods.agent.session.setMode, { sessionId: id, modeId: mode.id });
    emit({ type: "started", version: hello.agentInfo?.version ?? null, model: null, conversation: id });
    this.#prompted = true;
    const answer = Answer.parse(
      await agent.request<unknown>(methods.agent.session.prompt as string, {
        sessionId: id,
        prompt: [{ type: "text", text: this.#request.prompt }],
      }),
    );
    this.#flush();
    const { usage } = answer;
    emit({
      type: "usage",
      tokens: {
        in: usage?.inputTokens ?? null,
        out: usage?.outputTokens ?? null,
        cached: usage?.cachedReadTokens ?? null,
        cacheWritten: usage?.cachedWriteTokens ?? null,
        reasoning: usage?.thoughtTokens ?? null,
      },
      costUsd: since(this.#costUsd, this.#request.conversation?.costUsd),
    });
    const finished = answer.stopReason === "end_turn";
    emit({
      type: "ended",
      outcome: finished ? "finished" : answer.stopReason === "cancelled" ? "failed" : "stopped",
      reason: finished ? null : `it stopped with ${answer.stopReason}`,
    });
  }

  /** A fresh session, or the one of the step before. */
  async #open(
    agent: ClientContext,
    capabilities: { loadSession?: boolean; sessionCapabilities?: { resume?: unknown } },
  ) {
    const { conversation, workTree: cwd } = this.#request;
    const mcpServers = Object.entries(this.#setting.condition.mcpServers).map(
      ([name, server]): AcpMcpServer =>
        isProgram(server)
          ? {
              name,
              command: server.command,
              args: server.args,
              env: Object.entries(server.env).map(([key, value]) => ({ name: key, value })),
            }
          : { type: "http", name, url: server.url, headers: [] },
    );
    if (!conversation) {
      const session = await agent.request(methods.agent.session.new, { cwd, mcpServers });
      return { session, id: session.sessionId };
    }
    const { id } = conversation;
    if (capabilities.sessionCapabilities?.resume)
      return { session: await agent.request(methods.agent.session.resume, { sessionId: id, cwd, mcpServers }), id };
    if (capabilities.loadSession)
      return { session: await agent.request(methods.agent.session.load, { sessionId: id, cwd, mcpServers }), id };
    throw new UserError(
      "bad-study",
      `The agent ${this.#setting.spec.id} cannot go on with a conversation.`,
      "Use conversation: fresh in the study.",
    );
  }

  update(notification: z.infer<typeof Update> | undefined): void {
    const { emit } = this.#work;
    if (!this.#prompted) return;
    if (!notification) {
      emit({ type: "unknown", name: "session/update" });
      return;
    }
    const { update } = notification;
    if (update.sessionUpdate === "agent_message_chunk") {
      this.#message += update.content?.text ?? "";
      return;
    }
    this.#flush();
    switch (update.sessionUpdate) {
      case "tool_call":
      case "tool_call_update":
        this.#tool(update);
        return;
      case "usage_update":
        if (update.cost?.currency === "USD") this.#costUsd = update.cost.amount;
        return;
      case "agent_thought_chunk":
      case "user_message_chunk":
        return;
      default:
        emit({ type: "unknown", name: `session/update ${update.sessionUpdate}` });
    }
  }

  /** A message comes in chunks. */
  #flush(): void {
    if (this.#message) this.#work.emit({ type: "message", text: this.#message });
    this.#message = "";
  }

  #tool({ toolCallId: id = "", title, kind, status }: z.infer<typeof Update>["update"]): void {
    const { emit } = this.#work;
    if (!this.#began.has(id)) {
      this.#began.add(id);
      emit({
        type: "tool-call",
        id,
        kind: KINDS[kind ?? ""] ?? "other",
        tool: kind ?? "other",
        subject: title?.slice(0, 2000) ?? null,
      });
    }
    if (status === "completed" || status === "failed") emit({ type: "tool-result", id, ok: status === "completed" });
  }

  /** Answers by the study's policy. */
  permission({ options, toolCall }: RequestPermissionRequest): RequestPermissionResponse {
    const allow = this.#setting.condition.answers === "allow";
    const kinds = allow ? ["allow_once", "allow_always"] : ["reject_once", "reject_always"];
    const option = kinds.flatMap((kind) => options.filter((one) => one.kind === kind))[0];
    this.#work.emit({
      type: "asked",
      what: toolCall.kind === "switch_mode" ? "plan" : "permission",
      subject: toolCall.title ?? toolCall.toolCallId,
      answer: allow && option ? "allowed" : "denied",
    });
    return { outcome: option ? { outcome: "selected", optionId: option.optionId } : { outcome: "cancelled" } };
  }
}

function meaningOf(error: unknown): { outcome: AgentOutcome; reason: string } {
  const reason = reasonOf(error).slice(0, 500);
  if (error instanceof RequestError && error.code === AUTH_REQUIRED) return { outcome: "not-signed-in", reason };
  const detail = error instanceof RequestError ? `${reason} ${JSON.stringify(error.data ?? "")}` : reason;
  if (/\b429\b|rate.?limit|quota|too many requests/i.test(detail)) return { outcome: "rate-limited", reason };
  if (/\b5\d\d\b|overloaded|unavailable|connection|econn|timed? ?out/i.test(detail))
    return { outcome: "unavailable", reason };
  return { outcome: "failed", reason };
}

/** Passes bytes on and hands each whole line to `see`. */
function tap(see: (line: string) => void): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let pending = "";
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      const lines = (pending + decoder.decode(chunk, { stream: true })).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") see(line);
    },
    flush() {
      if (pending.trim() !== "") see(pending);
    },
  });
}

/** A stream for what we send, noted beside what the agent says. */
function tapped(name: string, { raw }: Work) {
  const through = tap((line) => raw(JSON.stringify({ [name]: JSON.parse(line) as unknown })));
  return {
    pipeTo: (target: WritableStream<Uint8Array>) => ({
      writable: through.writable as WritableStream<Uint8Array>,
      closed: through.readable.pipeTo(target),
    }),
  };
}
