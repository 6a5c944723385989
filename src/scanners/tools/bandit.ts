import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { filesEnding } from "../files.ts";
import { relativeTo } from "../sarif.ts";
import { defineScanner, notRun, ran } from "../scanner.ts";
import { commandLine, lastLine, runTool } from "../tool.ts";

const Severity = z.string().transform((word) => {
  const known = { HIGH: "high", MEDIUM: "medium", LOW: "low" } as const;
  return known[word as keyof typeof known] ?? "info";
});

/** Bandit's JSON, which every installation writes; its SARIF needs an extra package. */
const Output = z.looseObject({
  errors: z.array(z.looseObject({ filename: z.string(), reason: z.string() })),
  results: z.array(
    z.looseObject({
      test_id: z.string(),
      issue_text: z.string(),
      issue_severity: Severity,
      issue_cwe: z.looseObject({ id: z.number().optional() }).optional(),
      filename: z.string(),
      line_number: z.number(),
    }),
  ),
});

export default defineScanner({
  id: "bandit",
  title: "Bandit",
  reads: "source",
  command: "bandit",
  install: "make scanners brings it, or: uv tool install bandit",
  quick: true,
  async run(context, tool) {
    const { folder } = context.target;
    if (folder === null) return [notRun(this, "needs the app's folder")];
    if (filesEnding(folder, /\.pyi?$/).length === 0) return [notRun(this, "the app has no Python files")];
    if (context.rules) return [notRun(this, "it takes no rule sets; leave rules: out")];
    const out = join(context.scratch, "bandit.json");
    // What the app's own `# nosec` comments would hide counts as well.
    const words = [tool.path, "-q", "--ignore-nosec", "-r", folder, "-f", "json", "-o", out];
    const finished = await runTool(context, { shell: commandLine(words), network: false });
    if (finished.exitCode !== 0 && finished.exitCode !== 1) return [notRun(this, lastLine(finished))];
    const { results, errors } = Output.parse(JSON.parse(readFileSync(out, "utf8")));
    return [
      ran(this, tool, {
        rules: ["Bandit's own tests"],
        seconds: finished.durationMs / 1000,
        findings: results.map((one) => ({
          rule: one.test_id,
          message: one.issue_text,
          severity: one.issue_severity,
          cwe: one.issue_cwe?.id ? [`CWE-${one.issue_cwe.id}`] : [],
          file: relativeTo(folder, one.filename),
          line: one.line_number,
          url: null,
        })),
        incomplete: errors.map(({ filename, reason }) => `${relativeTo(folder, filename)}: ${reason}`),
      }),
    ];
  },
});
