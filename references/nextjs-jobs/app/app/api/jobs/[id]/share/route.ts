import { z } from "zod";
import { requireUser } from "@/lib/auth";
import { db } from "@/lib/database";
import { readJson, route } from "@/lib/http";
import { jobJson, ownedJob } from "@/lib/jobs";

export { OPTIONS } from "@/lib/http";

const share = z.object({ email: z.email().max(254) });

export const POST = route(async (request, { id }) => {
  const user = await requireUser(request);
  const job = ownedJob(user, id);
  const { email } = await readJson(request, share);
  db().prepare("INSERT INTO job_shares (job_id, email) VALUES (?, ?) ON CONFLICT DO NOTHING").run(job.id, email);
  return Response.json(jobJson(job));
});
