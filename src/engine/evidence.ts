import type { Trial } from "../exploits/index.ts";
import type { Derivation, Evidence } from "../model/evidence.ts";
import type { Verdict } from "../model/verdict.ts";

const shifted = (how: Derivation, by: number): Derivation =>
  "exchange" in how ? { ...how, exchange: how.exchange + by } : how;

/** One trial's evidence behind that of the seed which it stands on, numbered through. */
export function evidenceOf(verdict: Verdict, seed: Trial | undefined, trial: Trial): Evidence {
  const before = seed?.conversation.exchanges ?? [];
  const by = before.length;
  return {
    formatVersion: 1,
    id: verdict.id,
    slug: verdict.slug,
    verdict: verdict.verdict,
    summary: verdict.summary,
    exchanges: [...before, ...trial.conversation.exchanges.map((exchange) => ({ ...exchange, n: exchange.n + by }))],
    checks: [
      ...(seed?.checks ?? []),
      ...trial.checks.map((check) =>
        check.exchange === undefined ? check : { ...check, exchange: check.exchange + by },
      ),
    ],
    values: [
      ...(seed?.conversation.values ?? []),
      ...trial.conversation.values.map((value) => ({ ...value, how: shifted(value.how, by) })),
    ],
    outside: [...(seed?.outside ?? []), ...trial.outside.map((step) => ({ ...step, after: step.after + by }))],
  };
}
