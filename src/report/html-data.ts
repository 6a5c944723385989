import type { Evidence, KeptBody, SessionResult, Verdict } from "../model/index.ts";
import type { Figures, SessionFigures } from "./figures.ts";
import { visible } from "./html/visible.js";
import type { ReportInput } from "./input.ts";
import { headline, notMeasured } from "./notes.ts";
import { TIER_WORDS, VERDICT_WORDS } from "./words.ts";

/** One verdict's evidence as the page shows it. */
export interface Cell {
  evidence: Evidence;
  curl: string;
  /** Bodies were cut further than in the stored file. */
  shortened: boolean;
}

const EVIDENCE_BUDGET_BYTES = 20_000_000;
const BODY_CHARACTERS = 8 * 1024;
const CURL_CHARACTERS = 64 * 1024;

function shorterBody(body: KeptBody): KeptBody {
  if (body.kind === "text" && body.text.length > BODY_CHARACTERS) {
    return { ...body, text: body.text.slice(0, BODY_CHARACTERS), cut: true };
  }
  if (body.kind === "base64" && body.base64.length > BODY_CHARACTERS) {
    return { ...body, base64: body.base64.slice(0, BODY_CHARACTERS), cut: true };
  }
  return body;
}

function cellOf(evidence: Evidence, curl: string): Cell {
  let shortened = false;
  const short = (body: KeptBody): KeptBody => {
    const shorter = shorterBody(body);
    shortened ||= shorter !== body;
    return shorter;
  };
  const exchanges = evidence.exchanges.map(({ request, response, ...rest }) => ({
    ...rest,
    request: { ...request, ...(request.body ? { body: short(request.body) } : {}) },
    ...(response ? { response: { ...response, ...(response.body ? { body: short(response.body) } : {}) } } : {}),
  }));
  const script =
    curl.length > CURL_CHARACTERS
      ? `${curl.slice(0, CURL_CHARACTERS)}\n# Cut here. \`unprompted reproduce\` prints the whole script.\n`
      : curl;
  return { evidence: { ...evidence, exchanges }, curl: script, shortened };
}

const WORTH: Readonly<Record<Verdict["verdict"], number>> = {
  exploited: 0,
  inconclusive: 1,
  broken: 2,
  defended: 3,
  "not-applicable": 4,
};

type Place = { cell: number } | { dropped: true } | { none: true };

/** Puts evidence into the page until the budget is spent: holes first, so that what proves something stays. */
function collect(input: ReportInput, figures: Figures): { cells: Cell[]; places: Map<string, Place> } {
  const results = new Map<string, SessionResult>(input.sessions.map((s) => [s.record.identity.id, s]));
  const wanted = figures.sessions
    .flatMap((s) => [...s.verdicts.values()].map((verdict) => ({ session: s.id, verdict })))
    .sort((a, b) => WORTH[a.verdict.verdict] - WORTH[b.verdict.verdict]);
  const cells: Cell[] = [];
  const places = new Map<string, Place>();
  let bytes = 0;
  for (const { session, verdict } of wanted) {
    const key = JSON.stringify([session, verdict.id]);
    const result = results.get(session);
    if (bytes > EVIDENCE_BUDGET_BYTES || !result) {
      places.set(key, { dropped: true });
      continue;
    }
    const evidence = input.evidence(result, verdict.id);
    if (!evidence) {
      places.set(key, { none: true });
      continue;
    }
    const cell = cellOf(evidence, input.curl(evidence));
    bytes += JSON.stringify(cell).length;
    places.set(key, { cell: cells.length });
    cells.push(cell);
  }
  return { cells, places };
}

function sessionData(session: SessionFigures, input: ReportInput, places: ReadonlyMap<string, Place>) {
  const { verdicts, evaluation, ...rest } = session;
  const steps = input.sessions.find((s) => s.record.identity.id === session.id)?.record.steps ?? [];
  return {
    ...rest,
    steps,
    verdicts: Object.fromEntries(
      [...verdicts.values()].map((v) => [v.id, { ...v, place: places.get(JSON.stringify([session.id, v.id])) }]),
    ),
    app: evaluation?.app ?? null,
    functionalFailures: evaluation?.functional.filter((f) => !f.ok) ?? [],
    decisions: evaluation?.decisions ?? [],
    deviations: evaluation?.contract.deviations ?? [],
    missing: Object.entries(evaluation?.contract.missing ?? {}),
  };
}

/** What the page is drawn from: every figure is already computed here. */
export function pageData(input: ReportInput, figures: Figures) {
  const { cells, places } = collect(input, figures);
  const { study } = input.plan;
  const dropped = [...places.values()].filter((place) => "dropped" in place).length;
  const notes = notMeasured(input, figures);
  if (dropped) {
    notes.push(
      `To keep this file small, the evidence of ${dropped} of ${places.size} verdicts is not in it. It lies in the run folder, in the files that each verdict names.`,
    );
  }
  const page = {
    title: visible(study.title ?? study.id),
    study: { id: study.id, scenario: study.scenario, seed: study.seed, replicates: study.replicates },
    headline: headline(figures),
    overall: figures.overall,
    groups: figures.groups,
    tests: figures.tests,
    holes: figures.holes.map((h) => h.entry.id),
    sessions: figures.sessions.map((s) => sessionData(s, input, places)),
    notes,
    verdictWords: VERDICT_WORDS,
    tierWords: TIER_WORDS,
  };
  return { page, cells };
}
