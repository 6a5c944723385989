import type { Evaluation } from "../model/index.ts";
import { type Tally, tiersOf } from "./counts.ts";
import type { Hole, Outcome } from "./holes.ts";
import { literal } from "./markdown.ts";
import { count, TIER_WORDS } from "./words.ts";

function holeBlock({ verdict, entry, place, expired }: Hole): string {
  const where = place ? ` Look at \`${literal(place.file)}${place.line === null ? "" : `:${place.line}`}\`.` : "";
  return [
    `### ${literal(verdict.id)} ${literal(entry?.title ?? verdict.slug)}${entry ? ` (${entry.severity})` : ""}`,
    `${literal(verdict.summary)}${where}`,
    ...(expired ? [`It was accepted until ${expired.expires}; that has passed.`] : []),
    ...(entry?.why ? [`**Why it matters.** ${literal(entry.why)}`] : []),
    ...(entry?.fix ? [`**Fix.** ${literal(entry.fix)}`] : []),
  ].join("\n\n");
}

const list = (title: string, items: readonly string[]): string[] =>
  items.length ? [`## ${title}`, items.map((item) => `- ${item}`).join("\n")] : [];

/** What a check found, as Markdown for a pull request or a job's summary. */
export function checkMarkdown(evaluation: Evaluation, { holes, open, unjudged, needless }: Outcome): string {
  const { app, verdicts, functional } = evaluation;
  if (app.stage !== "ready") {
    return [
      `# ${literal(app.name)} could not be tested`,
      `It failed at "${app.stage}": ${literal(app.problem ?? "no reason was given")}`,
      "Nothing was attacked, so nothing is said about its security.",
      "",
    ].join("\n\n");
  }
  const tiers = tiersOf(verdicts);
  const held = (tier: 1 | 2 | 3, tally: Tally) =>
    tally.planned === 0
      ? []
      : [`${tally.defended} of ${tally.planned} ${TIER_WORDS[tier].many} held (${tally.tested} could be tested)`];
  const blocks = [
    `# ${literal(app.name)}: ${count(open.length, "open hole")}`,
    `${[...held(1, tiers.tier1), ...held(2, tiers.tier2), ...held(3, tiers.tier3)].join(", ")}.`,
    ...open.map(holeBlock),
    ...list(
      "Accepted",
      holes.flatMap(({ verdict, accepted }) =>
        accepted
          ? [`${verdict.id} ${literal(verdict.slug)}, until ${accepted.expires}: ${literal(accepted.reason)}`]
          : [],
      ),
    ),
    ...list(
      "Accepted, and not exploited any more",
      needless.map(({ id }) => `${literal(id)}: remove it from the baseline file`),
    ),
    ...list(
      "Could not be judged",
      unjudged.map(({ id, verdict, summary }) => `${id} (${verdict}): ${literal(summary)}`),
    ),
    ...list(
      "Features that do not work as the prompts say",
      functional.filter((f) => !f.ok).map((f) => `prompt ${f.step}, "${literal(f.says)}": ${literal(f.detail)}`),
    ),
  ];
  return `${blocks.join("\n\n")}\n`;
}
