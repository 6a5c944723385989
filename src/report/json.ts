import { type Figures, figuresOf } from "./figures.ts";
import { runGlance } from "./glance.ts";
import type { ReportInput } from "./input.ts";
import { headline, notMeasured } from "./notes.ts";

/** Up to so many sessions are in results.json whole; of more, only their figures and verdicts are. */
const WHOLE_SESSIONS = 200;

/**
 * `results.json`: the plan, every session, and the figures that the other reports print. Evidence stays in its own
 * files, and so do the evaluations of a run of more than 200 sessions: `evaluationFile` names them.
 */
export function resultsJson(input: ReportInput, figures: Figures = figuresOf(input)): object {
  return { ...headOf(input, figures), sessions: [...sessionsOf(input, figures)] };
}

/** The same as text, in pieces to be written one after another. */
export function* resultsText(input: ReportInput, figures: Figures = figuresOf(input)): Generator<string> {
  yield `${JSON.stringify(headOf(input, figures), null, 1).slice(0, -2)},\n "sessions": [`;
  let before = "\n";
  for (const session of sessionsOf(input, figures)) {
    yield before + JSON.stringify(session);
    before = ",\n";
  }
  yield "\n ]\n}\n";
}

function headOf(input: ReportInput, figures: Figures): object {
  return {
    formatVersion: 1,
    plan: input.plan,
    catalogue: input.catalogue,
    headline: headline(figures),
    notMeasured: notMeasured(input, figures),
    groups: figures.groups,
    glance: runGlance(input, figures),
    statistics: figures.analysis,
    tests: figures.tests.map(({ entry, ...rest }) => ({ id: entry.id, ...rest })),
  };
}

function* sessionsOf(input: ReportInput, figures: Figures): Generator<object> {
  const results = new Map(input.sessions.map((s) => [s.record.identity.id, s]));
  const whole = figures.sessions.length <= WHOLE_SESSIONS;
  for (const { verdicts, ...session } of figures.sessions) {
    yield {
      ...session,
      verdicts: Object.fromEntries([...verdicts.values()].map(({ id, verdict }) => [id, verdict])),
      steps: results.get(session.id)?.record.steps ?? [],
      delivery: results.get(session.id)?.delivery ?? null,
      evaluationFile: `sessions/${session.id}/evaluation.json`,
      ...(whole ? { evaluation: results.get(session.id)?.evaluation ?? null } : {}),
    };
  }
}
