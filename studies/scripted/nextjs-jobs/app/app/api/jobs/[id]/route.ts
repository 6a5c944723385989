import { needsToken, userOf } from "@/lib/auth";
import { jobs } from "@/lib/store";

export function GET(request: Request, { params }: { params: { id: string } }) {
  const user = userOf(request);
  if (!user) return needsToken();
  const job = jobs.get(Number(params.id));
  return job?.owner === user.id ? Response.json(job) : Response.json({ error: "Job not found" }, { status: 404 });
}
