import { randomUUID } from "node:crypto";
import { Router, type Request } from "express";
import { ipKeyGenerator, rateLimit, type Options } from "express-rate-limit";
import { z } from "zod";
import { issueToken } from "./access.ts";
import { config } from "./config.ts";
import { db, type User } from "./database.ts";
import { HttpError } from "./errors.ts";
import { hashPassword, newPassword, verifyPassword } from "./passwords.ts";

const registration = z.object({ email: z.email().max(254), password: newPassword });
const credentials = z.object({ email: z.string().min(1).max(254), password: z.string().min(1).max(200) });

const userByEmail = db.prepare<[string], User>("SELECT * FROM users WHERE email = ?");

// The first user ever becomes admin. The sequence outlives deleted rows, so emptying the table never makes a new admin.
const insertUser = db.prepare<[string, string, string], User>(`
  INSERT INTO users (email, password_hash, role, created_at)
  VALUES (?, ?, CASE WHEN EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'users') THEN 'user' ELSE 'admin' END, ?)
  ON CONFLICT DO NOTHING
  RETURNING *
`);

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
  `${ipKeyGenerator(req.ip ?? "")} ${String(req.body?.email).toLowerCase().slice(0, 254)}`;

const registrations = perMinute(20);
const failuresPerAddress = perMinute(30, { skipSuccessfulRequests: true });
const failuresPerAccount = perMinute(5, { skipSuccessfulRequests: true, keyGenerator: addressAndAccount });

async function session(user: User) {
  return {
    token: await issueToken(user),
    token_type: "Bearer",
    expires_in: config.TOKEN_TTL_SECONDS,
    user: { id: user.id, email: user.email, role: user.role },
  };
}

// Checked when the email is unknown, so that both cases take the same time.
const decoyHash = await hashPassword(randomUUID());

export const auth = Router();

auth.post("/register", registrations, async (req, res) => {
  const { email, password } = registration.parse(req.body);
  const user = insertUser.get(email, await hashPassword(password), new Date().toISOString());
  if (!user) throw new HttpError(409, "This email is already registered");
  res.status(201).json(await session(user));
});

auth.post("/login", failuresPerAddress, failuresPerAccount, async (req, res) => {
  const { email, password } = credentials.parse(req.body);
  const user = userByEmail.get(email);
  const matches = await verifyPassword(password, user?.password_hash ?? decoyHash);
  if (!user || !matches) throw new HttpError(401, "Wrong email or password");
  res.json(await session(user));
});
