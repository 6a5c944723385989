import { ZodError, type ZodType } from "zod";
import { config } from "./config";
import { InvalidToken, issueAccess, issueRefresh } from "./tokens";

const MAX_BODY_BYTES = 400 * 1024;

export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

export const unauthorized = (message: string) => new HttpError(401, message, { "WWW-Authenticate": "Bearer" });

type Params = Record<string, string>;
type Handler = (request: Request, params: Params) => Response | Promise<Response>;

/** Wraps every route: errors become JSON, and what nobody foresaw says nothing of the inside. */
export function route(handle: Handler) {
  return async (request: Request, context: { params: Params }): Promise<Response> => {
    try {
      return await handle(request, context.params ?? {});
    } catch (error) {
      if (error instanceof InvalidToken) return errorAnswer(unauthorized("Invalid token"));
      if (error instanceof HttpError) return errorAnswer(error);
      if (error instanceof ZodError) return errorAnswer(new HttpError(400, "Invalid request"));
      console.error(error);
      return errorAnswer(new HttpError(500, "Internal server error"));
    }
  };
}

const errorAnswer = ({ status, message, headers }: HttpError) => Response.json({ error: message }, { status, headers });

/** The peer's address, set in lib/startup.ts from the socket; a client cannot choose it. */
export const clientAddress = (request: Request): string => request.headers.get("x-client-address") ?? "unknown";

/** A JSON or form body that fits the schema; 400 otherwise. */
export async function readBody<T>(request: Request, schema: ZodType<T>): Promise<T> {
  const text = await request.text();
  if (text.length > MAX_BODY_BYTES) throw new HttpError(413, "Body is too large");
  if (/^application\/x-www-form-urlencoded/i.test(request.headers.get("content-type") ?? ""))
    return schema.parse(Object.fromEntries(new URLSearchParams(text)));
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw error instanceof ZodError ? error : new HttpError(400, "Body must be valid JSON");
  }
}

export async function tokensAnswer(userId: number, family?: string): Promise<Response> {
  const body = {
    access_token: await issueAccess(userId),
    refresh_token: await issueRefresh(userId, family),
    token_type: "bearer",
    expires_in: config().ACCESS_TOKEN_SECONDS,
  };
  return Response.json(body, { headers: { "Cache-Control": "no-store" } });
}
