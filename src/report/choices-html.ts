import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Chosen, overlapOf } from "../stats/index.ts";
import { choiceWords, consistencyWords, sessionChoices } from "./choices.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { visible } from "./html/visible.js";
import type { ReportInput } from "./input.ts";
import { holesOf, pointerWords } from "./overlap.ts";
import { placeOf } from "./terminal-scan.ts";
import { constraintWords, learntOr, lockfileSentence } from "./terminal-supply.ts";
import { count, durationText } from "./words.ts";

const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);

const row = (cells: readonly string[], tag = "td"): string =>
  `<tr>${cells.map((cell, i) => (i === 0 && tag === "td" ? `<th scope="row">${escaped(cell)}</th>` : `<${tag}${tag === "th" ? ' scope="col"' : ""}>${escaped(cell)}</${tag}>`)).join("")}</tr>`;

function table(caption: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  return `<div class="wide" tabindex="0" role="region" aria-label="${escaped(caption)}"><table><caption>${escaped(caption)}</caption><thead>${row(header, "th")}</thead><tbody>${rows.map((cells) => row(cells)).join("")}</tbody></table></div>`;
}

/** One replicate's words, or those of several behind their numbers. */
function replicatesOf(sessions: readonly Chosen[]): string {
  if (sessions.length === 0) return "no session";
  const [only] = sessions;
  if (sessions.length === 1 && only) return choiceWords(only);
  return sessions.map((one) => `${one.replicate}: ${choiceWords(one)}`).join(" | ");
}

function decisions(input: ReportInput): string {
  const topics = sessionChoices(input.sessions);
  if (topics.length === 0) return "<p>No session was evaluated, so no choice was read.</p>";
  return topics
    .map((topic) => {
      const agents = [...new Set(topic.sessions.map(({ agent }) => agent))];
      const places = Map.groupBy(topic.sessions, ({ baseline, condition }) => `${baseline}, ${condition}`);
      const rows = [...places].map(([place, sessions]) => [
        place,
        ...agents.map((agent) => replicatesOf(sessions.filter((one) => one.agent === agent))),
      ]);
      const tally = topic.tally.map(({ choice, sessions }) => `${choice}: ${sessions}`).join("; ");
      return `<h3>${escaped(topic.topic)}</h3><p>${escaped(tally)}. ${escaped(consistencyWords(topic))}.</p>${table(`${topic.topic} by baseline and agent`, ["baseline, condition", ...agents], rows)}`;
    })
    .join("\n");
}

function scanners(input: ReportInput): string {
  const rows = input.sessions.flatMap(({ record, scanners: report }) => {
    const id = record.identity.id;
    if (!report) return [[id, "not run: no scanner was asked for", "", "", "", ""]];
    return report.runs.map((run) =>
      run.state === "ran"
        ? [
            id,
            `${run.scanner} ${run.version}`,
            run.rules.join(", "),
            durationText(run.seconds),
            String(run.findings.length),
            run.findings.map((one) => `${one.severity} ${one.rule} ${placeOf(one)}`).join("; "),
          ]
        : [id, run.scanner, `not run: ${run.reason}`, "", "", ""],
    );
  });
  return table("What scanners said", ["session", "scanner", "rules, or why not", "time", "findings", "which"], rows);
}

function overlap(input: ReportInput, figures: Figures): string {
  const rows: string[][] = [];
  const verdictsOf = new Map(figures.sessions.map(({ id, verdicts }) => [id, [...verdicts.values()]]));
  for (const session of input.sessions) {
    const id = session.record.identity.id;
    const runs = session.scanners?.runs.filter(({ state }) => state === "ran") ?? [];
    if (runs.length === 0) {
      const holes = verdictsOf.get(id)?.filter(({ verdict }) => verdict === "exploited").length ?? 0;
      if (holes > 0) rows.push([id, count(holes, "hole"), "not compared: no scanner ran"]);
      continue;
    }
    const found = overlapOf(holesOf(session, input), runs);
    for (const { hole, pointers } of found.holes)
      rows.push([id, `${hole.exploit} (${hole.cwe})`, pointerWords(pointers) || "no scanner pointed at it"]);
    for (const { scanner, finding } of found.unsupported)
      rows.push([id, "no proven hole", `${scanner} ${finding.rule} ${placeOf(finding)}: ${finding.message}`]);
  }
  return rows.length > 0
    ? table("Proven holes and findings", ["session", "hole", "which scanner pointed at it"], rows)
    : "<p>No hole was proven and no scanner found anything.</p>";
}

function supply(input: ReportInput): string {
  const rows = input.sessions.flatMap(({ record, supplyChain }) =>
    (supplyChain?.ecosystems ?? []).map((one) => [
      record.identity.id,
      `${one.manifest}: ${one.direct.length} (${constraintWords(one) || "none"})`,
      learntOr(one.transitive, String),
      lockfileSentence(one),
      learntOr(one.installScripts, (names) => names.join(", ") || "none"),
      learntOr(one.maintainers, String),
      learntOr(one.licences, (counts) =>
        Object.entries(counts)
          .map(([licence, n]) => `${licence} ${n}`)
          .join(", "),
      ),
      supplyChain?.steps
        .filter(({ added }) => added.length > 0)
        .map(({ step, added }) => `step ${step}: ${added.join(", ")}`)
        .join("; ") ?? "",
    ]),
  );
  const header = [
    "session",
    "direct",
    "behind them",
    "lockfile",
    "install scripts",
    "maintainers",
    "licences",
    "added",
  ];
  return rows.length > 0 ? table("What the apps are built from", header, rows) : "<p>Not read.</p>";
}

/**
 * `choices.html`: per topic what each session chose; what scanners said and which proven holes they pointed at; what the
 * apps are built from. One file without script that loads nothing; all that apps and tools wrote is text.
 */
export function choicesHtml(input: ReportInput, figures: Figures = figuresOf(input)): string {
  const style = readFileSync(new URL("./html/choices.css", import.meta.url), "utf8").replaceAll("\r\n", "\n");
  const hash = createHash("sha256").update(style).digest("base64");
  const title = escaped(input.plan.study.title ?? input.plan.study.id);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: choices</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}: choices</h1>
<p><a href="index.html">The report</a> has the verdicts. This page has what the agents chose, what scanners said, and what the apps are built from.</p>
<h2>Decisions</h2>
<p>Each choice with the step since which it stands. What is <em>seen</em> was shown by the running app and is said nowhere in its source, or otherwise there.</p>
${decisions(input)}
<h2>Scanners</h2>
<p>Findings are no verdicts: nothing was attacked to make them.</p>
${scanners(input)}
<h2>What scanning alone would have missed</h2>
<p>For each hole that an exploit proved, the findings that point at it; and findings that no exploit supports. An attack does not tell where in the source a hole lies, so most pointers rest on the CWE alone.</p>
${overlap(input, figures)}
<h2>Supply chain</h2>
${supply(input)}
</main>
</body>
</html>
`;
}
