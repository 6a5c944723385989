import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { config } from "@/lib/config";
import { db } from "@/lib/database";
import { HttpError, parseJson, readBody, route } from "@/lib/http";
import { STATUSES } from "@/lib/jobs";

export { OPTIONS } from "@/lib/http";

const event = z.object({ job_id: z.number().int().positive(), status: z.enum(STATUSES) });

export const POST = route(async (request) => {
  const body = await readBody(request);
  if (!isSigned(body, request.headers.get("x-signature"))) throw new HttpError(401, "Missing or wrong signature");
  const { job_id, status } = parseJson(body, event);
  const { changes } = db().prepare("UPDATE jobs SET status = ? WHERE id = ?").run(status, job_id);
  if (changes === 0) throw new HttpError(404, "Job not found");
  return Response.json({ job_id, status });
});

/** The signature is the lower- or upper-case hex HMAC-SHA256 of the raw body. No secret set: nothing is accepted. */
function isSigned(body: Buffer, signature: string | null): boolean {
  const secret = config().WEBHOOK_SECRET;
  if (!secret || !signature || !/^[0-9a-f]{64}$/i.test(signature)) return false;
  return timingSafeEqual(Buffer.from(signature, "hex"), createHmac("sha256", secret).update(body).digest());
}
