import { randomUUID } from "node:crypto";
import { type JWTPayload, jwtVerify, SignJWT } from "jose";
import { config } from "./config.ts";
import { db } from "./database.ts";

export class InvalidToken extends Error {}

/** Both kinds are JWTs, told apart by `typ`; refresh tokens also have a row each. */
type Kind = "access" | "refresh";

const key = new TextEncoder().encode(config.JWT_SECRET);
const nowInSeconds = () => Math.floor(Date.now() / 1000);

function sign(claims: JWTPayload, userId: number, expiresAt: number): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(String(userId))
    .setIssuedAt()
    .setExpirationTime(expiresAt)
    .sign(key);
}

async function verified(token: string, kind: Kind): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], requiredClaims: ["sub", "exp"] }).catch(() => {
    throw new InvalidToken();
  });
  if (payload["typ"] !== kind) throw new InvalidToken();
  return payload;
}

export const issueAccess = (userId: number): Promise<string> =>
  sign({ typ: "access" }, userId, nowInSeconds() + config.ACCESS_TOKEN_SECONDS);

export const userOfAccess = async (token: string): Promise<number> => Number((await verified(token, "access")).sub);

const forgetExpired = db.prepare<[number]>("DELETE FROM refresh_tokens WHERE expires_at < ?");
const insertToken = db.prepare<[string, string, number, number]>(
  "INSERT INTO refresh_tokens (id, family, user_id, expires_at) VALUES (?, ?, ?, ?)",
);
const tokenRow = db.prepare<[string, number], { family: string; user_id: number }>(
  "SELECT family, user_id FROM refresh_tokens WHERE id = ? AND user_id = ?",
);
const useToken = db.prepare<[string]>("UPDATE refresh_tokens SET used = 1 WHERE id = ? AND used = 0");
const endFamily = db.prepare<[string]>("DELETE FROM refresh_tokens WHERE family = ?");

export async function issueRefresh(userId: number, family: string = randomUUID()): Promise<string> {
  const expiresAt = nowInSeconds() + config.REFRESH_TOKEN_SECONDS;
  const id = randomUUID();
  forgetExpired.run(nowInSeconds());
  insertToken.run(id, family, userId, expiresAt);
  return await sign({ typ: "refresh", jti: id }, userId, expiresAt);
}

/** Uses a refresh token up; gives its user and family. A second use ends the whole family (RFC 9700, 4.14.2). */
export async function redeemRefresh(token: string): Promise<{ userId: number; family: string }> {
  const { jti = "", sub } = await verified(token, "refresh");
  const row = tokenRow.get(jti, Number(sub));
  if (!row) throw new InvalidToken();
  if (useToken.run(jti).changes === 0) {
    endFamily.run(row.family);
    throw new InvalidToken();
  }
  return { userId: row.user_id, family: row.family };
}
