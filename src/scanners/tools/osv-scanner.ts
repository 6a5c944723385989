import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesEnding } from "../files.ts";
import { readSarif } from "../sarif.ts";
import { defineScanner, notRun, ran } from "../scanner.ts";
import { commandLine, lastLine, runTool } from "../tool.ts";

const LOCKFILES =
  /(^|\/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|requirements\.txt|poetry\.lock|uv\.lock|Pipfile\.lock|go\.mod|Cargo\.lock|pom\.xml)$/;

export default defineScanner({
  id: "osv-scanner",
  title: "OSV-Scanner",
  reads: "dependencies",
  command: "osv-scanner",
  install: "go install github.com/google/osv-scanner/v2/cmd/osv-scanner@latest",
  quick: false,
  async run(context, tool) {
    const { folder } = context.target;
    if (folder === null) return [notRun(this, "needs the app's folder")];
    if (filesEnding(folder, LOCKFILES).length === 0) return [notRun(this, "the app has no lockfile that it reads")];
    const out = join(context.scratch, "osv.sarif");
    const words = [tool.path, "scan", "source", "--format", "sarif", "-r", folder];
    const finished = await runTool(context, {
      shell: `${commandLine(words)} >${commandLine([out])}`,
      network: true,
    });
    // Its exit codes: 0 nothing found, 1 something found, 127 and above a failure.
    if (finished.exitCode !== 0 && finished.exitCode !== 1)
      return [notRun(this, `osv.dev does not answer, or the lockfile cannot be read: ${lastLine(finished)}`)];
    const { findings, incomplete } = readSarif(readFileSync(out, "utf8"), folder);
    return [ran(this, tool, { rules: ["osv.dev"], seconds: finished.durationMs / 1000, findings, incomplete })];
  },
});
