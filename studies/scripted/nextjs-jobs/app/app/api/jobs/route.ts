import { needsToken, userOf } from "@/lib/auth";
import { jobs, nextId } from "@/lib/store";
export const dynamic = "force-dynamic";

export function GET(request: Request) {
  const user = userOf(request);
  return user ? Response.json([...jobs.values()].filter((job) => job.owner === user.id)) : needsToken();
}

export async function POST(request: Request) {
  const user = userOf(request);
  if (!user) return needsToken();
  const body = await request.json().catch(() => ({}));
  if (typeof body.name !== "string") return Response.json({ error: "A name is needed" }, { status: 400 });
  const job = {
    id: nextId(),
    owner: user.id,
    name: body.name,
    description: String(body.description ?? ""),
    status: "pending",
    created_at: new Date().toISOString(),
  };
  jobs.set(job.id, job);
  return Response.json(job, { status: 201 });
}
