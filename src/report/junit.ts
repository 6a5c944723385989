import type { AcceptedHole, CatalogueEntry, Evaluation, Verdict } from "../model/index.ts";
import { visible } from "./html/visible.js";

/** One app, or one session of a run. */
export interface JUnitSuite {
  name: string;
  /** Null when nothing was measured; `problem` says why. */
  evaluation: Evaluation | null;
  problem: string | null;
  accepted?: readonly AcceptedHole[];
}

/** Text for XML 1.0: what XML cannot hold, or a reader cannot see, is made visible first. */
function xml(words: string): string {
  return visible(words)
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"'\t\n]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

interface Counts {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
}

/** What a verdict is to JUnit: only `defended` passes, and what could not be judged is an error, never a pass. */
function outcome(verdict: Verdict, accepted: AcceptedHole | undefined): { kind: keyof Counts | "pass"; tag: string } {
  const message = `message="${xml(verdict.summary)}"`;
  switch (verdict.verdict) {
    case "defended":
      return { kind: "pass", tag: "" };
    case "exploited":
      if (accepted) {
        return {
          kind: "skipped",
          tag: `<skipped message="${xml(`accepted until ${accepted.expires}: ${accepted.reason}`)}"/>`,
        };
      }
      return {
        kind: "failures",
        tag: `<failure type="exploited" ${message}>${xml(verdict.evidence.join("\n"))}</failure>`,
      };
    case "broken":
    case "inconclusive":
      return { kind: "errors", tag: `<error type="${verdict.verdict}" ${message}/>` };
    case "not-applicable":
      return { kind: "skipped", tag: `<skipped ${message}/>` };
  }
}

function suiteXml(suite: JUnitSuite, catalogue: ReadonlyMap<string, CatalogueEntry>): string {
  const { name, evaluation } = suite;
  const verdicts = evaluation?.app.stage === "ready" ? evaluation.verdicts : [];
  const accepted = new Map((suite.accepted ?? []).map((hole) => [hole.id, hole]));
  const counts: Counts = { tests: verdicts.length, failures: 0, errors: 0, skipped: 0 };
  const cases = verdicts.map((verdict) => {
    const { kind, tag } = outcome(verdict, accepted.get(verdict.id));
    if (kind !== "pass") counts[kind] += 1;
    const title = catalogue.get(verdict.id)?.title ?? verdict.slug;
    return `<testcase name="${xml(`${verdict.id} ${verdict.slug}: ${title}`)}" classname="${xml(name)}" time="${seconds(verdict.durationMs)}">${tag}</testcase>\n`;
  });
  if (verdicts.length === 0) {
    counts.tests = 1;
    counts.errors = 1;
    const why = suite.problem ?? evaluation?.app.problem ?? "nothing was measured";
    cases.push(
      `<testcase name="measured" classname="${xml(name)}" time="0.000"><error type="not-measured" message="${xml(why)}"/></testcase>\n`,
    );
  }
  const total = seconds(verdicts.reduce((sum, v) => sum + v.durationMs, 0));
  return `<testsuite name="${xml(name)}" tests="${counts.tests}" failures="${counts.failures}" errors="${counts.errors}" skipped="${counts.skipped}" time="${total}">\n${cases.join("")}</testsuite>\n`;
}

/**
 * JUnit XML, a suite for each app or session, as pieces to be written one after another. A suite that was not measured
 * holds one error that says why.
 */
export function* junitXml(suites: Iterable<JUnitSuite>, catalogue: readonly CatalogueEntry[]): Generator<string> {
  const entries = new Map(catalogue.map((entry) => [entry.id, entry]));
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="unprompted">\n';
  for (const suite of suites) yield suiteXml(suite, entries);
  yield "</testsuites>\n";
}
