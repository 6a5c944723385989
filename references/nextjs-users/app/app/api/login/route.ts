import { z } from "zod";
import { db } from "@/lib/database";
import { clientAddress, readBody, route, tokensAnswer, unauthorized } from "@/lib/http";
import { passwordMatches } from "@/lib/passwords";
import { Throttle } from "@/lib/throttle";

export const dynamic = "force-dynamic";

const email = z.string().min(1).max(254);
const password = z.string().min(1).max(1024);
// JSON with an email, or the form of OAuth2's password flow, which calls it username.
const credentials = z.union([
  z.object({ email, password }),
  z.object({ username: email, password }).transform((form) => ({ email: form.username, password: form.password })),
]);
const throttle = new Throttle();

export const POST = route(async (request) => {
  const given = await readBody(request, credentials);
  const address = clientAddress(request);
  const account = `${address} ${given.email.toLowerCase()}`;
  // Counted before the slow check, or parallel guesses would all get in.
  throttle.hit(account, 5);
  throttle.hit(address, 30);
  const user = db()
    .prepare<[string], { id: number; password_hash: string }>("SELECT id, password_hash FROM users WHERE email = ?")
    .get(given.email);
  const matches = await passwordMatches(given.password, user?.password_hash);
  if (!user || !matches) throw unauthorized("Wrong email or password");
  throttle.forgive(account);
  throttle.forgive(address);
  return await tokensAnswer(user.id);
});
