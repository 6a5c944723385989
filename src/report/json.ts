import { figuresOf } from "./figures.ts";
import type { ReportInput } from "./input.ts";
import { headline, notMeasured } from "./notes.ts";

/** `results.json`: the plan, every session whole, and the figures that the other reports print. Evidence stays in its own files. */
export function resultsJson(input: ReportInput): object {
  const figures = figuresOf(input);
  return {
    formatVersion: 1,
    plan: input.plan,
    catalogue: input.catalogue,
    headline: headline(figures),
    notMeasured: notMeasured(input, figures),
    groups: figures.groups,
    tests: figures.tests.map(({ entry, ...rest }) => ({ id: entry.id, ...rest })),
    sessions: figures.sessions.map(({ verdicts: _, evaluation, identity, provenance, ...session }) => ({
      ...session,
      identity,
      provenance,
      steps: input.sessions.find((s) => s.record.identity.id === session.id)?.record.steps ?? [],
      evaluation,
    })),
  };
}
