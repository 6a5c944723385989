import { deflateRawSync } from "node:zlib";
import { type Evidence, type KeptBody, type SessionResult, VERDICTS, type Verdict } from "../model/index.ts";
import { oneLine } from "./ansi.ts";
import { changeSentence } from "./attribution.ts";
import type { Figures, SessionFigures, TestFigures } from "./figures.ts";
import { runGlance } from "./glance.ts";
import type { ReportInput } from "./input.ts";
import { headline, notMeasured } from "./notes.ts";
import { count, TIER_WORDS, VERDICT_WORDS } from "./words.ts";

/** One verdict's evidence as the page shows it. */
export interface Cell {
  evidence: Evidence;
  curl: string;
  /** Bodies were cut further than in the stored file. */
  shortened: boolean;
}

/** Characters of the file that details of sessions and evidence may take, so that all of it stays below 25 MB. */
const DETAILS_BUDGET = 8_000_000;
const EVIDENCE_BUDGET = 12_000_000;
/** Sessions whose details are packed together: more pack better, fewer open sooner. */
const SESSIONS_A_BLOCK = 20;
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

/** JSON as the page unpacks it: deflated, in base64, so that nothing in it can mean anything to an HTML parser. */
export function pack(value: unknown): string {
  return deflateRawSync(JSON.stringify(value)).toString("base64");
}

type Place = { cell: number } | { dropped: true } | { none: true };

interface Collected {
  /** Packed cells. */
  cells: string[];
  places: Map<string, Place>;
  dropped: number;
}

const placeKey = (session: string, exploit: string): string => JSON.stringify([session, exploit]);

/** Puts evidence into the page until the budget is spent: holes first, so that what proves something stays. */
function collect(input: ReportInput, figures: Figures, results: ReadonlyMap<string, SessionResult>): Collected {
  const collected: Collected = { cells: [], places: new Map(), dropped: 0 };
  let length = 0;
  for (const kind of [...VERDICTS].sort((a, b) => WORTH[a] - WORTH[b])) {
    for (const { id, verdicts } of figures.sessions) {
      for (const verdict of verdicts.values()) {
        if (verdict.verdict !== kind) continue;
        const result = results.get(id);
        if (length > EVIDENCE_BUDGET || !result) {
          collected.dropped += 1;
          continue;
        }
        const evidence = input.evidence(result, verdict.id);
        if (!evidence) {
          collected.places.set(placeKey(id, verdict.id), { none: true });
          continue;
        }
        const cell = pack(cellOf(evidence, input.curl(evidence)));
        length += cell.length;
        collected.places.set(placeKey(id, verdict.id), { cell: collected.cells.length });
        collected.cells.push(cell);
      }
    }
  }
  return collected;
}

/** What the panels show of a session besides its figures; read when one of them is opened. */
function detailsOf(session: SessionFigures, result: SessionResult | undefined, places: ReadonlyMap<string, Place>) {
  const evaluation = result?.evaluation ?? null;
  const told = session.tiers ? (evaluation?.verdicts ?? []) : [];
  return {
    provenance: session.provenance,
    folder: session.folder,
    steps: result?.record.steps ?? [],
    verdicts: Object.fromEntries(
      told.map(({ id, summary, evidence, durationMs }) => [
        id,
        { summary, evidence, durationMs, place: places.get(placeKey(session.id, id)) ?? { dropped: true } },
      ]),
    ),
    app: evaluation?.app ?? null,
    functionalFailures: evaluation?.functional.filter((f) => !f.ok) ?? [],
    decisions: evaluation?.decisions ?? [],
    deviations: evaluation?.contract.deviations ?? [],
    missing: Object.entries(evaluation?.contract.missing ?? {}),
  };
}

/** Packed blocks of sessions' details, and the number of sessions that are in them: the first ones. */
function detailBlocks(
  figures: Figures,
  results: ReadonlyMap<string, SessionResult>,
  places: ReadonlyMap<string, Place>,
): { blocks: string[]; sessions: number } {
  const blocks: string[] = [];
  let length = 0;
  let sessions = 0;
  while (sessions < figures.sessions.length && length < DETAILS_BUDGET) {
    const some = figures.sessions.slice(sessions, sessions + SESSIONS_A_BLOCK);
    const block = pack(some.map((s) => detailsOf(s, results.get(s.id), places)));
    length += block.length;
    sessions += some.length;
    blocks.push(block);
  }
  return { blocks, sessions };
}

/** One letter for each test, in the order of the tests; a blank where it was not run. The page has the same letters. */
const LETTERS: Readonly<Record<Verdict["verdict"], string>> = {
  defended: "+",
  exploited: "x",
  broken: "b",
  inconclusive: "?",
  "not-applicable": "-",
};

function sessionRow(session: SessionFigures, tests: readonly TestFigures[], block: number | null, makers: string[]) {
  const { verdicts, provenance, attribution, folder: _, ...rest } = session;
  const letter = (kind: Verdict["verdict"] | undefined) => (kind ? LETTERS[kind] : " ");
  const madeBy = provenance?.madeBy ?? null;
  if (madeBy !== null && !makers.includes(madeBy)) makers.push(madeBy);
  return {
    ...rest,
    madeBy: madeBy === null ? null : makers.indexOf(madeBy),
    letters: tests.map(({ entry }) => letter(verdicts.get(entry.id)?.verdict)).join(""),
    block,
    attribution: attribution && {
      changes: attribution.changes.map((change) => ({ ...change, sentence: changeSentence(change) })),
      unmeasured: attribution.unmeasured,
    },
  };
}

/** What the page is drawn from: every figure is already computed here. */
export function pageData(input: ReportInput, figures: Figures) {
  const results = new Map<string, SessionResult>(input.sessions.map((s) => [s.record.identity.id, s]));
  const { cells, places, dropped } = collect(input, figures, results);
  const { blocks, sessions: detailed } = detailBlocks(figures, results, places);
  const { study } = input.plan;
  const makers: string[] = [];
  const page = {
    title: oneLine(study.title ?? study.id),
    study: { id: study.id, scenario: study.scenario, seed: study.seed, replicates: study.replicates },
    headline: headline(figures),
    glance: runGlance(input, figures),
    overall: figures.overall,
    groups: figures.groups,
    tests: figures.tests.map(({ exploitedIn, proofs: _, ...test }) => ({ ...test, exploited: exploitedIn.length })),
    holes: figures.holes.map((h) => h.entry.id),
    analysis: figures.analysis,
    letters: Object.fromEntries(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind])),
    sessions: figures.sessions.map((s, i) =>
      sessionRow(s, figures.tests, i < detailed ? Math.floor(i / SESSIONS_A_BLOCK) : null, makers),
    ),
    makers,
    sessionsABlock: SESSIONS_A_BLOCK,
    notes: [...notMeasured(input, figures), ...leftOut(figures, dropped, detailed)],
    verdictWords: VERDICT_WORDS,
    tierWords: TIER_WORDS,
  };
  return { page, cells, blocks };
}

/** What is not in the file for its size, and where it lies. */
function leftOut({ sessions }: Figures, dropped: number, detailed: number): string[] {
  const verdicts = sessions.reduce((sum, s) => sum + s.verdicts.size, 0);
  const notes: string[] = [];
  if (dropped) {
    notes.push(
      `To keep this file small, the evidence of ${dropped} of ${count(verdicts, "verdict")} is not in it. It lies in the run folder, in sessions/<session>/evidence.`,
    );
  }
  if (detailed < sessions.length) {
    notes.push(
      `To keep this file small, the steps, decisions and summaries of ${sessions.length - detailed} of ${count(sessions.length, "session")} are not in it. They lie in the run folder, in sessions/<session>/evaluation.json and session.json; verdicts.csv has every verdict.`,
    );
  }
  return notes;
}
