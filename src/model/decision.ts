import { z } from "zod";

export const ORIGINS = ["library", "runtime", "framework", "hand-written", "absent", "unknown"] as const;

/** A security-relevant choice and where it was made. */
export const Decision = z.object({
  topic: z.string(),
  choice: z.string(),
  origin: z.enum(ORIGINS),
  /** Relative to the app's folder; null when absent or known from behaviour only. */
  file: z.string().nullable(),
  line: z.number().int().nullable(),
  /** How it is known. */
  by: z.enum(["source", "behaviour", "database", "dependency"]).optional(),
  confidence: z.enum(["sure", "likely", "unknown"]).optional(),
  /** The step after which the choice was there for good, 0 for the baseline; null when it is an absence or not of a session. */
  step: z.number().int().nullable().optional(),
  /** That step's commit. */
  commit: z.string().nullable().optional(),
  /** What the choice is made of, such as the name of the secret or the limits, and what behaviour showed of it. */
  detail: z.string().optional(),
});
export type Decision = z.infer<typeof Decision>;
