import type { Decision } from "../model/decision.ts";

/** A place in the app: the whole line that stands there, and of it the piece that shows the choice. */
export interface Place {
  file: string;
  line: number;
  text: string;
  piece: string;
}

/** A decision with every place where its choice is seen; the decision itself names the first of them. */
export interface Choice extends Decision {
  places: readonly Place[];
  /** Which of several things of one topic it is about, such as the secret's name; null where a topic has but one. */
  of: string | null;
}

/** The decision alone. */
export function decisionOf({ places: _, of: __, ...decision }: Choice): Decision {
  return decision;
}

/** The ledger as it stood after one step; step 0 is the baseline. */
export interface StepLedger {
  step: number;
  commit: string;
  decisions: readonly Choice[];
}

const same = (a: Choice, b: Choice) =>
  a.topic === b.topic && a.choice === b.choice && a.of === b.of && isLack(a) === isLack(b);

/** Somebody's `none` is another choice than there being nothing. */
const isLack = ({ origin }: Decision) => origin === "absent";

/**
 * Says of each choice of the final ledger since which step it has stood: the first of the unbroken row of steps that
 * reaches to the end. A choice that was made, dropped and made again counts from when it came back. Of its places the
 * one is named that has been there longest, so that place and step tell of the same code. Absences, and what only
 * behaviour shows, have no step.
 */
export function withFirstSeen(choices: readonly Choice[], ledgers: readonly StepLedger[]): Decision[] {
  const latestFirst = [...ledgers].sort((a, b) => b.step - a.step);
  return choices.map((choice) => {
    const decision = decisionOf(choice);
    if (decision.origin === "absent" || decision.by !== "source") return { ...decision, step: null, commit: null };
    const row: { ledger: StepLedger; then: Choice }[] = [];
    for (const ledger of latestFirst) {
      const then = ledger.decisions.find((one) => same(one, choice));
      if (!then) break;
      row.unshift({ ledger, then });
    }
    const first = row[0]?.ledger;
    const place = oldest(
      choice.places,
      row.map(({ then }) => then.places),
    );
    return {
      ...decision,
      ...(place && { file: place.file, line: place.line }),
      step: first?.step ?? null,
      commit: first?.commit ?? null,
    };
  });
}

/** How a place of today can be one of before, the surest way first: kept, changed around the piece, moved, rewritten. */
const DESCENT: readonly ((now: Place, then: Place) => boolean)[] = [
  (now, then) => now.file === then.file && now.text === then.text,
  (now, then) => now.file === then.file && now.piece === then.piece,
  (now, then) => now.text === then.text,
  (now, then) => now.file === then.file,
];

/** Of the places of today the one that was there first; `before` are the places after each step, the first step first. */
function oldest(today: readonly Place[], before: readonly (readonly Place[])[]): Place | undefined {
  for (const places of before)
    for (const descends of DESCENT) {
      const kept = today.find((now) => places.some((then) => descends(now, then)));
      if (kept) return kept;
    }
  return undefined;
}
