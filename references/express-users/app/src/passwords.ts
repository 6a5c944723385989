import { randomUUID } from "node:crypto";
import { compare, hash } from "bcryptjs";

// OWASP Password Storage Cheat Sheet: 10 or more, as high as the server bears.
const ROUNDS = 10;
// bcrypt reads 72 bytes; what is longer would be cut.
const MAX_BYTES = 72;

export const hashPassword = (password: string): Promise<string> => hash(password, ROUNDS);

// Checked when the account is unknown, so that the time taken does not name accounts.
const decoy = await hashPassword(randomUUID());

export async function passwordMatches(password: string, stored: string | undefined): Promise<boolean> {
  const usable = Buffer.byteLength(password) <= MAX_BYTES && !password.includes("\0");
  const matches = await compare(usable ? password : "-", stored ?? decoy);
  return matches && usable && stored !== undefined;
}
