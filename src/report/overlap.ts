import type { ScannerRun, SessionResult } from "../model/index.ts";
import type { Hole, Overlap, Pointer } from "../stats/index.ts";
import { hanging, oneLine, painter } from "./ansi.ts";
import type { ReportInput } from "./input.ts";
import { placeOf, type ScanLines, scannerSentence } from "./terminal-scan.ts";
import { count, listed } from "./words.ts";

/** One session's holes against what scanners said of it. */
export interface SessionOverlap extends Overlap {
  session: string;
  /** False for a session without verdicts, of which nothing is known. */
  evaluated: boolean;
  runs: readonly ScannerRun[];
}

/** A session's proven holes. Where in the source one lies is not known from an attack; the paths that showed it are. */
export function holesOf(
  session: SessionResult,
  { catalogue, evidence }: Pick<ReportInput, "catalogue" | "evidence">,
): Hole[] {
  const exploited = session.evaluation?.verdicts.filter(({ verdict }) => verdict === "exploited") ?? [];
  return exploited.map(({ id }) => {
    const kept = evidence(session, id);
    const failed = new Set(kept?.checks.filter(({ held }) => !held).map(({ exchange }) => exchange));
    const asked = kept?.exchanges.filter(({ n }) => failed.has(n)) ?? [];
    return {
      exploit: id,
      cwe: catalogue.find((one) => one.id === id)?.cwe ?? "",
      files: null,
      paths: [...new Set(asked.map(({ request }) => request.path.split("?")[0] ?? ""))],
    };
  });
}

/** Pointers as words, by scanner: `semgrep js-sql-from-strings src/jobs.ts:81 (CWE alone)`. */
export function pointerWords(pointers: readonly Pointer[]): string {
  return pointers
    .map(({ scanner, finding, how }) => `${scanner} ${finding.rule} ${placeOf(finding)} (${how})`)
    .join("; ");
}

/** What scanning alone would have missed, and what it would have said besides. */
export function overlapLines(overlaps: readonly SessionOverlap[], options: ScanLines): string[] {
  const paint = painter(options.color);
  const out: string[] = [];
  for (const { session, evaluated, runs, holes, unsupported } of overlaps) {
    out.push(paint(session, "bold"));
    if (!evaluated) {
      out.push("  not evaluated: nothing is known of its holes", "");
      continue;
    }
    const ran = runs.filter((run) => run.state === "ran");
    for (const run of ran) out.push(...hanging("  -", oneLine(scannerSentence(run)), 4, options.width));
    const silent = [...new Set(runs.filter((run) => run.state === "not run").map(({ scanner }) => scanner))];
    if (silent.length > 0) out.push(...hanging("  -", `not run: ${listed(silent)}`, 4, options.width));
    if (ran.length === 0) {
      out.push(
        ...hanging(
          "  ",
          `${count(holes.length, "hole")} proven; no scanner ran, so nothing can be compared`,
          2,
          options.width,
        ),
        "",
      );
      continue;
    }
    const missed = holes.filter(({ pointers }) => pointers.length === 0);
    out.push(
      ...hanging(
        "  ",
        `${count(holes.length, "hole")} proven by exploits; the scanners that ran pointed at ${holes.length - missed.length} and missed ${missed.length}; ${count(unsupported.length, "finding")} that no exploit supports`,
        2,
        options.width,
      ),
    );
    for (const { hole, pointers } of holes)
      out.push(
        ...hanging(
          `  ${hole.exploit}`,
          oneLine(pointers.length > 0 ? pointerWords(pointers) : `${hole.cwe}: no scanner`),
          9,
          options.width,
        ),
      );
    for (const { scanner, finding } of unsupported)
      out.push(
        ...hanging(
          "  no hole",
          oneLine(`${scanner} ${finding.rule} ${placeOf(finding)}: ${finding.message}`),
          11,
          options.width,
        ),
      );
    out.push("");
  }
  return out;
}
