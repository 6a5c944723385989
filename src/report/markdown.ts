import {
  type Failure,
  type Figures,
  figuresOf,
  type GroupFigures,
  type Range,
  type SessionFigures,
  type Tally,
} from "./figures.ts";
import { visible } from "./html/visible.js";
import type { ReportInput } from "./input.ts";
import { headline, notMeasured } from "./notes.ts";
import { count, percentText, TIER_WORDS, VERDICT_WORDS } from "./words.ts";

/** Text as Markdown shows it literally, on one line: no markup, HTML, links or mentions come from it. */
export function literal(text: string): string {
  return visible(text)
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_{}[\]>#|~$]/g, "\\$&")
    .replace(/^(\s*\d*)([-+=.)])/, "$1\\$2")
    .replace(/:(?=\/\/)/g, "\\:")
    .replace(/\bwww\./gi, (word) => `${word.slice(0, -1)}\\.`)
    .replace(/@(?=\w)/g, "`@`");
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${visible(text)}\n${fence}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

const rate = (tally: Tally | undefined): string =>
  tally?.planned ? `${tally.defended}/${tally.planned} (${percentText(tally.percent)})` : "not measured";
const tested = (tally: Tally | undefined): string => (tally?.planned ? `${tally.tested}/${tally.planned}` : "–");
const spread = (range: Range | null): string => (range ? `${range.min}–${range.max} %` : "–");

function groupTable(groups: readonly GroupFigures[]): string {
  const header = ["", "", "sessions measured/planned"];
  for (const tier of [1, 2] as const) header.push(TIER_WORDS[tier].short, "tested/planned", "range over sessions");
  return table(
    header,
    groups.map((g) => [
      g.by === "all" ? "" : g.by,
      literal(g.name),
      `${g.sessions.measured}/${g.sessions.planned}`,
      rate(g.tiers.tier1),
      tested(g.tiers.tier1),
      spread(g.ranges.tier1),
      rate(g.tiers.tier2),
      tested(g.tiers.tier2),
      spread(g.ranges.tier2),
    ]),
  );
}

function sessionTable(sessions: readonly SessionFigures[]): string {
  const functional = (s: SessionFigures) =>
    s.functional
      ? `${s.functional.passed === s.functional.planned ? "pass" : "fail"} (${s.functional.passed}/${s.functional.planned})`
      : "–";
  return table(
    [
      "session",
      "baseline",
      "agent",
      "model",
      "condition",
      "replicate",
      "functional",
      "tier 1",
      "tested",
      "tier 2",
      "tested",
      "password hashing",
      "JWT",
      "made by",
    ],
    sessions.map((s) => [
      literal(s.id),
      literal(s.identity.baseline),
      literal(s.identity.agent),
      literal(s.identity.model ?? "unknown"),
      literal(s.identity.condition),
      String(s.identity.replicate),
      functional(s),
      rate(s.tiers?.tier1),
      tested(s.tiers?.tier1),
      rate(s.tiers?.tier2),
      tested(s.tiers?.tier2),
      literal(s.passwordHashing ?? "unknown"),
      literal(s.jwt ?? "unknown"),
      literal(s.provenance?.madeBy ?? "unknown"),
    ]),
  );
}

function matrix({ tests, sessions }: Figures): string {
  const measured = sessions.filter((s) => s.tiers);
  const legend = Object.values(VERDICT_WORDS).map((v) => `${v.symbol} ${v.word}`);
  const rows = tests.map(({ entry, tally }) => [
    `${literal(entry.id)} ${literal(entry.slug)}`,
    ...measured.map((s) => {
      const verdict = s.verdicts.get(entry.id)?.verdict;
      return verdict ? VERDICT_WORDS[verdict].symbol : "";
    }),
    `${tally.defended}/${tally.planned}`,
  ]);
  return `${legend.join(" · ")} · empty: not run\n\n${table(["test", ...measured.map((s) => literal(s.id)), "held"], rows)}`;
}

function tier2Table(figures: Figures): string[] {
  const tests = figures.tests.filter((t) => t.entry.tier === 2);
  const first = tests[0];
  if (!first) return [];
  const cell = (tally: Tally) => {
    if (tally.planned === 0) return "not measured";
    return `${tally.defended}/${tally.planned}${tally.tested < tally.planned ? ` (${tally.tested} tested)` : ""}`;
  };
  return [
    "## Hardening that nobody asked for",
    table(
      ["test", ...first.perGroup.map((g) => literal(g.name))],
      tests.map((t) => [`${literal(t.entry.id)} ${literal(t.entry.title)}`, ...t.perGroup.map((g) => cell(g.tally))]),
    ),
  ];
}

function holes({ holes: list, sessions }: Figures): string[] {
  if (list.length === 0) return [];
  const byId = new Map(sessions.map((s) => [s.id, s]));
  return [
    "## What did not hold",
    ...list.flatMap(({ entry, exploitedIn, tally }) => [
      `### ${literal(entry.id)} ${literal(entry.title)}`,
      `Exploited in ${exploitedIn.length} of ${count(tally.planned, "session")}. Severity: ${entry.severity}. ${literal([entry.cwe, entry.standard].filter(Boolean).join(", "))}`,
      exploitedIn
        .map((id) => `- ${literal(id)}: ${literal(byId.get(id)?.verdicts.get(entry.id)?.summary ?? "")}`)
        .join("\n"),
      ...(entry.why ? [`**Why it matters.** ${literal(entry.why)}`] : []),
      ...(entry.fix ? [`**Fix.** ${literal(entry.fix)}`] : []),
    ]),
  ];
}

function failures(sessions: readonly SessionFigures[]): string[] {
  const failed = sessions.filter((s): s is SessionFigures & { failure: Failure } => s.failure !== null);
  if (failed.length === 0) return [];
  return [
    "## Sessions without verdicts",
    "They are in no rate.",
    ...failed.flatMap(({ id, failure }) => [
      `### ${literal(id)}`,
      `Stage: ${literal(failure.stage)}. ${literal(failure.reason)}`,
      failure.logTail === null ? "No log was kept." : fenced(failure.logTail),
    ]),
  ];
}

/** `report.md`. */
export function reportMarkdown(input: ReportInput): string {
  const figures = figuresOf(input);
  const { study } = input.plan;
  const notes = notMeasured(input, figures);
  const blocks = [
    `# ${literal(study.title ?? study.id)}`,
    `**${headline(figures).join(" ")}**`,
    `Scenario ${literal(study.scenario)}. ${count(figures.overall.sessions.measured, "session")} measured of ${figures.overall.sessions.planned} planned. A rate is defended / planned; beside it stands how many of the planned tests could be tested at all.`,
    groupTable(figures.groups),
    "## Sessions",
    sessionTable(figures.sessions),
    ...tier2Table(figures),
    "## Tests and sessions",
    matrix(figures),
    ...holes(figures),
    ...failures(figures.sessions),
    "## What was not measured",
    notes.map((note) => `- ${literal(note)}`).join("\n"),
  ];
  return `${blocks.join("\n\n")}\n`;
}
