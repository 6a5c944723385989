import { requireAdmin } from "@/lib/auth";
import { db } from "@/lib/database";
import { route } from "@/lib/http";

export { OPTIONS } from "@/lib/http";
export const dynamic = "force-dynamic";

export const GET = route(async (request) => {
  await requireAdmin(request);
  const totals = db().prepare("SELECT (SELECT count(*) FROM users) AS users, count(*) AS jobs, count(file_path) AS files FROM jobs").get() as object;
  const byStatus = db().prepare("SELECT status, count(*) FROM jobs GROUP BY status").raw().all() as [string, number][];
  return Response.json({ ...totals, jobs_by_status: Object.fromEntries(byStatus) });
});
