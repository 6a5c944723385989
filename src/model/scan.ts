import { z } from "zod";

/** What a scanner looks at. */
export const SCANNER_READS = ["source", "dependencies", "running app"] as const;
export const ScannerReads = z.enum(SCANNER_READS);
export type ScannerReads = z.infer<typeof ScannerReads>;

export const FINDING_SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export const FindingSeverity = z.enum(FINDING_SEVERITIES);
export type FindingSeverity = z.infer<typeof FindingSeverity>;

/** Something that an outside scanner said, as it said it. */
export const Finding = z.object({
  /** The scanner's own name for the rule, such as `B608`. */
  rule: z.string(),
  message: z.string(),
  severity: FindingSeverity,
  /** `CWE-89`; empty when the scanner names none. */
  cwe: z.array(z.string()),
  /** Relative to the app's folder; null when the finding is not about a file. */
  file: z.string().nullable(),
  line: z.number().int().nullable(),
  /** Method and path on the running app, such as `GET /health`; null when the finding is not about an answer. */
  url: z.string().nullable(),
});
export type Finding = z.infer<typeof Finding>;

/** What one scanner with one set of rules came to. A scanner that said nothing has `ran`, or says why it did not. */
export const ScannerRun = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("ran"),
    scanner: z.string(),
    reads: ScannerReads,
    version: z.string(),
    /** The rule sets that it was given, in words or as paths. */
    rules: z.array(z.string()),
    seconds: z.number(),
    findings: z.array(Finding),
    /** What it could not look at, each with the reason. */
    incomplete: z.array(z.string()),
  }),
  z.object({
    state: z.literal("not run"),
    scanner: z.string(),
    reads: ScannerReads,
    /** Such as `bandit is not installed`. Printed behind `not run: `. */
    reason: z.string(),
  }),
]);
export type ScannerRun = z.infer<typeof ScannerRun>;

/** `scanners.json` of a session. */
export const ScannerReport = z.object({ formatVersion: z.literal(1), runs: z.array(ScannerRun) });
export type ScannerReport = z.infer<typeof ScannerReport>;

/**
 * A scanner as a study asks for it: its name, or its name and rule sets, or any tool that writes SARIF. In `run`, `{app}`
 * stands for the folder to read, `{url}` for the address of a running copy, and `{out}` for the SARIF file to write.
 */
export const ScannerSpec = z.union([
  z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, "letters, digits, dots, dashes and underscores only"),
  z.strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, "letters, digits, dots, dashes and underscores only"),
    /** Rule sets: folders or files, or names that the scanner knows, such as `p/python`. */
    rules: z.array(z.string()).min(1).optional(),
    run: z.string().optional(),
    /** The command that prints the version. */
    version: z.string().optional(),
  }),
]);
export type ScannerSpec = z.infer<typeof ScannerSpec>;
