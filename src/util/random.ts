import { randomBytes } from "node:crypto";

export { seededRandom, shuffled } from "./seeded.ts";

/** Where unguessable and repeatable values come from; passed in, so that a run can be made to repeat itself. */
export interface Nonces {
  /** A fresh lower-case word of letters and digits, unique in this run. */
  next(prefix: string): string;
}

const ALPHABET = "bcdfghjklmnpqrstvwxz0123456789";

/** Unguessable words: matches on them can never be accidents of a page's CSS or a counter. */
export function randomNonces(): Nonces {
  return {
    next(prefix) {
      const word = Array.from(randomBytes(10), (b) => ALPHABET[b % ALPHABET.length]).join("");
      return `${prefix}${word}`;
    },
  };
}
