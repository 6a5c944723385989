import type { CatalogueEntry, SessionResult, Verdict } from "../model/index.ts";
import { csvField } from "./csv.ts";
import type { ReportInput } from "./input.ts";
import { measuredOf } from "./session-figures.ts";

const COLUMNS = [
  "session",
  "scenario",
  "baseline",
  "agent",
  "agent_kind",
  "model",
  "condition",
  "replicate",
  "recording",
  "made_by",
  "exploit",
  "slug",
  "tier",
  "area",
  "severity",
  "cwe",
  "verdict",
  "duration_ms",
  "summary",
] as const;

/** One verdict with everything that a notebook groups by. Unknown is null; in CSV empty. */
type Row = Record<(typeof COLUMNS)[number], string | number | null>;

function rowOf({ record }: SessionResult, verdict: Verdict, entry: CatalogueEntry | undefined): Row {
  const { identity, provenance } = record;
  return {
    session: identity.id,
    scenario: identity.scenario,
    baseline: identity.baseline,
    agent: identity.agent,
    agent_kind: identity.agentKind,
    model: identity.model,
    condition: identity.condition,
    replicate: identity.replicate,
    recording: identity.recording,
    made_by: provenance?.madeBy ?? null,
    exploit: verdict.id,
    slug: verdict.slug,
    tier: verdict.tier,
    area: entry?.area ?? null,
    severity: entry?.severity ?? null,
    cwe: entry?.cwe ?? null,
    verdict: verdict.verdict,
    duration_ms: verdict.durationMs,
    summary: verdict.summary,
  };
}

/** All verdicts of measured sessions, a session at a time. */
function* verdictRows(input: ReportInput): Generator<Row[]> {
  const entries = new Map(input.catalogue.map((entry) => [entry.id, entry]));
  for (const session of input.sessions) {
    const { measured } = measuredOf(session);
    if (measured) yield measured.verdicts.map((verdict) => rowOf(session, verdict, entries.get(verdict.id)));
  }
}

/** `verdicts.csv`: one row a verdict, in pieces to be written one after another. */
export function* verdictsCsv(input: ReportInput): Generator<string> {
  yield `${COLUMNS.join(",")}\r\n`;
  for (const rows of verdictRows(input)) {
    yield rows.map((row) => `${COLUMNS.map((name) => csvField(row[name])).join(",")}\r\n`).join("");
  }
}

/** `verdicts.ndjson`: the same rows as JSON, one a line, texts unchanged. */
export function* verdictsNdjson(input: ReportInput): Generator<string> {
  for (const rows of verdictRows(input)) yield rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
