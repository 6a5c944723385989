import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { firstOf } from "../files.ts";
import { defineScanner, notRun, ran } from "../scanner.ts";
import { commandLine, lastLine, runTool } from "../tool.ts";

const Report = z.looseObject({
  dependencies: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string().optional(),
      skip_reason: z.string().optional(),
      vulns: z
        .array(
          z.looseObject({ id: z.string(), description: z.string().default(""), fix_versions: z.array(z.string()) }),
        )
        .default([]),
    }),
  ),
});

export default defineScanner({
  id: "pip-audit",
  title: "pip-audit",
  reads: "dependencies",
  command: "pip-audit",
  install: "make scanners brings it, or: uv tool install pip-audit",
  quick: false,
  async run(context, tool) {
    const { folder } = context.target;
    if (folder === null) return [notRun(this, "needs the app's folder")];
    const file = firstOf(folder, ["requirements.lock", "requirements.txt"]);
    if (!file) return [notRun(this, "the app has no requirements.lock or requirements.txt")];
    if (!isPinned(readFileSync(join(folder, file), "utf8")))
      return [notRun(this, `${file} does not pin every package, so which versions run cannot be told`)];
    const out = join(context.scratch, "pip-audit.json");
    const words = [tool.path, "-r", join(folder, file), "--no-deps", "--disable-pip", "--timeout", "20"];
    const finished = await runTool(context, {
      shell: commandLine([...words, "--progress-spinner", "off", "-f", "json", "-o", out]),
      network: true,
    });
    if (!existsSync(out)) return [notRun(this, `PyPI's vulnerability service does not answer: ${lastLine(finished)}`)];
    const { dependencies } = Report.parse(JSON.parse(readFileSync(out, "utf8")));
    // It ends with "No known vulnerabilities found" also when it could look none up.
    const skipped = dependencies.filter((one) => one.skip_reason !== undefined);
    if (skipped.length === dependencies.length)
      return [
        notRun(
          this,
          `none of ${dependencies.length} packages could be looked up: ${skipped[0]?.skip_reason ?? "the file names none"}`,
        ),
      ];
    return [
      ran(this, tool, {
        rules: ["PyPI's advisories"],
        seconds: finished.durationMs / 1000,
        findings: dependencies.flatMap(({ name, version, vulns }) =>
          vulns.map((vuln) => ({
            rule: vuln.id,
            message: `${name} ${version ?? ""}: ${vuln.description.split("\n")[0] ?? ""}`.slice(0, 300),
            severity: "medium" as const,
            cwe: [],
            file,
            line: null,
            url: null,
          })),
        ),
        incomplete: skipped.map((one) => one.skip_reason ?? one.name),
      }),
    ];
  },
});

/** Every requirement has one exact version. */
function isPinned(text: string): boolean {
  const lines = text
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("-"));
  return lines.length > 0 && lines.every((line) => /^[\w.[\],-]+\s*===?\s*[^*\s]+/.test(line));
}
