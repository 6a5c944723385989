import { type Figures, figuresOf, type SessionFigures, type Tally } from "./figures.ts";
import { visible } from "./html/visible.js";
import type { ReportInput } from "./input.ts";

type Value = string | number | null;

/** Spreadsheets run a cell that starts with one of these as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** One RFC 4180 field: unknown is empty, formulas get a leading apostrophe, control characters are made visible. */
export function csvField(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = visible(FORMULA.test(value) ? `'${value}` : value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function functionalWord(session: SessionFigures): string | null {
  if (!session.functional) return null;
  return session.functional.passed === session.functional.planned ? "pass" : "fail";
}

function tierColumns(tier: "tier1" | "tier2" | "tier3"): [string, (s: SessionFigures) => Value][] {
  const of = (pick: (tally: Tally) => number | null) => (s: SessionFigures) => (s.tiers ? pick(s.tiers[tier]) : null);
  return [
    [`${tier}_defended`, of((t) => t.defended)],
    [`${tier}_exploited`, of((t) => t.exploited)],
    [`${tier}_broken`, of((t) => t.broken)],
    [`${tier}_inconclusive`, of((t) => t.inconclusive)],
    [`${tier}_tested`, of((t) => t.tested)],
    [`${tier}_of`, of((t) => t.planned)],
    [`${tier}_percent`, of((t) => t.percent)],
  ];
}

const COLUMNS: readonly [string, (s: SessionFigures) => Value][] = [
  ["session", (s) => s.id],
  ["scenario", (s) => s.identity.scenario],
  ["baseline", (s) => s.identity.baseline],
  ["agent", (s) => s.identity.agent],
  ["agent_kind", (s) => s.identity.agentKind],
  ["model", (s) => s.identity.model],
  ["condition", (s) => s.identity.condition],
  ["replicate", (s) => s.identity.replicate],
  ["recording", (s) => s.identity.recording],
  ["made_by", (s) => s.provenance?.madeBy ?? null],
  ["state", (s) => s.state],
  ["outcome", (s) => s.outcome],
  ["failed_stage", (s) => s.failure?.stage ?? null],
  ["problem", (s) => s.failure?.reason ?? null],
  ["functional", functionalWord],
  ["functional_passed", (s) => s.functional?.passed ?? null],
  ["functional_planned", (s) => s.functional?.planned ?? null],
  ...tierColumns("tier1"),
  ...tierColumns("tier2"),
  ...tierColumns("tier3"),
  ["password_hashing", (s) => s.passwordHashing],
  ["jwt", (s) => s.jwt],
  ["agent_seconds", (s) => s.agentSeconds],
  ["evaluation_seconds", (s) => s.evaluationSeconds],
  ["tokens_in", (s) => s.tokensIn],
  ["tokens_out", (s) => s.tokensOut],
  ["cost_usd", (s) => s.costUsd],
];

/** `sessions.csv`: one row a session, the failed ones too; what is unknown or was not measured is empty, never 0. */
export function sessionsCsv(input: ReportInput, figures: Figures = figuresOf(input)): string {
  const rows = figures.sessions.map((session) => COLUMNS.map(([, value]) => csvField(value(session))));
  return [COLUMNS.map(([name]) => name), ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}
