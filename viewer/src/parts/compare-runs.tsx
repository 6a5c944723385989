import { useMemo } from "preact/hooks";
import type { ChoiceCount, RunSnapshot, SessionRow } from "../../../src/model/index.ts";
import { compareLevels } from "../../../src/stats/compare.ts";
import { comparisonSentence } from "../../../src/stats/sentences.ts";
import { whole } from "../../../src/stats/words.ts";
import { seededRandom } from "../../../src/util/seeded.ts";
import { apiPath, useLoaded } from "../api.ts";
import { isMeasured, sampleRows, scoresOf, tiersOf, verdictAt } from "../figures.ts";
import { href } from "../route.ts";
import type { RunState } from "../state.ts";
import { Text } from "../text.tsx";
import { count, TIER_WORDS } from "../words.ts";
import { NotMeasured, Scroll, Section } from "./bits.tsx";

/**
 * From another run to this one. Sessions are paired by baseline, agent, condition and replicate; their ids also name the
 * versions of all that took part, and those may be what is to be compared.
 */
export function CompareRuns({ state, other }: { state: RunState; other: string }) {
  const snapshot = useLoaded<RunSnapshot>(apiPath("runs", other));
  if (snapshot.kind === "loading") return <p class="fine">Reads the other run …</p>;
  if (snapshot.kind === "none") return <NotMeasured because={snapshot.because} />;
  return (
    <>
      <Rates state={state} other={snapshot.value} />
      <Changes state={state} other={snapshot.value} />
      <ChoiceChanges
        before={snapshot.value.choices}
        after={state.choices}
        of={[snapshot.value.rows.filter(isMeasured).length, state.rows.filter(isMeasured).length]}
      />
    </>
  );
}

const MOST_SESSIONS = 800;

/** The run takes the place of the condition, so that both runs are compared within the same agent and baseline. */
function Rates({ state: { run, rows }, other }: { state: RunState; other: RunSnapshot }) {
  const sentences = useMemo(() => {
    if (!run || rows.length + other.rows.length > MOST_SESSIONS) return null;
    const placed = (of: readonly SessionRow[], name: string, columns: RunSnapshot["run"]["columns"], tier: 1 | 2 | 3) =>
      scoresOf(sampleRows(of), tier, columns).map((score) => ({
        ...score,
        agent: `${score.agent}, ${score.condition}`,
        condition: name,
      }));
    const [before, after] = [`${other.run.name} (before)`, `${run.name} (this run)`];
    return tiersOf(run.columns).map((tier) => {
      const scores = [
        ...placed(other.rows, before, other.run.columns, tier),
        ...placed(rows, after, run.columns, tier),
      ];
      const compared = compareLevels(scores, "condition", [after, before], { random: seededRandom(1), draws: 2000 });
      return comparisonSentence(compared, {
        name: `${TIER_WORDS[tier].short.toLowerCase()} tests held`,
        unit: "share",
        better: "higher",
      });
    });
  }, [run, rows, other]);
  return (
    <Section title="Rates">
      {sentences === null ? (
        <p class="unmeasured">Not tested here: with more than {MOST_SESSIONS} sessions it takes long.</p>
      ) : (
        <ul class="sentences">
          {sentences.map((sentence) => (
            <li key={sentence}>
              <Text>{sentence}</Text>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

const pairKey = ({ baseline, agent, condition, replicate }: SessionRow): string =>
  JSON.stringify([baseline, agent, condition, replicate]);

function Changes({ state: { run, rows }, other }: { state: RunState; other: RunSnapshot }) {
  const before = new Map(other.rows.map((row) => [pairKey(row), row]));
  const columnBefore = new Map(other.run.columns.map((entry, column) => [entry.id, column]));
  const pairs = rows.flatMap((row) => {
    const old = before.get(pairKey(row));
    return old?.verdicts && row.verdicts ? [{ row, old }] : [];
  });
  const tests = (run?.columns ?? [])
    .map((entry, column) => {
      const was = columnBefore.get(entry.id);
      const changed = pairs.flatMap(({ row, old }) => {
        const [from, to] = [was === undefined ? null : verdictAt(old, was), verdictAt(row, column)];
        return from === to ? [] : [{ row, from, to }];
      });
      return {
        entry,
        opened: changed.filter(({ to }) => to === "exploited"),
        closed: changed.filter(({ from, to }) => from === "exploited" && to === "defended"),
        others: changed.filter(({ from, to }) => to !== "exploited" && !(from === "exploited" && to === "defended")),
      };
    })
    .filter(({ opened, closed, others }) => opened.length + closed.length + others.length > 0)
    .sort((x, y) => y.opened.length - x.opened.length || y.closed.length - x.closed.length);
  return (
    <Section title="Verdicts that differ">
      <p>
        {count(pairs.length, "session is", "sessions are")} measured in both runs; {count(tests.length, "test")} changed
        in some.
      </p>
      {tests.length > 0 && (
        <Scroll label="Verdicts that differ between the runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Test</th>
                <th scope="col">Opened</th>
                <th scope="col">Closed</th>
                <th scope="col" class="number">
                  Otherwise
                </th>
              </tr>
            </thead>
            <tbody>
              {tests.map(({ entry, opened, closed, others }) => (
                <tr key={entry.id}>
                  <th scope="row">
                    <a data-stop href={href(["exploit", entry.id])}>
                      <code>{entry.id}</code> <Text>{entry.title}</Text>
                    </a>
                  </th>
                  <td>
                    <Named sessions={opened.map(({ row }) => row.id)} exploit={entry.id} />
                  </td>
                  <td>
                    <Named sessions={closed.map(({ row }) => row.id)} exploit={entry.id} />
                  </td>
                  <td class="number">{whole(others.length)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  );
}

const NAMED = 4;

function Named({ sessions, exploit }: { sessions: readonly string[]; exploit: string }) {
  if (sessions.length === 0) return <span class="fine">in none</span>;
  return (
    <>
      {sessions.slice(0, NAMED).map((id) => (
        <div key={id}>
          <a href={href(["session", id, exploit])}>
            <Text>{id}</Text>
          </a>
        </div>
      ))}
      {sessions.length > NAMED && <span class="fine">and {whole(sessions.length - NAMED)} more</span>}
    </>
  );
}

interface ChoiceChangesProps {
  before: readonly ChoiceCount[];
  after: readonly ChoiceCount[];
  /** Measured sessions of each run. */
  of: readonly [number, number];
}

function ChoiceChanges({ before, after, of: [ofBefore, ofAfter] }: ChoiceChangesProps) {
  const counts = (choices: readonly ChoiceCount[]) => {
    const by = new Map<string, number>();
    for (const { topic, choice, sessions } of choices) {
      const key = JSON.stringify([topic, choice]);
      by.set(key, (by.get(key) ?? 0) + sessions);
    }
    return by;
  };
  const [from, to] = [counts(before), counts(after)];
  const keys = [...new Set([...from.keys(), ...to.keys()])]
    .filter((key) => (from.get(key) ?? 0) * ofAfter !== (to.get(key) ?? 0) * ofBefore)
    .sort();
  return (
    <Section title="Decisions that differ">
      {from.size === 0 || to.size === 0 ? (
        <NotMeasured because="no decision was read in one of the runs" />
      ) : keys.length === 0 ? (
        <p>Every choice was made equally often.</p>
      ) : (
        <Scroll label="Decisions that differ between the runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">Choice</th>
                <th scope="col" class="number">
                  Sessions before
                </th>
                <th scope="col" class="number">
                  Sessions now
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => {
                const [topic = "", choice = ""] = JSON.parse(key) as string[];
                return (
                  <tr key={key}>
                    <th scope="row">
                      <Text>{topic}</Text>
                    </th>
                    <td>
                      <Text>{choice}</Text>
                    </td>
                    <td class="number">{`${from.get(key) ?? "none"} of ${ofBefore}`}</td>
                    <td class="number">{`${to.get(key) ?? "none"} of ${ofAfter}`}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  );
}
