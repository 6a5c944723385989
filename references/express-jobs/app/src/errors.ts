import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, RequestHandler } from "express";
import { ZodError } from "zod";

/** A refusal whose message is meant for the client. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const notFound: RequestHandler = (_req, res) => {
  res.status(404).json({ error: "Not found" });
};

export const errorHandler: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  if (error instanceof ZodError) {
    const details = error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
    return void res.status(400).json({ error: "Invalid request", details });
  }
  if (error instanceof HttpError) return void res.status(error.status).json({ error: error.message });
  // Express and its body parsers mark the client's mistakes with a 4xx status; their messages may quote internals.
  if (error?.status >= 400 && error.status < 500) {
    return void res.status(error.status).json({ error: STATUS_CODES[error.status] ?? "Bad request" });
  }
  console.error(JSON.stringify({ time: new Date().toISOString(), level: "error", error: String(error?.stack ?? error) }));
  res.status(500).json({ error: "Internal server error" });
};
