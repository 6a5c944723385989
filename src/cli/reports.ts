import { join } from "node:path";
import { catalogueOf } from "../exploits/index.ts";
import { renderCurl } from "../http/curl.ts";
import { type ReportInput, reportHtml, reportMarkdown, resultsJson, sessionsCsv } from "../report/index.ts";
import { type RunFolder, writeReport } from "../store/index.ts";

/** What every report of a run is made from. */
export async function reportInput(run: RunFolder): Promise<ReportInput> {
  const plan = run.plan();
  return {
    plan,
    sessions: run.results(),
    evidence: (session, exploit) => run.evidence(session.record.identity.id, exploit) ?? null,
    catalogue: (await catalogueOf(plan.study.scenario)).filter(({ tier }) => plan.study.tiers.includes(tier)),
    curl: renderCurl,
  };
}

export const REPORT_FORMATS = ["html", "md", "csv", "json"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Writes the chosen reports into the run's folder and returns their paths. */
export function writeReports(run: RunFolder, input: ReportInput, formats: readonly ReportFormat[]): string[] {
  const make: Record<ReportFormat, () => string> = {
    html: () => writeReport(run, "index.html", reportHtml(input)),
    md: () => writeReport(run, "report.md", reportMarkdown(input)),
    csv: () => writeReport(run, "sessions.csv", sessionsCsv(input)),
    json: () => writeReport(run, "results.json", `${JSON.stringify(resultsJson(input), null, 1)}\n`),
  };
  return formats.map((format) => make[format]());
}

export const defaultRunFolder = (study: string): string => join(process.cwd(), "runs", study);
