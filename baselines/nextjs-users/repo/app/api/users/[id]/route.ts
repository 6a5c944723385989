import { db } from "@/lib/database";
export const dynamic = "force-dynamic";
export function GET(_: Request, { params }: { params: { id: string } }) {
  const user = db().prepare("SELECT * FROM users WHERE id = ?").get(params.id);
  return user ? Response.json(user) : Response.json({ error: "User not found" }, { status: 404 });
}
