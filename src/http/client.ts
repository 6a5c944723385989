import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Exchange, HeaderList, NoAnswer } from "../model/evidence.ts";
import { type Body, bodyLength, keepBody, keepBytes, piecesOf } from "./body.ts";

/** Opens a byte stream to the app under test; `from` is the loopback source address. */
export type Connect = (from: string) => Promise<Duplex>;

export interface Request {
  label: string;
  method: string;
  /** Sent exactly as given: nothing is normalised or encoded. */
  path: string;
  /** Names as written; Host, Content-Length or Transfer-Encoding and Connection are added. */
  headers?: HeaderList;
  body?: Body;
  /** Send the body with `Transfer-Encoding: chunked` and no length. */
  chunked?: boolean;
  from: string;
  timeoutMs?: number;
}

/** The answer with its body in hand (at most 8 MiB; what is longer counts as endless). */
export interface Answer {
  status: number;
  headers: HeaderList;
  bytes: Buffer;
}

/** One request and its answer, or why there was none. */
export interface Outcome {
  answer?: Answer;
  noAnswer?: NoAnswer;
  exchange: Exchange;
}

/** The whole answer must be there within this time: many times what a slow hash takes on a loaded machine. */
export const REQUEST_TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** How long a sender that was reset waits for an early answer before it sends the body again. */
const EARLY_ANSWER_MS = 1_000;

/**
 * Sends one request over a connection of its own and records it. Never throws for what the app does: a refused,
 * reset, silent, malformed or endless answer is an outcome. A server that answers 413 before it has read the body
 * resets the sender; the answer is read none the less, where needed by asking again with the head alone first.
 */
export async function send(connect: Connect, request: Request, n: number): Promise<Outcome> {
  const started = performance.now();
  let result = await attempt(connect, request, 0);
  const large = request.body !== undefined && bodyLength(request.body) > 64 * 1024;
  if (result.noAnswer === "reset" && large) {
    const again = await attempt(connect, request, EARLY_ANSWER_MS);
    if (again.answer) result = again;
  }
  const { answer, noAnswer } = result;
  const exchange: Exchange = {
    n,
    label: request.label,
    request: {
      method: request.method,
      path: request.path,
      headers: request.headers ?? [],
      ...(request.body ? { body: keepBody(request.body) } : {}),
      chunked: request.chunked ?? false,
      from: request.from,
    },
    ...(answer ? { response: { status: answer.status, headers: answer.headers, body: keepBytes(answer.bytes) } } : {}),
    ...(noAnswer ? { noAnswer } : {}),
    durationMs: Math.round((performance.now() - started) * 10) / 10,
  };
  return { exchange, ...(answer ? { answer } : {}), ...(noAnswer ? { noAnswer } : {}) };
}

type Attempt = { answer?: Answer; noAnswer?: NoAnswer };

async function attempt(connect: Connect, request: Request, earlyAnswerMs: number): Promise<Attempt> {
  let stream: Duplex;
  try {
    stream = await connect(request.from);
  } catch {
    return { noAnswer: "refused" };
  }
  return await new Promise<Attempt>((resolve) => {
    let answered = false;
    const settle = (outcome: Attempt) => {
      if (answered) return;
      answered = true;
      clearTimeout(deadline);
      resolve(outcome);
      outgoing.destroy();
      stream.destroy();
    };
    const deadline = setTimeout(() => settle({ noAnswer: "timeout" }), request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const body = request.body;
    const outgoing = httpRequest({
      createConnection: () => stream,
      method: request.method,
      path: request.path,
      setDefaultHeaders: false,
      headers: headersFor(request),
      insecureHTTPParser: true,
      joinDuplicateHeaders: false,
    });
    let response: IncomingMessage | undefined;
    outgoing.on("response", (incoming) => {
      response = incoming;
      readAnswer(incoming, settle);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // A broken write while an answer is coming in is the server's early refusal: let the answer finish.
      if (response) return;
      settle({ noAnswer: error.code?.startsWith("HPE_") ? "malformed" : "reset" });
    });
    outgoing.on("close", () => {
      if (!response) settle({ noAnswer: "reset" });
    });
    if (!body) outgoing.end();
    else void sendBody(outgoing, body, earlyAnswerMs, () => answered || response !== undefined);
  });
}

/** Host is the name of a production deployment's proxy target; lists keep repeated headers. */
function headersFor(request: Request): string[] {
  const flat: string[] = [];
  const given = new Set((request.headers ?? []).map(([name]) => name.toLowerCase()));
  if (!given.has("host")) flat.push("Host", "127.0.0.1:8000");
  for (const [name, value] of request.headers ?? []) flat.push(name, value);
  if (request.chunked) flat.push("Transfer-Encoding", "chunked");
  else if (request.body) flat.push("Content-Length", String(bodyLength(request.body)));
  else if (/^(POST|PUT|PATCH|DELETE)$/.test(request.method)) flat.push("Content-Length", "0");
  flat.push("Connection", "close");
  return flat;
}

function readAnswer(incoming: IncomingMessage, settle: (outcome: Attempt) => void): void {
  const chunks: Buffer[] = [];
  let total = 0;
  incoming.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    total += chunk.length;
    if (total > MAX_ANSWER_BYTES) settle({ noAnswer: "endless" });
  });
  const finish = () => {
    const headers: HeaderList = [];
    for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
      headers.push([incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? ""]);
    }
    settle({ answer: { status: incoming.statusCode ?? 0, headers, bytes: Buffer.concat(chunks) } });
  };
  incoming.on("end", finish);
  // Cut short after the head: what came is the answer when the status is a refusal, otherwise it broke off.
  incoming.on("error", () => ((incoming.statusCode ?? 0) >= 400 ? finish() : settle({ noAnswer: "reset" })));
  incoming.on("aborted", () => ((incoming.statusCode ?? 0) >= 400 ? finish() : settle({ noAnswer: "reset" })));
}

/** Writes piece by piece, giving an early answer the chance to be read before the next write can fail. */
async function sendBody(
  outgoing: ReturnType<typeof httpRequest>,
  body: Body,
  earlyAnswerMs: number,
  stop: () => boolean,
): Promise<void> {
  if (earlyAnswerMs > 0) {
    outgoing.flushHeaders();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, earlyAnswerMs);
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      outgoing.once("response", go);
      outgoing.once("close", go);
    });
  }
  for (const piece of piecesOf(body)) {
    if (stop() || outgoing.destroyed) break;
    const roomy = outgoing.write(piece);
    if (bodyLength(body) <= 64 * 1024) continue;
    if (!roomy) {
      await new Promise<void>((resolve) => {
        const go = () => {
          outgoing.off("drain", go);
          outgoing.off("response", go);
          outgoing.off("close", go);
          resolve();
        };
        outgoing.on("drain", go);
        outgoing.on("response", go);
        outgoing.on("close", go);
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!outgoing.destroyed) outgoing.end();
}
