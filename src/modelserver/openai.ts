import { z } from "zod";
import { type Asked, type Protocol, pieces, type Reply, type StreamEvent, type Tool, type ToolCall } from "./asked.ts";

const Part = z.looseObject({ type: z.string(), text: z.string().optional() });
const Offered = z.looseObject({ type: z.string(), name: z.string().optional() });
/** Codex offers the tools of one MCP server as a namespace. */
const OfferedTool = Offered.extend({ tools: z.array(Offered).optional() });
const Item = z.looseObject({
  type: z.string().default("message"),
  role: z.string().optional(),
  content: z.union([z.string(), z.array(Part)]).nullish(),
  call_id: z.string().optional(),
  tools: z.array(OfferedTool).optional(),
});
const Body = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  input: z.union([z.string(), z.array(Item)]),
  tools: z.array(OfferedTool).default([]),
});

const textOf = (content: z.infer<typeof Item>["content"]): string =>
  typeof content === "string" ? content : (content ?? []).map(({ text }) => text ?? "").join("\n");

/** Codex sends its context as messages of the user, wrapped in a tag or under this heading. */
const isContext = (text: string) => /^\s*(<[a-z_]+>|# AGENTS\.md instructions)/.test(text);

function read(body: unknown): Asked {
  const { model, stream, input, tools } = Body.parse(body);
  const items = typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input;
  let prompt = "";
  let prompts = 0;
  let callsSince: string[] = [];
  const offered = [...tools];
  for (const item of items) {
    if ("tools" in item && item.tools) offered.push(...item.tools);
    if ("call_id" in item && item.call_id && item.type.endsWith("_call")) callsSince.push(item.call_id);
    if (item.type !== "message" || item.role !== "user") continue;
    const said = textOf(item.content).trim();
    if (!said || isContext(said)) continue;
    prompt = said;
    prompts++;
    callsSince = [];
  }
  return {
    protocol: "openai",
    model,
    stream: stream ?? false,
    prompt,
    prompts,
    callsSince,
    tools: new Map(
      offered.flatMap(({ tools: inside, ...tool }) => [
        ...named(tool, undefined),
        ...(tool.type === "namespace" ? (inside ?? []).flatMap((one) => named(one, tool.name)) : []),
      ]),
    ),
    text: JSON.stringify(body),
  };
}

function named({ type, name }: z.infer<typeof Offered>, namespace: string | undefined): [string, Tool][] {
  if (!name || (type !== "function" && type !== "custom")) return [];
  return [[namespace ? `${namespace}__${name}` : name, { type, namespace, name }]];
}

const callItem = ({ id, tool, namespace, input }: ToolCall) =>
  typeof input === "string"
    ? { type: "custom_tool_call", id: `ct_${id}`, status: "completed", call_id: id, name: tool, input }
    : {
        type: "function_call",
        id: `fc_${id}`,
        status: "completed",
        call_id: id,
        name: tool,
        ...(namespace === undefined ? {} : { namespace }),
        arguments: JSON.stringify(input),
      };

const messageItem = (reply: Reply, text: string) => ({
  type: "message",
  id: `msg_${reply.id}`,
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
});

const itemsOf = (reply: Reply) => [
  ...(reply.say === undefined ? [] : [messageItem(reply, reply.say)]),
  ...reply.calls.map(callItem),
];

const responseOf = (reply: Reply, status: "in_progress" | "completed") => ({
  id: reply.id,
  object: "response",
  created_at: 0,
  status,
  model: reply.model,
  output: status === "completed" ? itemsOf(reply) : [],
  usage:
    status === "completed"
      ? {
          input_tokens: reply.usage.in,
          input_tokens_details: { cached_tokens: reply.usage.cached },
          output_tokens: reply.usage.out,
          output_tokens_details: { reasoning_tokens: reply.usage.reasoning },
          total_tokens: reply.usage.in + reply.usage.out,
        }
      : null,
});

function events(reply: Reply): StreamEvent[] {
  const out: StreamEvent[] = [];
  const add = (event: string, data: Record<string, unknown>) =>
    out.push({ event, data: { type: event, sequence_number: out.length, ...data } });
  add("response.created", { response: responseOf(reply, "in_progress") });
  add("response.in_progress", { response: responseOf(reply, "in_progress") });
  for (const [output_index, item] of itemsOf(reply).entries()) {
    const place = { item_id: item.id, output_index };
    if (item.type === "message") {
      const text = reply.say ?? "";
      add("response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } });
      add("response.content_part.added", {
        ...place,
        content_index: 0,
        part: { type: "output_text", text: "", annotations: [] },
      });
      for (const delta of pieces(text)) add("response.output_text.delta", { ...place, content_index: 0, delta });
      add("response.output_text.done", { ...place, content_index: 0, text });
      add("response.content_part.done", {
        ...place,
        content_index: 0,
        part: { type: "output_text", text, annotations: [] },
      });
    } else if ("arguments" in item) {
      add("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } });
      for (const delta of pieces(item.arguments)) add("response.function_call_arguments.delta", { ...place, delta });
      add("response.function_call_arguments.done", { ...place, arguments: item.arguments });
    } else if ("input" in item) {
      add("response.output_item.added", { output_index, item: { ...item, status: "in_progress", input: "" } });
      for (const delta of pieces(item.input)) add("response.custom_tool_call_input.delta", { ...place, delta });
      add("response.custom_tool_call_input.done", { ...place, input: item.input });
    }
    add("response.output_item.done", { output_index, item });
  }
  add("response.completed", { response: responseOf(reply, "completed") });
  return out;
}

const ERROR_CODES: Record<number, string> = { 401: "invalid_api_key", 429: "rate_limit_exceeded" };

/** OpenAI's Responses API, streaming and whole: https://platform.openai.com/docs/api-reference/responses-streaming. */
export const openai: Protocol = {
  read,
  events,
  whole: (reply) => responseOf(reply, "completed"),
  error: ({ status, message }) => ({
    error: {
      message,
      type: status < 500 ? "invalid_request_error" : "server_error",
      param: null,
      code: ERROR_CODES[status] ?? (status < 500 ? "invalid_request" : "server_error"),
    },
  }),
};
