import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Finding } from "../../model/scan.ts";
import { firstOf } from "../files.ts";
import { cweIn } from "../sarif.ts";
import { defineScanner, notRun, ran } from "../scanner.ts";
import { commandLine, lastLine, runTool } from "../tool.ts";

const Severity = z
  .enum(["critical", "high", "moderate", "low", "info"])
  .transform((word) => (word === "moderate" ? "medium" : word));
const Advisory = z.looseObject({
  title: z.string(),
  url: z.string(),
  severity: Severity,
  cwe: z.array(z.string()).default([]),
  range: z.string().optional(),
});
const Report = z.looseObject({
  auditReportVersion: z.number(),
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({ name: z.string(), via: z.array(z.union([z.string(), Advisory])) }),
  ),
});

export default defineScanner({
  id: "npm-audit",
  title: "npm audit",
  reads: "dependencies",
  command: "npm",
  install: "install Node",
  quick: false,
  async run(context, tool) {
    const { folder } = context.target;
    if (folder === null) return [notRun(this, "needs the app's folder")];
    const lock = firstOf(folder, ["package-lock.json", "npm-shrinkwrap.json"]);
    if (!lock || !firstOf(folder, ["package.json"])) return [notRun(this, "the app has no npm lockfile")];
    // The two files alone: the app's own .npmrc could name another registry.
    const bare = join(context.scratch, "npm-audit");
    mkdirSync(bare, { recursive: true });
    for (const file of ["package.json", lock]) copyFileSync(join(folder, file), join(bare, file));
    const out = join(bare, "audit.json");
    const words = [tool.path, "audit", "--json", "--package-lock-only", "--fetch-retries=1", "--fetch-timeout=30000"];
    const finished = await runTool(context, {
      shell: `cd ${commandLine([bare])} && ${commandLine(words)} >${commandLine([out])}`,
      network: true,
    });
    const report = Report.safeParse(jsonOr(readFileSync(out, "utf8")));
    if (!report.success)
      return [notRun(this, `the registry's audit service does not answer: ${problemIn(out) ?? lastLine(finished)}`)];
    return [
      ran(this, tool, {
        rules: ["the npm registry's advisories"],
        seconds: finished.durationMs / 1000,
        findings: Object.values(report.data.vulnerabilities).flatMap(({ name, via }) =>
          via.flatMap((one): Finding[] =>
            typeof one === "string"
              ? []
              : [
                  {
                    rule: one.url.split("/").at(-1) ?? one.url,
                    message: `${name}: ${one.title}`,
                    severity: one.severity,
                    cwe: cweIn(one.cwe),
                    file: lock,
                    line: null,
                    url: null,
                  },
                ],
          ),
        ),
      }),
    ];
  },
});

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** npm's own words for why there is no report. */
function problemIn(out: string): string | undefined {
  const Problem = z.looseObject({
    message: z.string().optional(),
    error: z.looseObject({ summary: z.string().optional() }).optional(),
  });
  const parsed = Problem.safeParse(jsonOr(readFileSync(out, "utf8")));
  return parsed.data?.message || parsed.data?.error?.summary || undefined;
}
