import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { z } from "zod";

// OWASP Password Storage Cheat Sheet: scrypt with N=2^15, r=8, p=3.
const cost = { ln: 15, r: 8, p: 3 };

const common = new Set(["password123", "password1234", "1234567890", "12345678910", "qwertyuiop", "qwerty12345", "iloveyou123", "letmein123", "welcome123", "admin12345"]);

export const newPassword = z
  .string()
  .min(10, "must have at least 10 characters")
  .max(200)
  .refine((value) => new Set(value).size >= 5 && !common.has(value.toLowerCase()), "is too easy to guess");

function derive(password: string, salt: Buffer, { ln, r, p }: typeof cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

const unpadded = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");

/** Returns `$scrypt$ln=15,r=8,p=3$salt$hash` (PHC string format). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${unpadded(salt)}$${unpadded(hash)}`;
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parts = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored);
  if (!parts) throw new Error("Unknown password hash format");
  const [ln, r, p] = parts.slice(1, 4).map(Number) as [number, number, number];
  const expected = Buffer.from(parts[5]!, "base64");
  return timingSafeEqual(await derive(password, Buffer.from(parts[4]!, "base64"), { ln, r, p }), expected);
}
