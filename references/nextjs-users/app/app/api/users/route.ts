import { db, type Profile } from "@/lib/database";
import { route } from "@/lib/http";

export const dynamic = "force-dynamic";

// Columns are named: the table also holds what nobody may see.
export const GET = route(() =>
  Response.json(db().prepare<[], Profile>("SELECT id, name, email, bio FROM users ORDER BY id").all()),
);
