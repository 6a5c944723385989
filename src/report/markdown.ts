import { type ClusteredRate, shareRange } from "../stats/index.ts";
import type { Said } from "./analysis.ts";
import { changeSentence } from "./attribution.ts";
import {
  type Failure,
  type Figures,
  figuresOf,
  type GroupFigures,
  type Range,
  type SessionFigures,
  type Tally,
} from "./figures.ts";
import { type RunGlance, runGlance } from "./glance.ts";
import { visible } from "./html/visible.js";
import type { ReportInput } from "./input.ts";
import { choiceSections } from "./markdown-choices.ts";
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

const intervalText = (rate: Said<ClusteredRate> | null): string =>
  rate?.figure.interval ? shareRange(rate.figure.interval) : "not known";

function groupTable(groups: readonly GroupFigures[]): string {
  const header = ["", "", "sessions measured/planned"];
  for (const tier of [1, 2] as const)
    header.push(TIER_WORDS[tier].short, "95 % interval", "tested/planned", "range over sessions");
  return table(
    header,
    groups.map((g) => [
      g.by === "all" ? "" : g.by,
      literal(g.name),
      `${g.sessions.measured}/${g.sessions.planned}`,
      rate(g.tiers.tier1),
      intervalText(g.rates.tier1),
      tested(g.tiers.tier1),
      spread(g.ranges.tier1),
      rate(g.tiers.tier2),
      intervalText(g.rates.tier2),
      tested(g.tiers.tier2),
      spread(g.ranges.tier2),
    ]),
  );
}

/** A page is read by people: of more sessions, the tables show the first, and say so. */
const MOST_ROWS = 40;
const MOST_COLUMNS = 12;

function sessionTable(sessions: readonly SessionFigures[]): string {
  const functional = (s: SessionFigures) =>
    s.functional
      ? `${s.functional.passed === s.functional.planned ? "pass" : "fail"} (${s.functional.passed}/${s.functional.planned})`
      : "–";
  const left = sessions.length - MOST_ROWS;
  const rows = table(
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
    sessions
      .slice(0, MOST_ROWS)
      .map((s) => [
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
  return left > 0 ? `${rows}\n\n${count(left, "more session is", "more sessions are")} in sessions.csv.` : rows;
}

function matrix({ tests, sessions }: Figures): string {
  const measured = sessions.filter((s) => s.tiers);
  const shown = measured.length > MOST_COLUMNS ? [] : measured;
  const legend = Object.values(VERDICT_WORDS).map((v) => `${v.symbol} ${v.word}`);
  const rows = tests.map(({ entry, tally }) => [
    `${literal(entry.id)} ${literal(entry.slug)}`,
    ...shown.map((s) => {
      const verdict = s.verdicts.get(entry.id)?.verdict;
      return verdict ? VERDICT_WORDS[verdict].symbol : "";
    }),
    `${tally.defended}/${tally.planned}`,
  ]);
  const key = shown.length
    ? `${legend.join(" · ")} · empty: not run`
    : `${count(measured.length, "measured session")}: too many for columns here. verdicts.csv has each verdict.`;
  return `${key}\n\n${table(["test", ...shown.map((s) => literal(s.id)), "held"], rows)}`;
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

const MOST_PROOFS = 8;

function holes({ holes: list }: Figures): string[] {
  if (list.length === 0) return [];
  return [
    "## What did not hold",
    ...list.flatMap(({ entry, exploitedIn, proofs, tally, rate }) => {
      const shown = proofs.slice(0, MOST_PROOFS);
      const left = exploitedIn.length - shown.length;
      return [
        `### ${literal(entry.id)} ${literal(entry.title)}`,
        `Exploited in ${exploitedIn.length} of ${count(tally.planned, "session")}. Severity: ${entry.severity}. ${literal([entry.cwe, entry.standard].filter(Boolean).join(", "))}`,
        ...(rate ? [literal(rate.sentence)] : []),
        [
          ...shown.map(({ session, summary }) => `- ${literal(session)}: ${literal(summary)}`),
          ...(left > 0 ? [`- and in ${count(left, "more session")}: see verdicts.csv`] : []),
        ].join("\n"),
        ...(entry.why ? [`**Why it matters.** ${literal(entry.why)}`] : []),
        ...(entry.fix ? [`**Fix.** ${literal(entry.fix)}`] : []),
      ];
    }),
  ];
}

const bullets = (sentences: readonly string[]): string[] =>
  sentences.length ? [sentences.map((sentence) => `- ${literal(sentence)}`).join("\n")] : [];

/** What the counts can carry, in words. */
function statistics({ analysis, groups }: Figures): string[] {
  const { tiers, others, exploits, consistency, notes } = analysis;
  const rates = (tier: 1 | 2 | 3) => groups.flatMap((g) => g.rates[`tier${tier}`]?.sentence ?? []);
  return [
    "## What the figures can carry",
    ...bullets(notes),
    ...tiers.flatMap(({ tier, step, spreads, comparisons, variance }) => [
      `### ${TIER_WORDS[tier].short}: ${TIER_WORDS[tier].means}`,
      ...bullets([
        ...rates(tier),
        ...spreads.slice(0, 24),
        ...comparisons.map((c) => c.sentence),
        variance.sentence,
        step,
      ]),
    ]),
    ...(exploits.length || others.length ? ["### Exploit by exploit, cost and time"] : []),
    ...bullets([
      ...exploits.flatMap((pair) => [pair.sentence, ...pair.shown.map((row) => row.sentence)]),
      ...others.map((c) => c.sentence),
    ]),
    ...bullets([consistency.sentence]),
  ];
}

/** Which prompt opened, closed or reopened each hole, where the app was attacked after every step. */
function attribution(sessions: readonly SessionFigures[]): string[] {
  const told = sessions.flatMap(({ id, attribution: found }) => (found ? [{ id, ...found }] : []));
  if (told.length === 0) return [];
  return [
    "## Which prompt opened, closed or reopened what",
    ...told
      .slice(0, MOST_ROWS)
      .flatMap(({ id, changes, unmeasured }) => [
        `### ${literal(id)}`,
        ...(changes.length ? [] : ["No hole was opened or closed on the way."]),
        ...bullets(changes.map(changeSentence)),
        ...bullets(unmeasured.map(({ step, reason }) => `After prompt ${step}: not measured: ${reason}`)),
      ]),
  ];
}

/** Agents side by side. A person's notes follow the table and are named as such. */
function glance(one: RunGlance | null): string[] {
  if (one === null) return [];
  const head = one.columns.map(({ agent, baseline, sessions }) =>
    literal(`${agent}, ${baseline}${sessions > 1 ? ` (${sessions})` : ""}`),
  );
  return [
    "## At a glance",
    table(
      ["", ...head],
      one.rows.map(({ what, cells }) => [literal(what), ...cells.map(literal)]),
    ),
    ...(one.notes.length > 0 ? ["### Notes by a reader, which nothing here has measured"] : []),
    ...one.notes.map(({ agent, text }) => `${literal(agent)}: ${literal(text)}`),
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

/** A comment on GitHub takes 65,536 characters. */
const MOST_CHARACTERS = 60_000;

/** As many blocks as fit, in order; what is left out is said. */
function fitting(blocks: readonly string[], room: number): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const block of blocks) {
    length += block.length + 2;
    if (length > room) break;
    kept.push(block);
  }
  if (kept.length === blocks.length) return kept;
  return [...kept, "*Cut here, to fit into a comment. index.html, sessions.csv and verdicts.csv have the rest.*"];
}

/** `report.md`: what fits into a pull request's comment, what matters most first. */
export function reportMarkdown(input: ReportInput, figures: Figures = figuresOf(input)): string {
  const { study } = input.plan;
  const notes = notMeasured(input, figures);
  const first = [
    `# ${literal(study.title ?? study.id)}`,
    `**${headline(figures).join(" ")}**`,
    `Scenario ${literal(study.scenario)}. ${count(figures.overall.sessions.measured, "session")} measured of ${figures.overall.sessions.planned} planned. A rate is defended / planned; beside it stands how many of the planned tests could be tested at all.`,
    groupTable(figures.groups),
  ];
  const last = ["## What was not measured", notes.map((note) => `- ${literal(note)}`).join("\n")];
  const middle = [
    ...glance(runGlance(input, figures)),
    "## Sessions",
    sessionTable(figures.sessions),
    ...tier2Table(figures),
    "## Tests and sessions",
    matrix(figures),
    ...holes(figures),
    ...attribution(figures.sessions),
    ...statistics(figures),
    ...choiceSections(input, table, literal),
    ...failures(figures.sessions),
  ];
  const room = MOST_CHARACTERS - [...first, ...last].join("\n\n").length;
  return `${[...first, ...fitting(middle, room), ...last].join("\n\n")}\n`;
}
