import { z } from "zod";
import {
  type CatalogueEntry,
  type Delivery,
  deliveryFigures,
  Evaluation,
  NO_VERDICT,
  type Plan,
  type RunView,
  type SessionIdentity,
  type SessionRecord,
  type SessionRow,
  VERDICT_LETTERS,
  type Verdict,
} from "../model/index.ts";

/** The parts of `evaluation.json` that rows are made of; reading them alone is several times faster. */
export const RowEvaluation = z.object({
  app: Evaluation.shape.app.pick({ stage: true, problem: true }),
  functional: z.array(z.object({ ok: z.boolean() })),
  verdicts: z.array(Evaluation.shape.verdicts.element.pick({ id: true, slug: true, tier: true, verdict: true })),
  decisions: z.array(z.object({ topic: z.string(), choice: z.string(), origin: z.string() })),
});
export type RowEvaluation = z.infer<typeof RowEvaluation>;

/** The tests of a run in the order of the catalogue; a test that only stored verdicts know is added at the end. */
export class Columns {
  readonly entries: CatalogueEntry[];
  readonly #places: Map<string, number>;

  constructor(catalogue: readonly CatalogueEntry[]) {
    this.entries = [...catalogue];
    this.#places = new Map(catalogue.map(({ id }, place) => [id, place]));
  }

  placeOf(verdict: Pick<Verdict, "id" | "slug" | "tier">): number {
    const known = this.#places.get(verdict.id);
    if (known !== undefined) return known;
    this.#places.set(verdict.id, this.entries.length);
    return this.entries.push(unknownEntry(verdict)) - 1;
  }
}

function unknownEntry({ id, slug, tier }: Pick<Verdict, "id" | "slug" | "tier">): CatalogueEntry {
  const unknown = "not in the present catalogue";
  return {
    id,
    slug,
    tier,
    area: unknown,
    title: slug,
    severity: "medium",
    cwe: "",
    standard: "",
    prompt: unknown,
    control: unknown,
    attack: unknown,
    defendedWhen: unknown,
    why: "",
    fix: "",
  };
}

const PROBLEM_CHARACTERS = 300;

const firstLine = (text: string | null | undefined): string | null =>
  text ? (text.split("\n", 1)[0] ?? "").slice(0, PROBLEM_CHARACTERS) : null;

/** Null as soon as one part is unknown: a sum of what happens to be known would be too small. */
function sumKnown(values: readonly (number | null)[]): number | null {
  if (values.length === 0 || values.some((value) => value === null)) return null;
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

export const plannedRow = (identity: SessionIdentity): SessionRow => ({
  ...identity,
  state: "planned",
  stage: null,
  problem: null,
  verdicts: "",
  functional: null,
  agentSeconds: null,
  tokensIn: null,
  tokensOut: null,
  costUsd: null,
  madeBy: null,
  delivery: null,
});

/**
 * Verdicts are in a row only when the app came up, the evaluation was finished, and the agent saw and changed only what it
 * was given: all else is in no rate.
 */
export function rowOf(
  record: SessionRecord,
  evaluation: RowEvaluation | undefined,
  delivery: Delivery | undefined,
  columns: Columns,
): SessionRow {
  const breaches = record.proof?.breaches ?? [];
  const whole = record.state === "evaluated" && evaluation?.app.stage === "ready" && breaches.length === 0;
  const measured = whole ? evaluation : undefined;
  const letters: string[] = [];
  for (const verdict of measured?.verdicts ?? [])
    letters[columns.placeOf(verdict)] = VERDICT_LETTERS[verdict.verdict] ?? NO_VERDICT;
  const { steps } = record;
  return {
    ...record.identity,
    state: record.state,
    stage: evaluation?.app.stage ?? null,
    problem: firstLine(
      breaches.length ? `left out of all rates: ${breaches.join(". ")}` : (record.problem ?? evaluation?.app.problem),
    ),
    verdicts: Array.from(letters, (letter) => letter ?? NO_VERDICT).join(""),
    functional: measured?.functional.length
      ? { passed: measured.functional.filter(({ ok }) => ok).length, of: measured.functional.length }
      : null,
    agentSeconds: sumKnown(steps.map((s) => s.durationSeconds)),
    tokensIn: sumKnown(steps.map((s) => s.tokensIn)),
    tokensOut: sumKnown(steps.map((s) => s.tokensOut)),
    costUsd: sumKnown(steps.map((s) => s.costUsd)),
    madeBy: record.provenance?.madeBy ?? null,
    delivery: whole && delivery ? deliveryFigures(delivery) : null,
  };
}

/** What a session chose on each topic, every distinct choice once. */
export function choicesOf(evaluation: RowEvaluation | undefined): [topic: string, choice: string][] {
  const choices = new Map<string, Set<string>>();
  for (const { topic, choice, origin } of evaluation?.decisions ?? []) {
    if (origin === "unknown") continue;
    const known = choices.get(topic);
    if (known) known.add(choice);
    else choices.set(topic, new Set([choice]));
  }
  return [...choices].map(([topic, set]) => [topic, [...set].join("; ")]);
}

export function runView(name: string, plan: Plan, columns: Columns, notes: ReadonlyMap<string, string>): RunView {
  const { id, title, scenario, seed, replicates, tiers } = plan.study;
  return {
    name,
    study: { id, scenario, seed, replicates, tiers, ...(title === undefined ? {} : { title }) },
    baselines: plan.study.baselines,
    agents: plan.study.agents.map((agent) => agent.id),
    conditions: plan.study.conditions.map((condition) => condition.id),
    columns: columns.entries,
    sessions: plan.sessions.length,
    notes: [...notes].map(([agent, text]) => ({ agent, text })),
  };
}
