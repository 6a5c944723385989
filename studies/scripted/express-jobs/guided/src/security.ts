import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import type { Express } from "express";

export const hashPassword = (password: string, salt = randomBytes(16).toString("hex")) =>
  `${salt}:${scryptSync(password, salt, 32, { N: 65536, r: 8, p: 1, maxmem: 2 ** 27 }).toString("hex")}`;
export const verifyPassword = (password: string, stored: string) =>
  timingSafeEqual(Buffer.from(hashPassword(password, stored.split(":")[0])), Buffer.from(stored));

const tries = new Map<string, number[]>();

/** Security headers everywhere, and five tries a minute for each address at what signs users in. */
export function protect(app: Express) {
  app.disable("x-powered-by");
  app.use((req, res, next) => {
    res.set({
      "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
      "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
    });
    if (!req.path.startsWith("/auth/login")) return next();
    const address = req.socket.remoteAddress ?? "";
    const recent = (tries.get(address) ?? []).filter((at) => Date.now() - at < 60_000);
    tries.set(address, [...recent, Date.now()]);
    if (recent.length >= 5) return void res.status(429).set("Retry-After", "60").json({ error: "Too many tries" });
    next();
  });
}
