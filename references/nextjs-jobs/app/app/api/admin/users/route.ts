import { requireAdmin } from "@/lib/auth";
import { db } from "@/lib/database";
import { route } from "@/lib/http";

export { OPTIONS } from "@/lib/http";
export const dynamic = "force-dynamic";

export const GET = route(async (request) => {
  await requireAdmin(request);
  const users = db().prepare("SELECT id, email, role, created_at FROM users ORDER BY id").all();
  return Response.json({ users });
});
