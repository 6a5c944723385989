import { requireUser } from "@/lib/auth";
import { route } from "@/lib/http";
import { jobJson, ownedJob } from "@/lib/jobs";

export { OPTIONS } from "@/lib/http";
export const dynamic = "force-dynamic";

export const GET = route(async (request, { id }) => {
  const user = await requireUser(request);
  return Response.json(jobJson(ownedJob(user, id)));
});
