import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Finding, FindingSeverity } from "../model/scan.ts";

const Text = z.looseObject({ text: z.string().optional() });
const Properties = z.looseObject({
  tags: z.array(z.string()).optional(),
  cwe: z.union([z.string(), z.array(z.string())]).optional(),
  "security-severity": z.union([z.string(), z.number()]).optional(),
});
const Rule = z.looseObject({
  id: z.string(),
  shortDescription: Text.optional(),
  defaultConfiguration: z.looseObject({ level: z.string().optional() }).optional(),
  properties: Properties.optional(),
  relationships: z.array(z.looseObject({ target: z.looseObject({ id: z.string().optional() }) })).optional(),
});
const Result = z.looseObject({
  ruleId: z.string().optional(),
  ruleIndex: z.number().optional(),
  rule: z.looseObject({ id: z.string().optional(), index: z.number().optional() }).optional(),
  level: z.string().optional(),
  kind: z.string().optional(),
  message: Text.optional(),
  suppressions: z.array(z.unknown()).optional(),
  properties: Properties.optional(),
  taxa: z.array(z.looseObject({ id: z.string().optional() })).optional(),
  locations: z
    .array(
      z.looseObject({
        physicalLocation: z
          .looseObject({
            artifactLocation: z.looseObject({ uri: z.string().optional() }).optional(),
            region: z.looseObject({ startLine: z.number().optional() }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
});
const Log = z.looseObject({
  runs: z.array(
    z.looseObject({
      tool: z.looseObject({
        driver: z.looseObject({
          name: z.string(),
          version: z.string().optional(),
          semanticVersion: z.string().optional(),
          rules: z.array(Rule).optional(),
        }),
        extensions: z.array(z.looseObject({ rules: z.array(Rule).optional() })).optional(),
      }),
      invocations: z
        .array(
          z.looseObject({
            executionSuccessful: z.boolean().optional(),
            toolExecutionNotifications: z
              .array(z.looseObject({ level: z.string().optional(), message: Text.optional() }))
              .optional(),
          }),
        )
        .optional(),
      results: z.array(Result).nullish(),
    }),
  ),
});

export interface SarifContent {
  findings: Finding[];
  /** Errors that the tool itself noted: files that it could not parse, rules that it could not load. */
  incomplete: string[];
}

/**
 * Reads SARIF 2.1.0 (OASIS). Results that the app's own comments suppress count as well: the app is what is judged.
 * Throws when the text is no SARIF. `folder` is what file names are relative to.
 */
export function readSarif(text: string, folder: string | null): SarifContent {
  const { runs } = Log.parse(JSON.parse(text));
  const findings: Finding[] = [];
  const incomplete: string[] = [];
  for (const run of runs) {
    const rules = [...(run.tool.driver.rules ?? []), ...(run.tool.extensions ?? []).flatMap((one) => one.rules ?? [])];
    for (const result of run.results ?? []) {
      if (result.kind === "pass" || result.kind === "notApplicable") continue;
      const id = result.ruleId ?? result.rule?.id ?? rules[result.ruleIndex ?? result.rule?.index ?? -1]?.id;
      const rule = rules.find((one) => one.id === id);
      const place = result.locations?.[0]?.physicalLocation;
      findings.push({
        rule: id ?? "unnamed",
        message: (result.message?.text ?? rule?.shortDescription?.text ?? "").split("\n")[0]?.trim() ?? "",
        severity: severityOf(
          result.properties?.["security-severity"] ?? rule?.properties?.["security-severity"],
          result.level ?? rule?.defaultConfiguration?.level,
        ),
        cwe: cweIn([
          ...wordsOf(result.properties),
          ...wordsOf(rule?.properties),
          ...(result.taxa ?? []).map(({ id: taxon }) => `cwe-${taxon}`),
          ...(rule?.relationships ?? []).map(({ target }) => target.id ?? ""),
        ]),
        ...placeOf(place?.artifactLocation?.uri, folder),
        line: place?.region?.startLine ?? null,
      });
    }
    for (const invocation of run.invocations ?? [])
      for (const note of invocation.toolExecutionNotifications ?? [])
        if (note.level === "error" || note.level === "warning")
          incomplete.push((note.message?.text ?? "an error without words").split("\n")[0]?.slice(0, 200) ?? "");
  }
  return { findings, incomplete };
}

const wordsOf = (properties: z.infer<typeof Properties> | undefined): string[] => [
  ...(properties?.tags ?? []),
  ...[properties?.cwe ?? []].flat(),
];

/** `CWE-89: …`, `external/cwe/cwe-089`, `cwe-89` are all `CWE-89`. */
export function cweIn(words: readonly string[]): string[] {
  const found = words.flatMap((word) =>
    [...word.matchAll(/cwe[-_ :/]*0*(\d+)/gi)].map(([, number]) => `CWE-${number}`),
  );
  return [...new Set(found)];
}

/** GitHub's reading of `security-severity` (CVSS bands); else the level. */
function severityOf(score: string | number | undefined, level: string | undefined): FindingSeverity {
  const points = Number(score);
  if (score !== undefined && Number.isFinite(points))
    return points >= 9 ? "critical" : points >= 7 ? "high" : points >= 4 ? "medium" : points > 0 ? "low" : "info";
  return level === "error" ? "high" : level === "note" ? "low" : level === "none" ? "info" : "medium";
}

function placeOf(uri: string | undefined, folder: string | null): { file: string | null; url: string | null } {
  if (uri === undefined) return { file: null, url: null };
  if (/^https?:\/\//.test(uri)) return { file: null, url: `GET ${pathOf(uri)}` };
  return { file: relativeTo(folder, uri.startsWith("file:") ? fileURLToPath(uri) : decodeURI(uri)), url: null };
}

/** Path and query of an address; of anything else the text itself. */
export function pathOf(address: string): string {
  try {
    const { pathname, search } = new URL(address);
    return pathname + search;
  } catch {
    return address;
  }
}

/** A file name as the report gives it: relative to the app's folder. */
export function relativeTo(folder: string | null, file: string): string {
  return folder && isAbsolute(file) ? relative(folder, file) : file.replace(/^\.\//, "");
}
