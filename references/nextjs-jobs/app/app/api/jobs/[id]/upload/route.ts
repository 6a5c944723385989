import { requireUser } from "@/lib/auth";
import { db } from "@/lib/database";
import { HttpError, route } from "@/lib/http";
import { jobJson, ownedJob, type JobRow } from "@/lib/jobs";
import { discard, receiveUpload } from "@/lib/uploads";

export { OPTIONS } from "@/lib/http";

export const POST = route(async (request, { id }) => {
  const user = await requireUser(request);
  const { id: jobId } = ownedJob(user, id);
  const file = await receiveUpload(request, jobId);
  const { before, job } = attach(jobId, file);
  if (before) await discard({ path: before });
  if (job) return Response.json(jobJson(job), { status: 201 });
  // The job was deleted while its file came in.
  await discard(file);
  throw new HttpError(404, "Job not found");
});

function attach(jobId: number, file: Awaited<ReturnType<typeof receiveUpload>>) {
  return db().transaction(() => ({
    before: db().prepare("SELECT file_path FROM jobs WHERE id = ?").pluck().get(jobId) as string | null | undefined,
    job: db()
      .prepare("UPDATE jobs SET file_path = ?, file_name = ?, file_size = ? WHERE id = ? RETURNING *")
      .get(file.path, file.name, file.size, jobId) as JobRow | undefined,
  }))();
}
