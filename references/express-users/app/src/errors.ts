import type { ErrorRequestHandler } from "express";
import { ZodError } from "zod";

export class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Errors become JSON; what nobody foresaw says nothing of the inside. */
export const errorHandler: ErrorRequestHandler = (error, _req, res, _next) => {
  if (error instanceof ZodError) return void res.status(400).json({ error: "Invalid request", fields: error.issues.map((issue) => issue.path.join(".")) });
  const status = error instanceof HttpError ? error.status : error.type?.startsWith("e") && error.status < 500 ? error.status : 500;
  if (status === 401) res.set("WWW-Authenticate", "Bearer");
  if (status === 500) console.error(error);
  res.status(status).json({ error: status === 500 ? "Internal server error" : error instanceof HttpError ? error.message : "Bad request" });
};
