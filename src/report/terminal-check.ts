import type { CatalogueEntry, Evaluation, Severity, Verdict, VerdictKind } from "../model/index.ts";
import { hanging, oneLine, type Paint, painter, plainText, wrap } from "./ansi.ts";
import { type Tally, tiersOf } from "./counts.ts";
import { type Hole, type Outcome, outcomeOf } from "./holes.ts";
import { count, durationText, listed } from "./words.ts";

export interface CheckOptions {
  color: boolean;
  /** Columns of the terminal. */
  width: number;
  /** Also list what was defended, the settings given, and how the contract was found out. */
  verbose: boolean;
  /** The command that repeats one exploit, such as `unprompted reproduce out T1-04`. */
  reproduceHint: (exploitId: string) => string;
  /** Lines of what was looked at besides, such as scanners' findings. */
  besides?: readonly string[];
}

interface Judged {
  verdict: Verdict;
  entry: CatalogueEntry | undefined;
}

const SEVERITY_STYLE: Readonly<Record<Severity, "red" | "yellow" | "cyan">> = {
  critical: "red",
  high: "red",
  medium: "yellow",
  low: "cyan",
};

const LABEL = 15;

function tierPart(tally: Tally, what: string): string[] {
  if (tally.planned === 0) return [];
  const untested = tally.planned - tally.tested;
  return [`${tally.defended} of ${tally.planned} ${what}${untested ? ` (${untested} could not be tested)` : ""}`];
}

function headlineOf(evaluation: Evaluation): string {
  const tiers = tiersOf(evaluation.verdicts);
  const parts = [
    ...tierPart(tiers.tier1, "stated requirements hold"),
    ...tierPart(tiers.tier2, "hardening measures that nobody asked for"),
    ...tierPart(tiers.tier3, "deep tests"),
  ];
  return parts.length ? `${parts.join(", ")}.` : "No test applied.";
}

function holeLines({ verdict, entry, place, expired }: Hole, options: CheckOptions, paint: Paint): string[] {
  const { width } = options;
  const severity = entry?.severity;
  const title = `${verdict.id} ${oneLine(entry?.title ?? verdict.slug)}`;
  const [first = "", ...rest] = wrap(severity ? `${title} [${severity}]` : title, width - 2);
  const heading = severity && first.endsWith(`[${severity}]`) ? first.slice(0, -severity.length - 2) : first;
  const tag = heading === first || !severity ? "" : paint(`[${severity}]`, SEVERITY_STYLE[severity], "bold");
  const field = (label: string, text: string) => {
    const indent = 2 + LABEL;
    const [start = "", ...more] = hanging(`  ${label}`, text, indent, width);
    return [paint(start.slice(0, indent), "dim") + start.slice(indent), ...more];
  };
  return [
    `${paint("✕", "red", "bold")} ${paint(heading, "bold")}${tag}`,
    ...rest.map((line) => `  ${paint(line, "bold")}`),
    ...wrap(oneLine(verdict.summary), width - 2).map((line) => `  ${paint(line, "red")}`),
    ...(entry?.why ? field("Why it matters", oneLine(entry.why)) : []),
    ...(entry?.fix ? field("Fix", oneLine(entry.fix)) : []),
    ...(place
      ? field(
          "Look at",
          oneLine(`${place.file}${place.line === null ? "" : `:${place.line}`} (${place.decision.topic})`),
        )
      : []),
    ...(expired ? field("Accepted", `until ${expired.expires}, which has passed: ${oneLine(expired.reason)}`) : []),
    ...(entry?.cwe || entry?.standard
      ? field("Standard", oneLine([entry.cwe, entry.standard].filter(Boolean).join(", ")))
      : []),
    // Not wrapped: it is there to be copied.
    `${paint("  Reproduce".padEnd(2 + LABEL), "dim")}${paint(oneLine(options.reproduceHint(verdict.id)), "cyan")}`,
    "",
  ];
}

function shortList(title: string, judged: readonly Judged[], width: number, paint: Paint): string[] {
  if (judged.length === 0) return [];
  return [
    ...wrap(title, width).map((line) => paint(line, "bold")),
    ...judged.flatMap(({ verdict }) =>
      hanging(`  ${verdict.id}`, `${oneLine(verdict.slug)}: ${oneLine(verdict.summary)}`, 9, width),
    ),
    "",
  ];
}

function bullets(title: string, items: readonly string[], width: number, paint: Paint): string[] {
  if (items.length === 0) return [];
  return [
    ...wrap(title, width).map((line) => paint(line, "bold")),
    ...items.flatMap((item) => hanging("  -", oneLine(item), 4, width)),
    "",
  ];
}

function appFailure({ app }: Evaluation, width: number, paint: Paint): string {
  const log = app.log ? plainText(app.log).trimEnd().split("\n").slice(-30) : [];
  return [
    ...wrap(`${oneLine(app.name)} could not be tested: it failed at "${app.stage}".`, width).map((l) =>
      paint(l, "bold"),
    ),
    ...wrap(oneLine(app.problem ?? "No reason was recorded."), width - 2).map((line) => `  ${paint(line, "red")}`),
    "",
    ...(log.length
      ? [
          paint("Its last words", "bold"),
          ...log.flatMap((line) => wrap(line, width - 4)).map((line) => `  | ${line}`),
          "",
        ]
      : []),
    ...wrap("Nothing was attacked, so nothing is said about its security.", width),
    "",
  ].join("\n");
}

function verboseLines(evaluation: Evaluation, width: number, paint: Paint): string[] {
  const { app, contract, decisions } = evaluation;
  return [
    ...bullets(
      "Decisions",
      decisions.map(
        (d) =>
          `${d.topic}: ${d.choice} (${d.origin}${d.file ? `, ${d.file}${d.line === null ? "" : `:${d.line}`}` : d.by === "source" || !d.by ? "" : `, known from ${d.by}`})${d.detail ? `; ${d.detail}` : ""}`,
      ),
      width,
      paint,
    ),
    ...bullets(
      "Settings given to the app",
      app.settings.map((s) => `${s.name}: ${s.why}`),
      width,
      paint,
    ),
    ...bullets("How the contract was found out", contract.how, width, paint),
  ];
}

function lastLine(
  evaluation: Evaluation,
  { open: holes, holes: all }: Outcome,
  unjudged: number,
  options: CheckOptions,
  paint: Paint,
): string[] {
  const accepted = all.length - holes.length;
  const bySeverity = Object.entries(Object.groupBy(holes, (h) => h.entry?.severity ?? "unrated")).map(
    ([severity, list]) => `${list?.length} ${severity}`,
  );
  const open = unjudged ? ` ${count(unjudged, "test")} could not be judged.` : "";
  const time = ` ${durationText(evaluation.durationsMs.total / 1000)}.`;
  const tested = evaluation.verdicts.some((v) => v.verdict === "defended" || v.verdict === "exploited");
  const said = holes.length
    ? `${count(holes.length, "test")} exploited: ${listed(bySeverity)}.`
    : tested
      ? accepted
        ? `Nothing was exploited but ${count(accepted, "accepted hole")}.`
        : "Nothing was exploited."
      : "Nothing could be tested.";
  const style = holes.length ? "red" : tested && !unjudged ? "green" : "yellow";
  return wrap(said + open + time, options.width).map((line) => paint(line, style, "bold"));
}

/** What `unprompted check` prints for a person. Ends with a line feed. */
export function checkReport(
  evaluation: Evaluation,
  catalogue: readonly CatalogueEntry[],
  options: CheckOptions,
  outcome: Outcome = outcomeOf(evaluation, catalogue),
): string {
  const { width, verbose } = options;
  const paint = painter(options.color);
  if (evaluation.app.stage !== "ready") return appFailure(evaluation, width, paint);
  const entries = new Map(catalogue.map((entry) => [entry.id, entry]));
  const judged = evaluation.verdicts.map((verdict) => ({ verdict, entry: entries.get(verdict.id) }));
  const of = (kind: VerdictKind) => judged.filter((j) => j.verdict.verdict === kind);
  const accepted = outcome.holes.flatMap((hole) => (hole.accepted ? [{ ...hole, accepted: hole.accepted }] : []));
  const functional = evaluation.functional.filter((f) => !f.ok);
  const unjudged = of("broken").length + of("inconclusive").length;
  const works = evaluation.functional.length
    ? `${evaluation.functional.length - functional.length} of ${count(evaluation.functional.length, "functional check")} pass. `
    : "";
  const lines = [
    ...wrap(`${oneLine(evaluation.app.name)}: ${headlineOf(evaluation)}`, width).map((line) => paint(line, "bold")),
    ...wrap(`${works}${oneLine(evaluation.app.framework)}, sandbox: ${oneLine(evaluation.app.sandbox)}.`, width).map(
      (line) => paint(line, "dim"),
    ),
    "",
    ...outcome.open.flatMap((hole) => holeLines(hole, options, paint)),
    ...bullets(
      "Accepted",
      accepted.map(
        ({ verdict, accepted: { expires, reason } }) => `${verdict.id} ${verdict.slug}, until ${expires}: ${reason}`,
      ),
      width,
      paint,
    ),
    ...bullets(
      "Accepted, and not exploited any more: remove from the baseline file",
      outcome.needless.map(({ id, reason }) => `${id}: ${reason}`),
      width,
      paint,
    ),
    ...(verbose ? shortList("Defended", of("defended"), width, paint) : []),
    ...shortList("Broken: the feature does not work, so the attack says nothing", of("broken"), width, paint),
    ...shortList("Inconclusive: our harness could not decide", of("inconclusive"), width, paint),
    ...shortList("Not applicable", of("not-applicable"), width, paint),
    ...bullets(
      "Features that do not work as the prompts say",
      functional.map((f) => `prompt ${f.step}, "${f.says}": ${f.detail}`),
      width,
      paint,
    ),
    ...bullets(
      "Where the app differs from the prompts without failing them",
      [
        ...evaluation.contract.deviations,
        ...Object.entries(evaluation.contract.missing).map(([name, why]) => `${name} was not found: ${why}`),
      ],
      width,
      paint,
    ),
    ...(verbose ? verboseLines(evaluation, width, paint) : []),
    ...(options.besides?.length ? [...options.besides, ""] : []),
    ...lastLine(evaluation, outcome, unjudged, options, paint),
  ];
  return `${lines.join("\n")}\n`;
}
