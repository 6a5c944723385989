import type { Evaluation } from "../model/index.ts";
import { oneLine, plainText } from "./ansi.ts";
import type { Hole, Outcome } from "./holes.ts";
import { placeWords } from "./places.ts";
import { count } from "./words.ts";

/** https://docs.github.com/actions/reference/workflow-commands: what would end a message or a property is escaped. */
const data = (words: string): string => words.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (words: string): string => data(words).replaceAll(":", "%3A").replaceAll(",", "%2C");

function command(kind: "error" | "warning" | "notice", properties: Record<string, string>, message: string): string {
  const given = Object.entries(properties).map(([name, value]) => `${name}=${property(oneLine(value))}`);
  return `::${kind}${given.length ? ` ${given.join(",")}` : ""}::${data(plainText(message))}\n`;
}

function annotation(hole: Hole, folder: string): string {
  const { verdict, entry, place, accepted, expired } = hole;
  const title = `${verdict.id} ${entry?.title ?? verdict.slug}${entry ? ` (${entry.severity})` : ""}`;
  const file = place ? [folder, place.file].filter(Boolean).join("/") : null;
  const where = file ? { file, line: String(Math.max(1, place?.line ?? 1)) } : {};
  const said = [
    oneLine(verdict.summary),
    accepted ? `Accepted until ${accepted.expires}: ${accepted.reason}` : null,
    expired ? `It was accepted until ${expired.expires}; that has passed.` : null,
    place ? placeWords(place) : null,
    entry?.fix ? `Fix: ${entry.fix}` : null,
  ];
  const words = said.filter((line) => line !== null).join("\n");
  return command(accepted ? "notice" : "error", { ...where, title }, words);
}

/**
 * Workflow commands of GitHub Actions: an error for each open hole, at the line where the ledger knows one, a notice for
 * each accepted one, a warning for what could not be judged, and a last line in plain words. `folder` is the app's
 * folder relative to the repository.
 */
export function githubAnnotations(evaluation: Evaluation, outcome: Outcome, folder: string): string {
  const { app, verdicts } = evaluation;
  if (app.stage !== "ready") {
    const reason = `It failed at "${app.stage}": ${app.problem ?? "no reason was given"}. Nothing was attacked, so nothing is said about its security.`;
    return command("error", { title: "The app could not be tested" }, reason);
  }
  const judged = verdicts.filter(({ verdict }) => verdict === "defended" || verdict === "exploited").length;
  return [
    ...outcome.holes.map((hole) => annotation(hole, folder)),
    ...outcome.unjudged.map(({ id, slug, verdict, summary }) =>
      command("warning", { title: `${id} ${slug}: ${verdict}` }, `Could not be judged: ${summary}`),
    ),
    ...outcome.needless.map(({ id }) =>
      command(
        "notice",
        { title: `${id} is accepted, and not exploited any more` },
        "Remove it from the baseline file.",
      ),
    ),
    `${count(outcome.open.length, "hole")} open, ${outcome.holes.length - outcome.open.length} accepted, ${judged} of ${count(verdicts.length, "test")} judged.\n`,
  ].join("");
}
