import { z } from "zod";

export const Encoding = z.enum(["none", "json", "form", "multipart", "raw"]);

/** How one operation is called on this app. Paths may hold `{job}` and `{user}`. */
export const Operation = z.strictObject({
  method: z.string(),
  path: z.string(),
  encoding: Encoding.default("none"),
  /** What the app calls each field that we send, by our name for it. */
  fields: z.record(z.string(), z.string()).default({}),
  /** Further fields that it demands, with the value to send. `{password}`, `{email}` and `{name}` are filled in. */
  extra: z.record(z.string(), z.unknown()).default({}),
  /** JSON pointers into the answer, by our name for what lies there. */
  pointers: z.record(z.string(), z.string()).default({}),
  /** Keys within one row of a list, by our name. */
  row: z.record(z.string(), z.string()).default({}),
});
export type Operation = z.infer<typeof Operation>;

/** The operations of a scenario as this app spells them. `unprompted.contract.yaml` holds the same. */
export const Contract = z.strictObject({
  formatVersion: z.literal(1),
  scenario: z.string(),
  auth: z.strictObject({
    /** Put before the token in the Authorization header, with one blank; empty for the bare token. */
    scheme: z.string(),
    /** The cookie that carries the token instead of that header. */
    cookie: z.string().optional(),
  }),
  operations: z.record(z.string(), Operation),
  /** Operations that were not found, and why. */
  missing: z.record(z.string(), z.string()).default({}),
  /** Where the app differs from the prompt's words without failing them. */
  deviations: z.array(z.string()).default([]),
  /** How each thing was found out, in order. */
  how: z.array(z.string()).default([]),
});
export type Contract = z.infer<typeof Contract>;
