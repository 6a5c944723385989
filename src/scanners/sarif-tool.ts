import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSarif } from "./sarif.ts";
import { notRun, ran, type Scanner } from "./scanner.ts";
import { commandLine, lastLine, runTool } from "./tool.ts";

interface SarifSpec {
  id: string;
  run: string;
  /** The command that prints the version; `<command> --version` when there is none. */
  version: string | undefined;
}

/** Any tool that writes SARIF, from the lines of a study: `{app}`, `{url}` and `{out}` in its command are filled in. */
export function sarifTool(spec: SarifSpec): Scanner {
  const needsUrl = spec.run.includes("{url}");
  const scanner: Scanner = {
    id: spec.id,
    title: spec.id,
    reads: needsUrl ? "running app" : "source",
    command: spec.run.trim().split(/\s+/, 1)[0] ?? "",
    install: "put it on PATH",
    quick: false,
    ...(spec.version ? { versionCommand: spec.version } : {}),
    async run(context, tool) {
      const { folder, url } = context.target;
      if (needsUrl && typeof url !== "string") return [notRun(scanner, url.none)];
      if (spec.run.includes("{app}") && folder === null) return [notRun(scanner, "needs the app's folder")];
      const out = join(context.scratch, "tool.sarif");
      const filled = spec.run
        .replaceAll("{app}", commandLine([folder ?? ""]))
        .replaceAll("{url}", commandLine([typeof url === "string" ? url : ""]))
        .replaceAll("{out}", commandLine([out]));
      const finished = await runTool(context, { shell: filled, network: needsUrl });
      if (!existsSync(out)) return [notRun(scanner, `it wrote no SARIF file: ${lastLine(finished)}`)];
      try {
        const { findings, incomplete } = readSarif(readFileSync(out, "utf8"), folder);
        const seconds = finished.durationMs / 1000;
        return [ran(scanner, tool, { rules: ["its own"], seconds, findings, incomplete })];
      } catch (error) {
        return [notRun(scanner, `what it wrote is no SARIF: ${String(error).split("\n")[0]?.slice(0, 120) ?? ""}`)];
      }
    },
  };
  return scanner;
}
