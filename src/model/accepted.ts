import { z } from "zod";

/** A hole that somebody decided to live with, for a time. */
export const AcceptedHole = z.strictObject({
  /** The exploit's id, such as `T2-08`. */
  id: z.string(),
  /** Why it may stay open, in words for whoever reads this later. */
  reason: z.string().trim().min(1, "say why it is accepted"),
  /** The last day on which it is accepted, as YYYY-MM-DD. */
  expires: z.iso.date(),
});
export type AcceptedHole = z.infer<typeof AcceptedHole>;

/** The file of `check --baseline-file`. */
export const AcceptedHoles = z.strictObject({
  formatVersion: z.literal(1),
  scenario: z.string(),
  accepted: z.array(AcceptedHole),
});
export type AcceptedHoles = z.infer<typeof AcceptedHoles>;
