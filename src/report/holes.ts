import type { AcceptedHole, CatalogueEntry, Evaluation, Verdict } from "../model/index.ts";
import { type Place, placeOf } from "./places.ts";
import { SEVERITY_RANK } from "./words.ts";

/** An exploit that worked on one app, with all that is known to tell about it. */
export interface Hole {
  verdict: Verdict;
  /** Undefined when the catalogue does not have the exploit any more. */
  entry: CatalogueEntry | undefined;
  place: Place | null;
  /** Set when somebody accepted it and the acceptance still holds. */
  accepted: AcceptedHole | null;
  /** Set when it was accepted until a day that has passed. */
  expired: AcceptedHole | null;
}

/** What an evaluation comes to for a gate: nothing that could not be judged is held. */
export interface Outcome {
  /** Most severe first. */
  holes: Hole[];
  /** Holes that count: not accepted, or not any more. */
  open: Hole[];
  /** Broken or inconclusive. */
  unjudged: Verdict[];
  /** Accepted holes that were tested and held. */
  needless: AcceptedHole[];
}

/** `today` is YYYY-MM-DD; an acceptance holds on its last day still. */
export function outcomeOf(
  evaluation: Evaluation,
  catalogue: readonly CatalogueEntry[],
  accepted: readonly AcceptedHole[] = [],
  today = "",
): Outcome {
  const entries = new Map(catalogue.map((entry) => [entry.id, entry]));
  const acceptedOf = new Map(accepted.map((hole) => [hole.id, hole]));
  const rank = (hole: Hole) => SEVERITY_RANK[hole.entry?.severity ?? "medium"];
  const holes = evaluation.verdicts
    .filter(({ verdict }) => verdict === "exploited")
    .map((verdict): Hole => {
      const entry = entries.get(verdict.id);
      const known = acceptedOf.get(verdict.id) ?? null;
      const holds = known !== null && today <= known.expires;
      const place = placeOf(entry, evaluation.decisions);
      return { verdict, entry, place, accepted: holds ? known : null, expired: holds ? null : known };
    })
    .sort((a, b) => a.verdict.tier - b.verdict.tier || rank(a) - rank(b));
  const held = new Set(evaluation.verdicts.filter((v) => v.verdict === "defended").map(({ id }) => id));
  return {
    holes,
    open: holes.filter((hole) => hole.accepted === null),
    unjudged: evaluation.verdicts.filter(({ verdict }) => verdict === "broken" || verdict === "inconclusive"),
    needless: accepted.filter(({ id }) => held.has(id)),
  };
}
