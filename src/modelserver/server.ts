import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { anthropic } from "./anthropic.ts";
import type { Protocol, Reply } from "./asked.ts";
import { Conversation, type Place } from "./conversation.ts";
import { openai } from "./openai.ts";
import type { Script } from "./script.ts";

/** One request and what it got. */
export interface Exchange {
  at: string;
  protocol: "anthropic" | "openai";
  model: string;
  /** Null for an aside and a refusal. */
  place: Place | null;
  gave: "answer" | "aside" | "dropped" | "nothing" | `status ${number}`;
  body: unknown;
}

export interface ModelServer {
  port: number;
  /** Every request for an answer so far, oldest first. */
  exchanges: readonly Exchange[];
  stop(): Promise<void>;
}

export interface ModelServerOptions {
  /** 0 takes a free one. */
  port?: number;
  /** Requests without this key get 401; any key will do when it is absent. */
  key?: string;
  onExchange?: (exchange: Exchange) => void;
}

/**
 * A model that follows a script, on 127.0.0.1: `POST /v1/messages` as Anthropic's Messages API has it, `POST
 * /v1/responses` as OpenAI's Responses API has it, streaming and whole.
 */
export async function startModelServer(script: Script, options: ModelServerOptions = {}): Promise<ModelServer> {
  const conversation = new Conversation(script);
  const exchanges: Exchange[] = [];
  const closing = new AbortController();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const protocol = request.method === "POST" ? PROTOCOLS[path] : undefined;
    if (!protocol) {
      const { status, value } = elsewhere(request.method ?? "", path, body, script);
      return json(response, status, value);
    }
    const given = request.headers["x-api-key"] ?? request.headers.authorization?.replace(/^Bearer /i, "");
    if (options.key !== undefined && given !== options.key)
      return json(response, 401, protocol.error({ status: 401, message: "The key is not the one expected." }));
    let parsed: unknown;
    let asked: ReturnType<Protocol["read"]>;
    try {
      parsed = JSON.parse(body);
      asked = protocol.read(parsed);
    } catch (error) {
      return json(response, 400, protocol.error({ status: 400, message: `Unreadable request: ${String(error)}` }));
    }
    const note = (gave: Exchange["gave"], place: Place | null) => {
      const exchange: Exchange = {
        at: new Date().toISOString(),
        protocol: asked.protocol,
        model: asked.model,
        place,
        gave,
        body: parsed,
      };
      exchanges.push(exchange);
      options.onExchange?.(exchange);
    };
    const choice = conversation.choose(asked);
    if (choice.kind === "refusal") {
      note("status 400", null);
      return json(response, 400, protocol.error({ status: 400, message: choice.message }));
    }
    const trouble = choice.kind === "answer" ? choice.trouble : undefined;
    const place = choice.kind === "answer" ? choice.place : null;
    if (trouble && "status" in trouble) {
      note(`status ${trouble.status}`, place);
      if (trouble.retryAfterSeconds !== undefined) response.setHeader("retry-after", String(trouble.retryAfterSeconds));
      const message = trouble.status === 429 ? "Rate limit reached." : "The script wants this to fail.";
      return json(response, trouble.status, protocol.error({ status: trouble.status, message }));
    }
    if (trouble && "hang" in trouble) return note("nothing", place);
    if (!asked.stream && !trouble) {
      note(choice.kind, place);
      return json(response, 200, protocol.whole(choice.reply));
    }
    const cutAfter = trouble ? trouble.dropAfterEvents : Number.POSITIVE_INFINITY;
    note(trouble ? "dropped" : choice.kind, place);
    await stream(protocol, choice.reply, response, cutAfter, choice.kind === "answer" ? choice.answer.eventDelayMs : 0);
  }

  async function stream(protocol: Protocol, reply: Reply, response: ServerResponse, cutAfter: number, delayMs: number) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.flushHeaders();
    for (const [i, { event, data }] of protocol.events(reply).entries()) {
      if (delayMs > 0) await pause(delayMs, undefined, { signal: closing.signal });
      if (i >= cutAfter || response.destroyed) return void response.destroy();
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
    response.end();
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    exchanges,
    stop: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const PROTOCOLS: Record<string, Protocol> = { "/v1/messages": anthropic, "/v1/responses": openai };

/** What clients ask besides: whether the server is there, which models it has, how many tokens a request would be. */
function elsewhere(method: string, path: string, body: string, script: Script): { status: number; value: unknown } {
  if (method === "POST" && path === "/v1/messages/count_tokens")
    return { status: 200, value: { input_tokens: Math.ceil(body.length / 4) } };
  if (method === "GET" && path === "/v1/models") {
    const id = script.model ?? "scripted";
    return {
      status: 200,
      value: { object: "list", data: [{ id, type: "model", object: "model", created: 0, owned_by: "script" }] },
    };
  }
  if (method === "HEAD" || (method === "GET" && path === "/")) return { status: 200, value: {} };
  return {
    status: 404,
    value: { type: "error", error: { type: "not_found_error", message: `There is no ${method} ${path} here.` } },
  };
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** At most 64 MiB: more is no request of a coding agent. */
async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > 64 * 1024 ** 2) throw new Error("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
