import type { Request, RequestHandler } from "express";
import { jwtVerify, SignJWT } from "jose";
import { config } from "./config.ts";
import { db, type User } from "./database.ts";
import { HttpError } from "./errors.ts";

declare global {
  namespace Express {
    interface Request {
      user?: User;
    }
  }
}

const key = new TextEncoder().encode(config.JWT_SECRET);
const userById = db.prepare<[number], User>("SELECT * FROM users WHERE id = ?");

export function issueToken(user: User): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(String(user.id))
    .setIssuedAt()
    .setExpirationTime(`${config.TOKEN_TTL_SECONDS}s`)
    .sign(key);
}

async function subjectOf(token: string): Promise<number> {
  const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], requiredClaims: ["sub", "exp"] });
  return Number(payload.sub);
}

/** Role and existence come from the database on each request, so that deleting a user ends their access at once. */
export const requireUser: RequestHandler = async (req, res, next) => {
  const token = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1];
  const id = token ? await subjectOf(token).catch(() => undefined) : undefined;
  const user = id === undefined ? undefined : userById.get(id);
  if (!user) {
    res.set("WWW-Authenticate", "Bearer");
    throw new HttpError(401, "A valid access token is required");
  }
  req.user = user;
  next();
};

export const requireAdmin: RequestHandler = (req, _res, next) => {
  if (currentUser(req).role !== "admin") throw new HttpError(403, "Only for admins");
  next();
};

export function currentUser(req: Pick<Request, "user">): User {
  if (!req.user) throw new Error("Route is not behind requireUser");
  return req.user;
}
