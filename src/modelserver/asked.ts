import type { Usage } from "./script.ts";

/** A request for an answer, the same for every protocol. */
export interface Asked {
  protocol: "anthropic" | "openai";
  model: string;
  stream: boolean;
  /** The newest prompt of the user, without what the client wraps around it. */
  prompt: string;
  /** How many prompts the conversation holds. */
  prompts: number;
  /** Ids of the tool calls made since that prompt. */
  callsSince: readonly string[];
  /** The tools offered, by the name that scripts use: `<namespace>__<name>` where the protocol has namespaces. */
  tools: ReadonlyMap<string, Tool>;
  /** The whole request as text. */
  text: string;
}

/** A custom tool takes text instead of an object. */
export interface Tool {
  type: "function" | "custom";
  namespace: string | undefined;
  name: string;
}

/** One tool call as the client knows it. */
export interface ToolCall {
  id: string;
  tool: string;
  namespace?: string;
  input: Record<string, unknown> | string;
}

/** What is sent back, the same for every protocol. */
export interface Reply {
  id: string;
  model: string;
  say: string | undefined;
  calls: readonly ToolCall[];
  usage: Usage;
}

/** One event of a stream: its name and its data. */
export interface StreamEvent {
  event: string;
  data: Record<string, unknown>;
}

export interface Refusal {
  status: number;
  message: string;
}

/** One wire protocol of a model's maker. */
export interface Protocol {
  /** Throws a plain Error that says what is wrong with the body. */
  read(body: unknown): Asked;
  events(reply: Reply): StreamEvent[];
  whole(reply: Reply): unknown;
  error(refusal: Refusal): unknown;
}

/** Pieces of a text, so that a stream has several events. */
export function pieces(text: string, size = 400): string[] {
  const out: string[] = [];
  for (let at = 0; at < text.length; at += size) out.push(text.slice(at, at + size));
  return out;
}
