import type { ZodType } from "zod";
import { config } from "./config";

const MAX_JSON_BYTES = 1024 * 1024;

export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

type Params = Record<string, string>;
type Handler = (request: Request, params: Params) => Response | Promise<Response>;

/** Wraps every route: errors become JSON, CORS is applied, the request is logged. */
export function route(handle: Handler) {
  return async (request: Request, context: { params: Params }): Promise<Response> => {
    const startedAt = performance.now();
    let response: Response;
    try {
      response = await handle(request, context.params ?? {});
    } catch (error) {
      response = errorResponse(error);
    }
    response.headers.set("Cache-Control", "no-store");
    applyCors(request, response.headers);
    log("info", {
      method: request.method,
      path: new URL(request.url).pathname,
      status: response.status,
      client: clientAddress(request),
      ms: Math.round(performance.now() - startedAt),
    });
    return response;
  };
}

/** Every route file exports this, so that browsers' preflights are answered. */
export const OPTIONS = route(() => new Response(null, { status: 204 }));

function errorResponse(error: unknown): Response {
  if (error instanceof HttpError) {
    return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
  }
  log("error", { error: error instanceof Error ? error.stack : String(error) });
  return Response.json({ error: "Internal server error" }, { status: 500 });
}

function applyCors(request: Request, headers: Headers): void {
  headers.append("Vary", "Origin");
  if (request.headers.get("origin") !== config().CORS_ORIGIN) return;
  headers.set("Access-Control-Allow-Origin", config().CORS_ORIGIN);
  headers.set("Access-Control-Expose-Headers", "Content-Disposition, Retry-After");
  if (request.method !== "OPTIONS") return;
  headers.set("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS");
  headers.set("Access-Control-Allow-Headers", "Authorization, Content-Type");
  headers.set("Access-Control-Max-Age", "600");
}

function log(level: "info" | "error", fields: Record<string, unknown>): void {
  console[level](JSON.stringify({ time: new Date().toISOString(), level, ...fields }));
}

/** The peer's address, set in lib/startup.ts from the socket; a client cannot choose it. */
export function clientAddress(request: Request): string {
  return request.headers.get("x-client-address") ?? "unknown";
}

/** Past the limit the rest is read and dropped: leaving it unread would reset the connection before the answer is seen. */
export async function readBody(request: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size <= MAX_JSON_BYTES) chunks.push(chunk);
  }
  if (size > MAX_JSON_BYTES) throw new HttpError(413, "Body is too large");
  return Buffer.concat(chunks);
}

export async function readJson<T>(request: Request, schema: ZodType<T>): Promise<T> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    throw new HttpError(415, "Content-Type must be application/json");
  }
  return parseJson(await readBody(request), schema);
}

export function parseJson<T>(body: Buffer, schema: ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new HttpError(400, "Body must be valid JSON");
  }
  return validate(value, schema);
}

export function validate<T>(value: unknown, schema: ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new HttpError(400, problems.join("; "));
}
