import { z } from "zod";
import { tokenAnswer, type User } from "@/lib/auth";
import { config } from "@/lib/config";
import { db } from "@/lib/database";
import { HttpError, clientAddress, readJson, route } from "@/lib/http";
import { verifyPassword } from "@/lib/passwords";
import { Throttle } from "@/lib/throttle";

export { OPTIONS } from "@/lib/http";

const credentials = z.object({ email: z.string().min(1).max(254), password: z.string().min(1).max(128) });
const throttle = new Throttle();

export const POST = route(async (request) => {
  const { email, password } = await readJson(request, credentials);
  const address = clientAddress(request);
  const account = `${address} ${email.toLowerCase()}`;
  const limit = config().LOGIN_FAILURES_PER_MINUTE;
  // Counted before the slow check, or parallel guesses would all get in.
  throttle.hit(account, limit);
  throttle.hit(address, limit * 4);
  const { password_hash, ...user } = findUser(email) ?? {};
  if (!(await verifyPassword(password, password_hash))) throw new HttpError(401, "Wrong email or password");
  throttle.forgive(account);
  throttle.forgive(address);
  return tokenAnswer(user as User, 200);
});

function findUser(email: string): Partial<User & { password_hash: string }> | undefined {
  return db().prepare("SELECT id, email, role, password_hash FROM users WHERE email = ?").get(email) as ReturnType<typeof findUser>;
}
