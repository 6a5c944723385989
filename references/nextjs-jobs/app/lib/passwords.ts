import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

// OWASP Password Storage Cheat Sheet: N=2^15, r=8, p=3 is one of its equivalent minimums.
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 32;
const COMMON = /^(.)\1*$|^(0?123456789|qwerty|password|passw0rd|letmein|welcome|iloveyou|changeme|admin)[\d!.@#]*$/i;

export const newPassword = z
  .string()
  .min(10, "must have at least 10 characters")
  .max(128, "must have at most 128 characters")
  .refine((value) => !COMMON.test(value), "is too common");

const format = (salt: Buffer, key: Buffer) =>
  ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64"), key.toString("base64")].join("$");

// Checked when the account does not exist, so that both cases take the same time.
const NOBODY = format(randomBytes(16), randomBytes(KEY_BYTES));

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return format(salt, await derive(password, salt, KEY_BYTES, COST));
}

export async function verifyPassword(password: string, stored: string = NOBODY): Promise<boolean> {
  const [, N, r, p, salt = "", key = ""] = stored.split("$");
  const expected = Buffer.from(key, "base64");
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: COST.maxmem };
  const actual = await derive(password, Buffer.from(salt, "base64"), expected.length, options);
  return timingSafeEqual(actual, expected);
}
