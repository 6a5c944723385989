import { Router } from "express";
import { currentUser } from "./access.ts";
import { db, type User } from "./database.ts";
import { HttpError } from "./errors.ts";
import { removeUpload } from "./uploads.ts";

const allUsers = db.prepare<[], Omit<User, "password_hash">>("SELECT id, email, role, created_at FROM users ORDER BY id");
const filesOfUser = db.prepare<[number], string>("SELECT file_path FROM jobs WHERE user_id = ? AND file_path IS NOT NULL").pluck();
const deleteUser = db.prepare<[number]>("DELETE FROM users WHERE id = ?");
const userCounts = db.prepare<[], { users: number; admins: number }>(
  "SELECT count(*) AS users, coalesce(sum(role = 'admin'), 0) AS admins FROM users",
);
const jobCounts = db.prepare<[], { status: string; count: number }>("SELECT status, count(*) AS count FROM jobs GROUP BY status");

export const admin = Router();

admin.get("/users", (_req, res) => {
  res.json(allUsers.all());
});

admin.get("/stats", (_req, res) => {
  const byStatus = jobCounts.all();
  res.json({
    ...userCounts.get(),
    jobs: byStatus.reduce((sum, { count }) => sum + count, 0),
    jobs_by_status: Object.fromEntries(byStatus.map(({ status, count }) => [status, count])),
  });
});

admin.delete("/users/:id", async (req, res) => {
  const id = /^\d{1,15}$/.test(req.params.id) ? Number(req.params.id) : 0;
  // Only admins get here, so this also keeps the last admin.
  if (id === currentUser(req).id) throw new HttpError(409, "Admins cannot delete themselves");
  const files = filesOfUser.all(id);
  if (deleteUser.run(id).changes === 0) throw new HttpError(404, "User not found");
  await Promise.all(files.map(removeUpload));
  res.status(204).end();
});
