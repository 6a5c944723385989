/** Codes of every message that a user can meet; callers branch on the code, never on the text. */
export const ERROR_CODES = [
  "bad-arguments",
  "bad-study",
  "unknown-name",
  "missing-toolchain",
  "no-sandbox",
  "not-found",
  "bad-contract",
  "bad-baseline-file",
  "bad-script",
  "unreadable-run",
  "unwritable-folder",
  "disk-full",
  "locked-run",
  "install-failed",
  "build-failed",
  "start-failed",
  "no-answer",
  "harness",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The user's fixable mistake: one message, no stack, exit code 2. */
export class UserError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  constructor(code: ErrorCode, message: string, remedy = "") {
    super(message);
    this.name = "UserError";
    this.code = code;
    this.remedy = remedy;
  }
}

/** The app under test could not be installed, built, started, or gave no answer. Never our fault, never a verdict. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** The last lines that the failing command wrote. */
  readonly log: string;
  constructor(code: "install-failed" | "build-failed" | "start-failed" | "no-answer", message: string, log = "") {
    super(message);
    this.name = "AppError";
    this.code = code;
    this.log = log;
  }
}

/** Our own fault: exit code 3. */
export class HarnessError extends Error {
  readonly code: ErrorCode = "harness";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HarnessError";
  }
}

/** First line of any thrown thing, for one-line messages. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}

/** Levenshtein distance, for "did you mean". */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      current[j] = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The sentence ` Did you mean "x"?` for the nearest name, or the list of names when none is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, d: distance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.d - b.d)[0];
  if (near && near.d <= Math.max(2, Math.floor(given.length / 3))) return ` Did you mean "${near.name}"?`;
  const shown = known.slice(0, 12).join(", ");
  return known.length ? ` Known: ${shown}${known.length > 12 ? ", …" : ""}.` : "";
}

/** An unknown name of a kind, with the nearest known one. */
export function unknownName(kind: string, given: string, known: readonly string[]): UserError {
  return new UserError("unknown-name", `There is no ${kind} "${given}".${didYouMean(given, known)}`);
}
