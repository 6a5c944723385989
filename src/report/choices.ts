import type { SessionResult } from "../model/index.ts";
import { type Chosen, choicesOf, type TopicChoices } from "../stats/index.ts";
import { hanging, oneLine, painter, wrap } from "./ansi.ts";
import type { ScanLines } from "./terminal-scan.ts";
import { count } from "./words.ts";

const known = new WeakMap<readonly SessionResult[], TopicChoices[]>();

/** The tables of choices of all sessions that were evaluated. Several reports ask for those of one list of sessions. */
export function sessionChoices(sessions: readonly SessionResult[]): TopicChoices[] {
  const topics = known.get(sessions) ?? readChoices(sessions);
  known.set(sessions, topics);
  return topics;
}

function readChoices(sessions: readonly SessionResult[]): TopicChoices[] {
  return choicesOf(
    sessions.flatMap(({ record: { identity }, evaluation }) => {
      if (!evaluation) return [];
      const { id: session, baseline, agent, condition, replicate } = identity;
      return [{ session, baseline, agent, condition, replicate, decisions: evaluation.decisions }];
    }),
  );
}

/** `scrypt (step 1), auth.py:55`; the step is the one since which the choice stands, `baseline` before any. */
export function choiceWords({ choices, seen }: Chosen): string {
  const source = choices.map(({ choice, step, file, line }) => {
    const since = step === null ? "" : step === 0 ? " (baseline)" : ` (step ${step})`;
    return `${choice}${since}${file ? `, ${file}${line === null ? "" : `:${line}`}` : ""}`;
  });
  const behaviour = seen.length > 0 ? [`seen: ${seen.join(", ")}`] : [];
  return [...source, ...behaviour].join("; ") || "does not apply";
}

/** `3 of 4 places agree`; says so where no place has two replicates. */
export function consistencyWords({ consistency: { places, agreed } }: TopicChoices): string {
  return places === 0
    ? "replicates not compared: no place has two"
    : `replicates agree in ${agreed} of ${count(places, "place")}`;
}

/** What `unprompted decisions` prints: a table a topic. */
export function choicesLines(topics: readonly TopicChoices[], options: ScanLines): string[] {
  const paint = painter(options.color);
  const out: string[] = [];
  for (const topic of topics) {
    out.push(paint(oneLine(topic.topic), "bold"));
    out.push(
      ...wrap(
        oneLine(topic.tally.map(({ choice, sessions }) => `${choice}: ${sessions}`).join("; ")),
        options.width - 2,
      ).map((line) => `  ${line}`),
    );
    const places = topic.sessions.map(
      ({ baseline, agent, condition, replicate }) => `  ${baseline} ${agent} ${condition} ${replicate}`,
    );
    const label = Math.min(Math.max(0, ...places.map((place) => place.length)), Math.floor(options.width / 2));
    for (const [i, chosen] of topic.sessions.entries())
      out.push(...hanging(oneLine(places[i] ?? ""), oneLine(choiceWords(chosen)), label + 2, options.width));
    out.push(paint(`  ${consistencyWords(topic)}`, "dim"), "");
  }
  return out;
}
