import { shareRange } from "../stats/index.ts";
import { clip, columns, oneLine, type Paint, pad, painter, wrap } from "./ansi.ts";
import { type Figures, figuresOf, type GroupFigures, type SessionFigures, type Tally } from "./figures.ts";
import type { ReportInput } from "./input.ts";
import { headline, notMeasured } from "./notes.ts";
import { count } from "./words.ts";

export { plainText } from "./ansi.ts";
export { type CheckOptions, checkReport } from "./terminal-check.ts";

export interface TerminalOptions {
  color: boolean;
  /** Columns of the terminal. */
  width: number;
}

interface Column<Row> {
  title: string;
  of: (row: Row) => string;
  /** Leave it out first when there is no room; 0 stays. */
  dropOrder: number;
  numeric?: boolean;
}

const rate = (tally: Tally | undefined): string => (tally?.planned ? `${tally.defended}/${tally.planned}` : "-");
const percent = (tally: Tally | undefined): string => (tally && tally.percent !== null ? `${tally.percent} %` : "-");
const tested = (tally: Tally | undefined): string => (tally?.planned ? `${tally.tested}/${tally.planned}` : "-");

const SESSION_COLUMNS: readonly Column<SessionFigures>[] = [
  { title: "session", of: (s) => s.id, dropOrder: 0 },
  { title: "baseline", of: (s) => s.identity.baseline, dropOrder: 6 },
  { title: "agent", of: (s) => s.identity.agent, dropOrder: 4 },
  { title: "condition", of: (s) => s.identity.condition, dropOrder: 7 },
  {
    title: "works",
    of: (s) => (s.functional ? `${s.functional.passed}/${s.functional.planned}` : "-"),
    dropOrder: 3,
    numeric: true,
  },
  { title: "tier 1", of: (s) => rate(s.tiers?.tier1), dropOrder: 0, numeric: true },
  { title: "", of: (s) => percent(s.tiers?.tier1), dropOrder: 1, numeric: true },
  { title: "tested", of: (s) => tested(s.tiers?.tier1), dropOrder: 2, numeric: true },
  { title: "tier 2", of: (s) => rate(s.tiers?.tier2), dropOrder: 0, numeric: true },
  { title: "", of: (s) => percent(s.tiers?.tier2), dropOrder: 1, numeric: true },
  { title: "tested", of: (s) => tested(s.tiers?.tier2), dropOrder: 2, numeric: true },
  { title: "passwords", of: (s) => s.passwordHashing ?? "-", dropOrder: 8 },
];

const INTERVAL = "95 % interval";
const interval = (rate: GroupFigures["rates"]["tier1"]): string =>
  rate?.figure.interval ? shareRange(rate.figure.interval) : "-";

const GROUP_COLUMNS: readonly Column<GroupFigures>[] = [
  { title: "", of: (g) => g.name, dropOrder: 0 },
  { title: "sessions", of: (g) => `${g.sessions.measured}/${g.sessions.planned}`, dropOrder: 3, numeric: true },
  { title: "tier 1", of: (g) => rate(g.tiers.tier1), dropOrder: 0, numeric: true },
  { title: "", of: (g) => percent(g.tiers.tier1), dropOrder: 0, numeric: true },
  { title: INTERVAL, of: (g) => interval(g.rates.tier1), dropOrder: 1, numeric: true },
  { title: "tested", of: (g) => tested(g.tiers.tier1), dropOrder: 2, numeric: true },
  { title: "tier 2", of: (g) => rate(g.tiers.tier2), dropOrder: 0, numeric: true },
  { title: "", of: (g) => percent(g.tiers.tier2), dropOrder: 0, numeric: true },
  { title: INTERVAL, of: (g) => interval(g.rates.tier2), dropOrder: 1, numeric: true },
  { title: "tested", of: (g) => tested(g.tiers.tier2), dropOrder: 2, numeric: true },
];

/** Without replicates there is no interval to show; the notes say why. */
function groupColumns(groups: readonly GroupFigures[]): readonly Column<GroupFigures>[] {
  const some = groups.some(({ rates }) => [rates.tier1, rates.tier2].some((rate) => rate?.figure.interval));
  return GROUP_COLUMNS.filter(({ title }) => some || title !== INTERVAL);
}

const GAP = "  ";

/** Lines of a table that fits: columns are dropped, then the first one is cut short. */
function table<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number, paint: Paint): string[] {
  let shown = [...all];
  const widths = () => shown.map((c) => Math.max(columns(c.title), ...rows.map((r) => columns(oneLine(c.of(r))))));
  const total = () => widths().reduce((sum, w) => sum + w + GAP.length, -GAP.length);
  while (total() > width && shown.some((c) => c.dropOrder > 0)) {
    const worst = Math.max(...shown.map((c) => c.dropOrder));
    shown = shown.filter((c) => c.dropOrder !== worst);
  }
  const sizes = widths();
  sizes[0] = Math.max(8, (sizes[0] ?? 0) - Math.max(0, total() - width));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => pad(clip(cell, sizes[i] ?? 0), sizes[i] ?? 0, shown[i]?.numeric ? "right" : "left"))
      .join(GAP)
      .trimEnd();
  return [
    paint(line(shown.map((c) => c.title)), "dim"),
    ...rows.map((row) => line(shown.map((c) => oneLine(c.of(row))))),
  ];
}

function failedLines(figures: Figures, width: number, paint: Paint): string[] {
  const failed = figures.sessions.filter((s) => s.failure);
  if (failed.length === 0) return [];
  const lines = failed.flatMap(({ id, failure }) => [
    `  ${oneLine(id)}: ${paint(oneLine(failure?.stage ?? ""), "yellow")}`,
    ...wrap(oneLine(failure?.reason ?? ""), width - 4).map((line) => `    ${line}`),
  ]);
  return ["", paint("Sessions without verdicts, in no rate", "bold"), ...lines];
}

function holeLines(figures: Figures, width: number, paint: Paint): string[] {
  if (figures.holes.length === 0) return [];
  const lines = figures.holes.map(({ entry, tally, exploitedIn }) => {
    const where = `${exploitedIn.length}/${tally.planned}`;
    return `  ${paint(pad(where, 6, "right"), "red")}  ${clip(oneLine(`${entry.id} ${entry.title} (${entry.severity})`), width - 10)}`;
  });
  return ["", paint("What did not hold, most severe first", "bold"), ...lines];
}

/** The summary that `unprompted run` ends with. Ends with a line feed. */
export function runTable(
  input: ReportInput,
  { color, width }: TerminalOptions,
  figures: Figures = figuresOf(input),
): string {
  const paint = painter(color);
  const measured = figures.sessions.filter((s) => s.tiers);
  const groups = figures.groups.filter((g) => g.by !== "all" && g.sessions.measured > 0);
  const lines = [
    ...headline(figures)
      .flatMap((sentence) => wrap(sentence, width))
      .map((line) => paint(line, "bold")),
    paint(
      `${count(figures.overall.sessions.measured, "session")} measured of ${figures.overall.sessions.planned} planned`,
      "dim",
    ),
    ...(measured.length ? ["", ...table(SESSION_COLUMNS, measured, width, paint)] : []),
    ...(groups.length ? ["", ...table(groupColumns(groups), groups, width, paint)] : []),
    ...holeLines(figures, width, paint),
    ...failedLines(figures, width, paint),
    "",
    paint("Not measured, and how to read this", "bold"),
    ...notMeasured(input, figures).flatMap((note) =>
      wrap(oneLine(note), width - 4).map((line, i) => `${i ? "    " : "  - "}${line}`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}
