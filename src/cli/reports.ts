import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogueOf } from "../exploits/index.ts";
import { renderCurl } from "../http/curl.ts";
import { Evaluation } from "../model/session.ts";
import {
  badgeOf,
  checkMarkdown,
  choicesHtml,
  type Figures,
  figuresOf,
  githubAnnotations,
  junitXml,
  measuredOf,
  outcomeOf,
  type ReportInput,
  reportHtml,
  reportMarkdown,
  resultsText,
  type SarifApp,
  sarifLog,
  sessionsCsv,
  verdictsCsv,
  verdictsNdjson,
} from "../report/index.ts";
import { type RunFolder, writeReport } from "../store/index.ts";
import { reasonOf, UserError, unknownName } from "../util/errors.ts";
import { writePieces } from "../util/files.ts";
import { VERSION } from "./load.ts";

/** What every report of a run is made from. */
export async function reportInput(run: RunFolder): Promise<ReportInput> {
  const plan = run.plan();
  return {
    plan,
    sessions: run.results(),
    evidence: (session, exploit) => run.evidence(session.record.identity.id, exploit) ?? null,
    catalogue: (await catalogueOf(plan.study.scenario)).filter(({ tier }) => plan.study.tiers.includes(tier)),
    curl: renderCurl,
    notes: run.notes(),
  };
}

export const REPORT_FORMATS = ["html", "md", "csv", "json", "ndjson", "junit", "sarif", "badge"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
/** What is written when nothing else is said. */
export const DEFAULT_FORMATS: readonly ReportFormat[] = ["html", "md", "csv", "json"];

/** Every name must be one of `known`. Throws UserError("unknown-name"). */
export function formatsFrom<Name extends string>(names: readonly string[], known: readonly Name[]): Name[] {
  return names.map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw unknownName("format", name, known);
    return found;
  });
}

const pretty = (value: unknown): string[] => [`${JSON.stringify(value, null, 1)}\n`];

/** Writes the chosen reports into the run's folder and returns their paths. */
export function writeReports(
  run: RunFolder,
  input: ReportInput,
  formats: readonly ReportFormat[],
  figures: Figures = figuresOf(input),
): string[] {
  const make: Record<ReportFormat, () => [string, Iterable<string>][]> = {
    html: () => [
      ["index.html", [reportHtml(input, figures)]],
      ["choices.html", [choicesHtml(input, figures)]],
    ],
    md: () => [["report.md", [reportMarkdown(input, figures)]]],
    csv: () => [
      ["sessions.csv", [sessionsCsv(input, figures)]],
      ["verdicts.csv", verdictsCsv(input)],
    ],
    json: () => [["results.json", resultsText(input, figures)]],
    ndjson: () => [["verdicts.ndjson", verdictsNdjson(input)]],
    junit: () => [["junit.xml", junitXml(suitesOf(input), input.catalogue)]],
    sarif: () => [["results.sarif", pretty(sarifLog(appsOf(input), input.catalogue, VERSION))]],
    badge: () => [["badge.json", pretty(badgeOf(allOf(figures)))]],
  };
  return formats.flatMap((format) => make[format]().map(([name, pieces]) => writeReport(run, name, pieces)));
}

const allOf = ({ sessions }: Figures) =>
  sessions.flatMap((s) => [...s.verdicts.values()].map(({ verdict }) => verdict));

function* suitesOf(input: ReportInput) {
  for (const session of input.sessions) {
    const { measured, failure } = measuredOf(session);
    const problem = failure && `${failure.stage}: ${failure.reason}`;
    yield { name: session.record.identity.id, evaluation: measured, problem };
  }
}

/** Code-scanning views take no more than 20 runs of one tool; more sessions are no use to them. */
const MOST_SARIF_RUNS = 20;

function appsOf(input: ReportInput): SarifApp[] {
  if (input.sessions.length > MOST_SARIF_RUNS) {
    throw new UserError(
      "bad-arguments",
      `SARIF is for at most ${MOST_SARIF_RUNS} sessions, and this run has ${input.sessions.length}.`,
      "Use csv or ndjson, which have every verdict.",
    );
  }
  return input.sessions.flatMap((session): SarifApp[] => {
    const { measured: evaluation } = measuredOf(session);
    if (!evaluation) return [];
    const outcome = outcomeOf(evaluation, input.catalogue);
    return [{ name: session.record.identity.id, evaluation, outcome, folder: "", fallback: null }];
  });
}

/** What a check can be told as, besides in a person's words and in JSON. */
export const CHECK_FORMATS = ["github", "sarif", "junit", "md", "badge"] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];

export interface Checked {
  evaluation: Evaluation;
  catalogue: ReportInput["catalogue"];
  outcome: ReturnType<typeof outcomeOf>;
  /** The app's folder relative to where the command runs; empty when it lies outside. */
  folder: string;
  /** A file of the app to point at where no place is known. */
  fallback: string | null;
}

/** One app's result in one format. */
export function checkAs(format: CheckFormat, checked: Checked): string {
  const { evaluation, catalogue, outcome, folder, fallback } = checked;
  switch (format) {
    case "github":
      return githubAnnotations(evaluation, outcome, folder);
    case "md":
      return checkMarkdown(evaluation, outcome);
    case "badge":
      return pretty(badgeOf(evaluation.verdicts.map(({ verdict }) => verdict))).join("");
    case "sarif":
      return pretty(
        sarifLog([{ name: evaluation.app.name, evaluation, outcome, folder, fallback }], catalogue, VERSION),
      ).join("");
    case "junit": {
      const accepted = outcome.holes.flatMap((hole) => hole.accepted ?? []);
      const suite = { name: evaluation.app.name, evaluation, problem: null, accepted };
      return [...junitXml([suite], catalogue)].join("");
    }
  }
}

const CHECK_FILES: Record<Exclude<CheckFormat, "github">, string> = {
  sarif: "results.sarif",
  junit: "junit.xml",
  md: "report.md",
  badge: "badge.json",
};

/** Writes a check's other formats beside its result.json. */
export function writeCheckReports(folder: string, checked: Checked, formats: readonly CheckFormat[]): string[] {
  return formats.flatMap((format) => {
    if (format === "github") return [];
    const file = join(folder, CHECK_FILES[format]);
    writePieces(file, [checkAs(format, checked)]);
    return [file];
  });
}

/** The evaluation that `check --json` printed or `check --out` kept. Throws UserError("unreadable-run"). */
export function readEvaluation(file: string): Evaluation {
  try {
    return Evaluation.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new UserError(
      "unreadable-run",
      `${file} is not the result of a check: ${reasonOf(error)}`,
      "Give a file that `unprompted check --json` printed, the folder of its --out, or a run's folder.",
    );
  }
}

export const defaultRunFolder = (study: string): string => join(process.cwd(), "runs", study);
