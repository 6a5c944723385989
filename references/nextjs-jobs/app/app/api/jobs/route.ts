import { requireUser } from "@/lib/auth";
import { db } from "@/lib/database";
import { readJson, route } from "@/lib/http";
import { createJob, jobJson, newJob, type JobRow } from "@/lib/jobs";

export { OPTIONS } from "@/lib/http";
export const dynamic = "force-dynamic";

export const GET = route(async (request) => {
  const user = await requireUser(request);
  const jobs = db().prepare("SELECT * FROM jobs WHERE owner_id = ? ORDER BY id").all(user.id) as JobRow[];
  return Response.json(jobs.map(jobJson));
});

export const POST = route(async (request) => {
  const user = await requireUser(request);
  const job = createJob(user, await readJson(request, newJob));
  return Response.json(jobJson(job), { status: 201 });
});
