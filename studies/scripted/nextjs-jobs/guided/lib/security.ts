import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

export const hashPassword = (password: string, salt = randomBytes(16).toString("hex")) =>
  `${salt}:${scryptSync(password, salt, 32, { N: 65536, r: 8, p: 1, maxmem: 2 ** 27 }).toString("hex")}`;
export const verifyPassword = (password: string, stored: string) =>
  timingSafeEqual(Buffer.from(hashPassword(password, stored.split(":")[0])), Buffer.from(stored));

const tries = new Map<string, number[]>();

/** Five tries a minute for each address at what signs users in. */
export function isThrottled(request: Request): boolean {
  const address = request.headers.get("x-forwarded-for") ?? "";
  const recent = (tries.get(address) ?? []).filter((at) => Date.now() - at < 60_000);
  tries.set(address, [...recent, Date.now()]);
  return recent.length >= 5;
}
