import type { Decision } from "../model/decision.ts";

/** The ledger of one session, with what tells it from others. */
export interface SessionLedger {
  session: string;
  baseline: string;
  agent: string;
  condition: string;
  replicate: number;
  decisions: readonly Decision[];
}

/** What one session chose in one topic. */
export interface Chosen {
  session: string;
  baseline: string;
  agent: string;
  condition: string;
  replicate: number;
  /** As the source says; empty when the topic does not apply or nothing was read. */
  choices: {
    choice: string;
    origin: Decision["origin"];
    step: number | null;
    file: string | null;
    line: number | null;
  }[];
  /** What behaviour shows and the source does not say, or says otherwise. */
  seen: string[];
}

/** Whether replicates of one place agree; null where there is one replicate only. */
export interface Agreement {
  baseline: string;
  agent: string;
  condition: string;
  replicates: number;
  agree: boolean | null;
}

export interface TopicChoices {
  topic: string;
  sessions: Chosen[];
  agreements: Agreement[];
  /** Places with two replicates or more, and those of them that agree; a share of nothing is null. */
  consistency: { places: number; agreed: number; share: number | null };
  /** Sessions by what they chose, most often first. */
  tally: { choice: string; sessions: number }[];
}

/** One table a topic, topics by name: agents x baselines x conditions x replicates. Sessions without a ledger are left out. */
export function choicesOf(ledgers: readonly SessionLedger[]): TopicChoices[] {
  const topics = [...new Set(ledgers.flatMap(({ decisions }) => decisions.map(({ topic }) => topic)))].sort();
  return topics.map((topic) => {
    const sessions = ledgers.map((ledger) => chosenOf(ledger, topic));
    const places = Map.groupBy(sessions, ({ baseline, agent, condition }) =>
      JSON.stringify([baseline, agent, condition]),
    );
    const agreements = [...places.values()].map((replicates) => agreementOf(replicates));
    const compared = agreements.filter(({ agree }) => agree !== null);
    const agreed = compared.filter(({ agree }) => agree).length;
    return {
      topic,
      sessions,
      agreements,
      consistency: { places: compared.length, agreed, share: compared.length > 0 ? agreed / compared.length : null },
      tally: tallyOf(sessions),
    };
  });
}

function chosenOf({ decisions, ...place }: SessionLedger, topic: string): Chosen {
  const own = decisions.filter((decision) => decision.topic === topic);
  const source = own.filter(({ by }) => by === undefined || by === "source");
  const { session, baseline, agent, condition, replicate } = place;
  return {
    ...{ session, baseline, agent, condition, replicate },
    choices: source.map(({ choice, origin, step, file, line }) => ({ choice, origin, step: step ?? null, file, line })),
    seen: own.filter(({ by }) => by === "behaviour" || by === "database").map(({ choice, by }) => `${choice} (${by})`),
  };
}

/** The set of choices, whatever their order and place; behaviour stands in where the source has no such topic. */
export const choiceOf = ({ choices, seen }: Pick<Chosen, "choices" | "seen">): string =>
  [...new Set(choices.length > 0 ? choices.map(({ choice }) => choice) : seen)].sort().join(" + ") || "does not apply";

function agreementOf(replicates: readonly Chosen[]): Agreement {
  const [first] = replicates as [Chosen, ...Chosen[]];
  const { baseline, agent, condition } = first;
  const agree = replicates.length < 2 ? null : replicates.every((one) => choiceOf(one) === choiceOf(first));
  return { baseline, agent, condition, replicates: replicates.length, agree };
}

function tallyOf(sessions: readonly Chosen[]): TopicChoices["tally"] {
  const groups = Map.groupBy(sessions, choiceOf);
  return [...groups]
    .map(([choice, list]) => ({ choice, sessions: list.length }))
    .sort((a, b) => b.sessions - a.sessions || (a.choice < b.choice ? -1 : 1));
}
