import { z } from "zod";
import { type Asked, type Protocol, pieces, type Reply, type StreamEvent } from "./asked.ts";

const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
});
const Body = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Block)]) })),
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
});

const blocksOf = (content: string | z.infer<typeof Block>[]) =>
  typeof content === "string" ? [{ type: "text", text: content }] : content;

/** What the user wrote in a message: its text without the reminders that the client adds. */
function promptOf(content: string | z.infer<typeof Block>[]): string {
  const blocks = blocksOf(content);
  if (blocks.some(({ type }) => type === "tool_result")) return "";
  return blocks
    .map(({ text }) => (text ?? "").replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, "").trim())
    .filter(Boolean)
    .join("\n");
}

function read(body: unknown): Asked {
  const { model, stream, messages, tools } = Body.parse(body);
  let prompt = "";
  let prompts = 0;
  let callsSince: string[] = [];
  for (const { role, content } of messages) {
    if (role === "assistant") {
      for (const block of blocksOf(content))
        if (block.type === "tool_use" && "id" in block) callsSince.push(block.id ?? "");
      continue;
    }
    const said = role === "user" ? promptOf(content) : "";
    if (!said) continue;
    prompt = said;
    prompts++;
    callsSince = [];
  }
  return {
    protocol: "anthropic",
    model,
    stream: stream ?? false,
    prompt,
    prompts,
    callsSince,
    tools: new Map(tools.map(({ name }) => [name, { type: "function", namespace: undefined, name }])),
    text: JSON.stringify(body),
  };
}

const startUsage = ({ usage }: Reply) => ({
  input_tokens: usage.in - usage.cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: usage.cached,
});

const contentOf = (reply: Reply) => [
  ...(reply.say === undefined ? [] : [{ type: "text", text: reply.say }]),
  ...reply.calls.map(({ id, tool, input }) => ({ type: "tool_use", id, name: tool, input })),
];

const stopReason = (reply: Reply) => (reply.calls.length > 0 ? "tool_use" : "end_turn");

function events(reply: Reply): StreamEvent[] {
  const out: StreamEvent[] = [];
  const add = (event: string, data: Record<string, unknown>) => out.push({ event, data: { type: event, ...data } });
  add("message_start", {
    message: {
      id: reply.id,
      type: "message",
      role: "assistant",
      model: reply.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...startUsage(reply), output_tokens: 1 },
    },
  });
  for (const [index, block] of contentOf(reply).entries()) {
    const call = "input" in block;
    add("content_block_start", { index, content_block: call ? { ...block, input: {} } : { type: "text", text: "" } });
    if (call) {
      for (const piece of pieces(JSON.stringify(block.input)))
        add("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: piece } });
    } else {
      for (const piece of pieces(block.text))
        add("content_block_delta", { index, delta: { type: "text_delta", text: piece } });
    }
    add("content_block_stop", { index });
  }
  add("message_delta", {
    delta: { stop_reason: stopReason(reply), stop_sequence: null },
    usage: { output_tokens: reply.usage.out },
  });
  add("message_stop", {});
  return out;
}

const ERROR_TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

/** Anthropic's Messages API, streaming and whole: https://docs.anthropic.com/en/api/messages-streaming. */
export const anthropic: Protocol = {
  read,
  events,
  whole: (reply) => ({
    id: reply.id,
    type: "message",
    role: "assistant",
    model: reply.model,
    content: contentOf(reply),
    stop_reason: stopReason(reply),
    stop_sequence: null,
    usage: { ...startUsage(reply), output_tokens: reply.usage.out },
  }),
  error: ({ status, message }) => ({ type: "error", error: { type: ERROR_TYPES[status] ?? "api_error", message } }),
};
