import type { Finding, FindingSeverity, ScannerReport, ScannerRun } from "../model/index.ts";
import { hanging, oneLine, painter, wrap } from "./ansi.ts";
import { count, durationText, listed } from "./words.ts";

export interface ScanLines {
  color: boolean;
  /** Columns of the terminal. */
  width: number;
  /** Also list every finding. */
  verbose: boolean;
}

const RANK: readonly FindingSeverity[] = ["critical", "high", "medium", "low", "info"];

/** `Bandit 1.9.4 (Bandit's own tests): 2 findings in 0.6 s`, or `not run: …`. Never a bare zero. */
export function scannerSentence(run: ScannerRun): string {
  if (run.state === "not run") return `${run.scanner}: not run: ${run.reason}`;
  const missed = run.incomplete.length ? `; ${count(run.incomplete.length, "thing")} it could not look at` : "";
  return `${run.scanner} ${run.version} (${run.rules.join(", ")}): ran in ${durationText(run.seconds)}, ${count(run.findings.length, "finding")}${missed}`;
}

/** Where a finding is: `auth.py:14`, `GET /health`, or nothing. */
export function placeOf(finding: Pick<Finding, "file" | "line" | "url">): string {
  if (finding.file !== null) return finding.line === null ? finding.file : `${finding.file}:${finding.line}`;
  return finding.url ?? "";
}

/** What every scanner said, those that did not run included. */
export function scannerLines(report: ScannerReport, options: ScanLines): string[] {
  const paint = painter(options.color);
  const { width } = options;
  const lines = [paint("What scanners said (findings are no verdicts)", "bold")];
  const silent = report.runs.filter((run) => run.state === "not run");
  const shown = options.verbose ? report.runs : report.runs.filter((run) => run.state === "ran");
  if (!options.verbose && silent.length > 0)
    lines.push(
      ...hanging(
        "  -",
        `not run: ${listed([...new Set(silent.map((run) => run.scanner))])}; unprompted scan says why`,
        4,
        width,
      ).map((line) => paint(line, "dim")),
    );
  for (const run of shown) {
    lines.push(
      ...hanging("  -", oneLine(scannerSentence(run)), 4, width).map((line) =>
        run.state === "not run" ? paint(line, "dim") : line,
      ),
    );
    if (run.state !== "ran" || !options.verbose) continue;
    const sorted = [...run.findings].sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity));
    for (const finding of sorted)
      lines.push(
        ...wrap(
          oneLine(
            `${finding.severity} ${finding.rule} ${placeOf(finding)}: ${finding.message}${finding.cwe.length ? ` (${finding.cwe.join(", ")})` : ""}`,
          ),
          width - 6,
        ).map((line, i) => `${i === 0 ? "    " : "      "}${line}`),
      );
    for (const what of run.incomplete) lines.push(...hanging("    !", `not looked at: ${oneLine(what)}`, 6, width));
  }
  return lines;
}
