import { z } from "zod";

/** A header list keeps order, case and repeats, which an object would lose. */
export const HeaderList = z.array(z.tuple([z.string(), z.string()]));
export type HeaderList = z.infer<typeof HeaderList>;

/** A body as kept in evidence: text when it is UTF-8 without control characters, base64 otherwise, or described when made up. */
export const KeptBody = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), text: z.string(), totalBytes: z.number(), cut: z.boolean() }),
  z.object({ kind: z.literal("base64"), base64: z.string(), totalBytes: z.number(), cut: z.boolean() }),
  /**
   * `head`, then `fillBytes` bytes of `fillByte` again and again (one byte, or a row of a file), then `tail`: a large
   * upload that is made on the fly.
   */
  z.object({
    kind: z.literal("fill"),
    head: z.string(),
    fillBytes: z.number(),
    fillByte: z.string(),
    tail: z.string(),
    totalBytes: z.number(),
  }),
]);
export type KeptBody = z.infer<typeof KeptBody>;

/** Why a request got no whole answer. */
export const NO_ANSWERS = ["refused", "reset", "timeout", "malformed", "endless"] as const;
export type NoAnswer = (typeof NO_ANSWERS)[number];

/** One request and what came of it. `n` counts from 1 within one evidence file. */
export const Exchange = z.object({
  n: z.number().int(),
  label: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: HeaderList,
    body: KeptBody.optional(),
    chunked: z.boolean(),
    /** The loopback address it came from, such as 127.0.3.1. */
    from: z.string(),
  }),
  response: z.object({ status: z.number().int(), headers: HeaderList, body: KeptBody.optional() }).optional(),
  noAnswer: z.enum(NO_ANSWERS).optional(),
  durationMs: z.number(),
});
export type Exchange = z.infer<typeof Exchange>;

/** A status as conditions name it: exact (`401`) or a class (`4xx`). */
export const StatusPattern = z.string().regex(/^([1-5]xx|[1-5]\d\d)$/);

/**
 * What an answer must look like, as data, so that the same condition judges here and in the curl script.
 * Every field given must hold. A missing answer never holds.
 */
export interface Condition {
  status?: string[] | undefined;
  notStatus?: string[] | undefined;
  bodyHas?: string[] | undefined;
  bodyLacks?: string[] | undefined;
  jsonEquals?: unknown;
  jsonAt?: { pointer: string; equals: unknown }[] | undefined;
  maxItems?: { pointer: string; max: number } | undefined;
  headerAbsent?: string[] | undefined;
  headerMatches?: { name: string; pattern: string }[] | undefined;
  anyOf?: Condition[] | undefined;
}
export const Condition: z.ZodType<Condition> = z.object({
  status: z.array(StatusPattern).optional(),
  notStatus: z.array(StatusPattern).optional(),
  /** Case-sensitive; meant for unguessable values of this run. */
  bodyHas: z.array(z.string()).optional(),
  bodyLacks: z.array(z.string()).optional(),
  jsonEquals: z.unknown().optional(),
  /** The value at each JSON pointer. */
  jsonAt: z.array(z.object({ pointer: z.string(), equals: z.unknown() })).optional(),
  /** At most this many elements at the JSON pointer, or, where a number lies there, at most that number. */
  maxItems: z.object({ pointer: z.string(), max: z.number() }).optional(),
  headerAbsent: z.array(z.string()).optional(),
  /** Name, and a regular expression (case-insensitive) that one value of it must match. */
  headerMatches: z.array(z.object({ name: z.string(), pattern: z.string() })).optional(),
  /** At least one of these holds as well. */
  get anyOf() {
    return z.array(Condition).optional();
  },
});

/** `control`: the legitimate twin. `attack`: the thing itself. `effect`: a look at what the attack did. */
export const CheckRole = z.enum(["control", "attack", "effect"]);
export type CheckRole = z.infer<typeof CheckRole>;

/** A condition put to an exchange, or a fact that is not an exchange (a database row, a file, an exit code). */
export const Check = z.object({
  role: CheckRole,
  words: z.string(),
  held: z.boolean(),
  exchange: z.number().int().optional(),
  condition: Condition.optional(),
  detail: z.string().optional(),
});
export type Check = z.infer<typeof Check>;

/** How a script can find again a value that differs from run to run. */
export const Derivation = z.discriminatedUnion("kind", [
  /** Read from the answer of exchange `n` at a JSON pointer, or in a header. */
  z.object({ kind: z.literal("json"), exchange: z.number().int(), pointer: z.string() }),
  /** The member `take` of the row, in the array at the pointer, whose member `key` is `value`. */
  z.object({
    kind: z.literal("row"),
    exchange: z.number().int(),
    pointer: z.string(),
    key: z.string(),
    value: z.string(),
    take: z.string(),
  }),
  z.object({ kind: z.literal("header"), exchange: z.number().int(), name: z.string(), pattern: z.string() }),
  /** A setting that the app was started with. */
  z.object({ kind: z.literal("setting"), name: z.string() }),
  /** Hex HMAC of the literal text with a setting as key. */
  z.object({ kind: z.literal("hmac"), hash: z.string(), setting: z.string(), text: z.string() }),
  /** A JWT made from another value's header and claims. `null` in `header` or `claims` removes the field. */
  z.object({
    kind: z.literal("jwt"),
    from: z.string(),
    header: z.record(z.string(), z.unknown()),
    claims: z.record(z.string(), z.unknown()),
    signature: z.enum(["keep", "none", "empty", "flip-first", "setting", "text"]),
    key: z.string(),
  }),
]);
export type Derivation = z.infer<typeof Derivation>;

export const NamedValue = z.object({
  name: z.string(),
  literal: z.string(),
  how: Derivation,
  /** Stands for itself only as a whole path segment or a whole JSON value: a short id occurs by accident anywhere. */
  whole: z.boolean().optional(),
});
export type NamedValue = z.infer<typeof NamedValue>;

/** The id under which what an app shows without being attacked is kept among the evidence. */
export const OBSERVATION = "observation";

/** All that led to one verdict. */
export const Evidence = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  slug: z.string(),
  verdict: z.string(),
  summary: z.string(),
  exchanges: z.array(Exchange),
  checks: z.array(Check),
  values: z.array(NamedValue),
  /** What was done to the app, or looked at, by other means than HTTP, after so many exchanges. */
  outside: z.array(z.object({ after: z.number().int(), what: z.string() })),
});
export type Evidence = z.infer<typeof Evidence>;
