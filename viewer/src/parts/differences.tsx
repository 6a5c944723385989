import { useMemo } from "preact/hooks";
import type { RunView, SessionRow } from "../../../src/model/index.ts";
import { compareAll, isShown, withHolm } from "../../../src/stats/compare.ts";
import { stepOf } from "../../../src/stats/rates.ts";
import { comparisonSentence, stepSentence } from "../../../src/stats/sentences.ts";
import { FACTORS } from "../../../src/stats/sessions.ts";
import { seededRandom } from "../../../src/util/seeded.ts";
import { sampleRows, scoresOf, tiersOf } from "../figures.ts";
import { Text } from "../text.tsx";
import { count, TIER_WORDS } from "../words.ts";
import { Section } from "./bits.tsx";

/** Beyond this the permutation tests would hold the page up for seconds. */
const MOST_SESSIONS = 400;

interface Found {
  sentence: string;
  shown: boolean;
}

/** Differences between agents, baselines and conditions in words, each with what these sessions could have shown. */
export function Differences({ run, rows }: { run: RunView; rows: readonly SessionRow[] }) {
  const sample = useMemo(() => sampleRows(rows), [rows]);
  const found = useMemo(
    () => (sample.length < 2 || sample.length > MOST_SESSIONS ? [] : comparisonsOf(run, sample)),
    [run, sample],
  );
  const shown = found.filter((one) => one.shown);
  const others = found.filter((one) => !one.shown);
  return (
    <Section title="Differences">
      {sample.length > MOST_SESSIONS ? (
        <p class="unmeasured">Not tested here: with more than {MOST_SESSIONS} sessions it takes long.</p>
      ) : found.length === 0 ? (
        <p class="unmeasured">Nothing to compare: one agent, one baseline, one condition, or too few sessions.</p>
      ) : (
        <>
          {shown.length === 0 && (
            <p>
              No difference between agents, baselines or conditions is shown in {count(found.length, "comparison")} of{" "}
              {count(sample.length, "session")}.
            </p>
          )}
          <Sentences found={shown} />
          <details>
            <summary>
              {count(others.length, "comparison")} without a shown difference, and what they could have shown
            </summary>
            <Sentences found={others} />
          </details>
          <p class="fine">
            <Text>{steps(run, sample)}</Text>
          </p>
        </>
      )}
    </Section>
  );
}

function Sentences({ found }: { found: readonly Found[] }) {
  return (
    <ul class="sentences">
      {found.map(({ sentence }) => (
        <li key={sentence}>
          <Text>{sentence}</Text>
        </li>
      ))}
    </ul>
  );
}

function comparisonsOf(run: RunView, sample: readonly SessionRow[]): Found[] {
  return tiersOf(run.columns).flatMap((tier) => {
    const scores = scoresOf(sample, tier, run.columns);
    if (scores.length < 2) return [];
    const family = FACTORS.flatMap((factor) =>
      compareAll(scores, factor, { random: seededRandom(run.study.seed), draws: 2000 }),
    );
    const name = `${TIER_WORDS[tier].short.toLowerCase()} tests held`;
    return withHolm(family).map((comparison) => ({
      sentence: comparisonSentence(comparison, { name, unit: "share", better: "higher" }),
      shown: comparison.kind === "compared" && isShown(comparison),
    }));
  });
}

const steps = (run: RunView, sample: readonly SessionRow[]): string =>
  tiersOf(run.columns)
    .map((tier) => stepSentence(stepOf(scoresOf(sample, tier, run.columns)), `tier ${tier} test`))
    .join(" ");
