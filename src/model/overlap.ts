import { z } from "zod";
import { Finding, ScannerRun } from "./scan.ts";

const Said = z.object({ scanner: z.string(), finding: Finding });

/** `docs/overlap/<baseline>.json`: what scanners say of apps whose holes are known. */
export const OverlapStudy = z.object({
  formatVersion: z.literal(1),
  baseline: z.string(),
  /** Of the reference, its mutants and the rules that we ship. */
  fingerprint: z.string(),
  /** The scanners that read source, over all cases at once; without their findings. */
  source: z.array(ScannerRun),
  /** What they say of the reference, which has none of the holes. */
  reference: z.array(Said),
  /** The scanners of running apps, on the reference. */
  running: z.array(ScannerRun),
  mutants: z.array(
    z.object({
      name: z.string(),
      what: z.string(),
      turns: z.array(z.string()),
      /** Files that the mutant's patch changes: where its hole lies. */
      files: z.array(z.string()),
      /** What is said of it and not of the reference. */
      found: z.array(Said),
      /** How scanners of running apps fared on it. */
      running: z.union([z.literal("ran"), z.object({ notRun: z.string() })]),
    }),
  ),
});
export type OverlapStudy = z.infer<typeof OverlapStudy>;
