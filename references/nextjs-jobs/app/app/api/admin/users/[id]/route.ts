import { requireAdmin } from "@/lib/auth";
import { db } from "@/lib/database";
import { HttpError, route } from "@/lib/http";
import { discard } from "@/lib/uploads";

export { OPTIONS } from "@/lib/http";

export const DELETE = route(async (request, { id }) => {
  await requireAdmin(request);
  const files = deleteUser(Number(id));
  await Promise.all(files.map((path) => discard({ path })));
  return new Response(null, { status: 204 });
});

/** Deletes the user and, through the foreign keys, the user's jobs; returns the files that they leave behind. */
function deleteUser(id: number): string[] {
  return db().transaction(() => {
    const role = db().prepare("SELECT role FROM users WHERE id = ?").pluck().get(id);
    if (!role) throw new HttpError(404, "User not found");
    const admins = db().prepare("SELECT count(*) FROM users WHERE role = 'admin'").pluck().get();
    // With no user left, the next stranger to register would become admin.
    if (role === "admin" && admins === 1) throw new HttpError(409, "The last administrator cannot be deleted");
    const files = db().prepare("SELECT file_path FROM jobs WHERE owner_id = ? AND file_path IS NOT NULL").pluck().all(id);
    db().prepare("DELETE FROM users WHERE id = ?").run(id);
    return files as string[];
  })();
}
