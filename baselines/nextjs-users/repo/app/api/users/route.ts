import { db } from "@/lib/database";
export const dynamic = "force-dynamic";
export function GET() { return Response.json(db().prepare("SELECT * FROM users ORDER BY id").all()); }
