import { SignJWT, jwtVerify } from "jose";
import { config } from "./config";
import { db } from "./database";
import { HttpError } from "./http";

export type User = { id: number; email: string; role: "user" | "admin" };

const key = () => new TextEncoder().encode(config().JWT_SECRET);

export async function tokenAnswer(user: User, status: number): Promise<Response> {
  const lifetime = config().TOKEN_TTL_SECONDS;
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT()
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(String(user.id))
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .sign(key());
  return Response.json({ token, token_type: "Bearer", expires_in: lifetime, user }, { status });
}

/** The user is read from the database each time: deleted users' tokens die, and roles are never stale. */
export async function requireUser(request: Request): Promise<User> {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  const userId = token && (await verifiedSubject(token));
  const user = userId && db().prepare("SELECT id, email, role FROM users WHERE id = ?").get(Number(userId));
  if (!user) throw new HttpError(401, "A valid token is required", { "WWW-Authenticate": "Bearer" });
  return user as User;
}

export async function requireAdmin(request: Request): Promise<User> {
  const user = await requireUser(request);
  if (user.role !== "admin") throw new HttpError(403, "Administrators only");
  return user;
}

async function verifiedSubject(token: string): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(token, key(), { algorithms: ["HS256"], requiredClaims: ["sub", "exp"] });
    return payload.sub;
  } catch {
    return undefined;
  }
}
