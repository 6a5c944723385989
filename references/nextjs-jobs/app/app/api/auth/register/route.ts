import { SqliteError } from "better-sqlite3";
import { z } from "zod";
import { tokenAnswer, type User } from "@/lib/auth";
import { config } from "@/lib/config";
import { db } from "@/lib/database";
import { HttpError, clientAddress, readJson, route } from "@/lib/http";
import { hashPassword, newPassword } from "@/lib/passwords";
import { Throttle } from "@/lib/throttle";

export { OPTIONS } from "@/lib/http";

const registration = z.object({ email: z.email().max(254), password: newPassword });
const throttle = new Throttle();

export const POST = route(async (request) => {
  throttle.hit(clientAddress(request), config().REGISTRATIONS_PER_MINUTE);
  const { email, password } = await readJson(request, registration);
  return tokenAnswer(insertUser(email, await hashPassword(password)), 201);
});

/** One statement decides the role: of two first registrations at once only one becomes admin. */
function insertUser(email: string, passwordHash: string): User {
  try {
    return db()
      .prepare(
        `INSERT INTO users (email, password_hash, created_at, role)
         VALUES (?, ?, ?, CASE WHEN EXISTS (SELECT 1 FROM users) THEN 'user' ELSE 'admin' END)
         RETURNING id, email, role`,
      )
      .get(email, passwordHash, new Date().toISOString()) as User;
  } catch (error) {
    if (error instanceof SqliteError && error.code === "SQLITE_CONSTRAINT_UNIQUE") {
      throw new HttpError(409, "This email is already registered");
    }
    throw error;
  }
}
