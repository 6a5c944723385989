import { Router, type Request, type Response } from "express";
import { ipKeyGenerator, type Options, rateLimit } from "express-rate-limit";
import { z } from "zod";
import { config } from "./config.ts";
import { db, type Profile } from "./database.ts";
import { HttpError } from "./errors.ts";
import { passwordMatches } from "./passwords.ts";
import { InvalidToken, issueAccess, issueRefresh, redeemRefresh, userOfAccess } from "./tokens.ts";

const email = z.string().min(1).max(254);
const password = z.string().min(1).max(1024);
// JSON with an email, or the form of OAuth2's password flow, which calls it username.
const credentials = z.union([
  z.object({ email, password }),
  z.object({ username: email, password }).transform((form) => ({ email: form.username, password: form.password })),
]);
const refreshRequest = z.object({ refresh_token: z.string().min(1).max(4096) });

const perMinute = (limit: number, options: Partial<Options> = {}) =>
  rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: true,
    legacyHeaders: false,
    message: { error: "Too many attempts, try again later" },
    // A forwarding header that no trusted proxy sent is ignored on purpose; that needs no warning in the log.
    validate: { xForwardedForHeader: false },
    ...options,
  });

const addressAndAccount = (req: Request) =>
  `${ipKeyGenerator(req.ip ?? "")} ${String(req.body?.email ?? req.body?.username).toLowerCase().slice(0, 254)}`;

const failuresPerAddress = perMinute(30, { skipSuccessfulRequests: true });
const failuresPerAccount = perMinute(5, { skipSuccessfulRequests: true, keyGenerator: addressAndAccount });
const refreshes = perMinute(60);

const userByEmail = db.prepare<[string], { id: number; password_hash: string }>("SELECT id, password_hash FROM users WHERE email = ?");
const userById = db.prepare<[number], Profile>("SELECT id, name, email, bio FROM users WHERE id = ?");

async function sendTokens(res: Response, userId: number, family?: string): Promise<void> {
  res.set("Cache-Control", "no-store").json({
    access_token: await issueAccess(userId),
    refresh_token: await issueRefresh(userId, family),
    token_type: "bearer",
    expires_in: config.ACCESS_TOKEN_SECONDS,
  });
}

const refused = (message: string) => (error: unknown) => {
  throw error instanceof InvalidToken ? new HttpError(401, message) : error;
};

export const auth = Router();

auth.post("/login", failuresPerAddress, failuresPerAccount, async (req, res) => {
  const given = credentials.parse(req.body);
  const user = userByEmail.get(given.email);
  const matches = await passwordMatches(given.password, user?.password_hash);
  if (!user || !matches) throw new HttpError(401, "Wrong email or password");
  await sendTokens(res, user.id);
});

auth.post("/refresh", refreshes, async (req, res) => {
  const { refresh_token } = refreshRequest.parse(req.body);
  const { userId, family } = await redeemRefresh(refresh_token).catch(refused("Invalid refresh token"));
  if (!userById.get(userId)) throw new HttpError(401, "Invalid refresh token");
  await sendTokens(res, userId, family);
});

auth.get("/me", async (req, res) => {
  const token = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1];
  if (!token) throw new HttpError(401, "An access token is required");
  const userId = await userOfAccess(token).catch(refused("Invalid access token"));
  // Looked up each time: the token of a deleted user is worth nothing.
  const user = userById.get(userId);
  if (!user) throw new HttpError(401, "Invalid access token");
  res.json(user);
});
