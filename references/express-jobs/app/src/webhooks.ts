import { createHmac, timingSafeEqual } from "node:crypto";
import { raw, Router } from "express";
import { z } from "zod";
import { config } from "./config.ts";
import { db, jobStatuses } from "./database.ts";
import { HttpError } from "./errors.ts";

const event = z.object({ job_id: z.int().positive(), status: z.enum(jobStatuses) });
const setStatus = db.prepare<[string, number]>("UPDATE jobs SET status = ? WHERE id = ?");

function isSigned(body: Buffer, signature: string | undefined): boolean {
  if (!config.WEBHOOK_SECRET || !signature || !/^[0-9a-f]{64}$/i.test(signature)) return false;
  const expected = createHmac("sha256", config.WEBHOOK_SECRET).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new HttpError(400, "The body is not valid JSON");
  }
}

export const webhooks = Router();

// The signature covers the bytes as sent, so this route takes them unparsed and uncompressed.
webhooks.post("/process", raw({ type: () => true, inflate: false, limit: "1mb" }), (req, res) => {
  const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  if (!isSigned(body, req.get("X-Signature"))) throw new HttpError(401, "Missing or wrong signature");
  const { job_id, status } = event.parse(parseJson(body));
  if (setStatus.run(status, job_id).changes === 0) throw new HttpError(404, "Job not found");
  res.json({ job_id, status });
});
