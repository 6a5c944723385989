import { createHash } from "node:crypto";
import type { CatalogueEntry, Evaluation, Severity } from "../model/index.ts";
import type { Hole, Outcome } from "./holes.ts";
import { visible } from "./html/visible.js";
import { type Place, placeWords } from "./places.ts";

/** One app in the log. */
export interface SarifApp {
  /** Tells this app's results from those of others in one log and over time, such as `check` or a session's id. */
  name: string;
  evaluation: Evaluation;
  outcome: Outcome;
  /** The app's folder relative to the repository's root, without a slash at the end; empty when it is the root. */
  folder: string;
  /** A file to point at when no place is known, since code-scanning views take no result without one. */
  fallback: string | null;
}

const LEVEL: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
};

/** CVSS-like numbers in the middle of GitHub's bands: over 9 critical, over 7 high, over 4 medium. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "3.0",
};

/**
 * A SARIF 2.1.0 log, one run for each app. Its results are the exploits that worked; what could not be judged is a
 * notification of the invocation, so that nobody takes its absence for a pass. Accepted holes are suppressed.
 */
export function sarifLog(apps: readonly SarifApp[], catalogue: readonly CatalogueEntry[], version: string): object {
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: apps.map((app) => runOf(app, catalogue, version)),
  };
}

function runOf(app: SarifApp, catalogue: readonly CatalogueEntry[], version: string): object {
  const { evaluation, outcome } = app;
  return {
    tool: { driver: { name: "unprompted", semanticVersion: version, version, rules: catalogue.map(ruleOf) } },
    automationDetails: { id: `unprompted/${encodeURIComponent(app.name.toWellFormed())}/` },
    columnKind: "utf16CodeUnits",
    invocations: [
      {
        executionSuccessful: evaluation.app.stage === "ready",
        toolExecutionNotifications: notificationsOf(evaluation, outcome),
      },
    ],
    results: outcome.holes.map((hole) => resultOf(hole, app, catalogue)),
  };
}

const text = (words: string) => ({ text: visible(words) });

function ruleOf(entry: CatalogueEntry): object {
  return {
    id: entry.id,
    name: entry.slug,
    shortDescription: text(entry.title),
    fullDescription: text(`${entry.title}. ${entry.why}`),
    help: text(`${entry.why}\n\nFix: ${entry.fix}\n\nDefended when ${entry.defendedWhen}`),
    defaultConfiguration: { level: LEVEL[entry.severity] },
    properties: {
      tags: ["security", `external/cwe/${entry.cwe.toLowerCase()}`, `tier-${entry.tier}`],
      precision: "very-high",
      "security-severity": SECURITY_SEVERITY[entry.severity],
    },
  };
}

function notificationsOf({ app }: Evaluation, { unjudged }: Outcome): object[] {
  const failed =
    app.stage === "ready"
      ? []
      : [
          {
            level: "error",
            message: text(`The app failed at "${app.stage}": ${app.problem ?? "no reason was given"}`),
          },
        ];
  return [
    ...failed,
    ...unjudged.map(({ id, verdict, summary }) => ({
      level: "warning",
      associatedRule: { id },
      message: text(`${id} could not be judged (${verdict}): ${summary}`),
    })),
  ];
}

function resultOf(hole: Hole, app: SarifApp, catalogue: readonly CatalogueEntry[]): object {
  const { verdict, entry, place, accepted } = hole;
  const index = catalogue.findIndex(({ id }) => id === verdict.id);
  const where = place ? ` ${placeWords(place)}` : " The place in the source is not known.";
  const location = locationOf(place, app);
  return {
    ruleId: verdict.id,
    ...(index < 0 ? {} : { ruleIndex: index }),
    kind: "fail",
    level: LEVEL[entry?.severity ?? "medium"],
    message: text(`${verdict.summary}${where}${entry?.fix ? ` Fix: ${entry.fix}` : ""}`),
    ...(location ? { locations: [location] } : {}),
    partialFingerprints: {
      "unprompted/v1": createHash("sha256")
        .update(JSON.stringify([app.evaluation.scenario, app.folder, verdict.id]))
        .digest("hex"),
    },
    ...(accepted
      ? { suppressions: [{ kind: "external", status: "accepted", justification: visible(accepted.reason) }] }
      : {}),
    properties: { verdict: verdict.verdict, placeKnown: place !== null },
  };
}

/** A path as a URI reference, each part escaped. */
const uriOf = (path: string): string =>
  path
    .split(/[\\/]/)
    .filter((part) => part !== "" && part !== ".")
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join("/");

function locationOf(place: Place | null, { folder, fallback }: SarifApp): object | null {
  const file = place?.file ?? fallback;
  if (file === null) return null;
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(`${folder}/${file}`), uriBaseId: "%SRCROOT%" },
      region: { startLine: Math.max(1, place?.line ?? 1) },
    },
  };
}
