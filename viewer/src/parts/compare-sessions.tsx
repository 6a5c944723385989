import type { Decision, RunView, SessionRow, SessionView, TextView } from "../../../src/model/index.ts";
import { whole } from "../../../src/stats/words.ts";
import { apiPath, useLoaded } from "../api.ts";
import { verdictAt } from "../figures.ts";
import { href } from "../route.ts";
import { Text } from "../text.tsx";
import { count } from "../words.ts";
import { Badge, NotMeasured, Scroll, Section } from "./bits.tsx";
import { Diff } from "./diff.tsx";

export function CompareSessions({
  run,
  rows,
  a,
  b,
}: {
  run: RunView;
  rows: readonly SessionRow[];
  a: string;
  b: string;
}) {
  const [from, to] = [a, b].map((id) => rows.find((row) => row.id === id));
  if (!from || !to) {
    const unknown = [a, b].filter((id) => id !== "" && !rows.some((row) => row.id === id));
    return (
      <p class="fine">
        {unknown.length ? "Type on: no session has this name yet." : "Choose two sessions of this run."}
      </p>
    );
  }
  return (
    <>
      <VerdictChanges run={run} from={from} to={to} />
      <DecisionChanges from={from} to={to} />
      <CodeChanges from={from} to={to} />
    </>
  );
}

function VerdictChanges({ run, from, to }: { run: RunView; from: SessionRow; to: SessionRow }) {
  const changed = run.columns.flatMap((entry, column) => {
    const [before, after] = [verdictAt(from, column), verdictAt(to, column)];
    return before === after ? [] : [{ entry, before, after }];
  });
  const worth = ({ before, after }: (typeof changed)[number]) =>
    after === "exploited" ? 0 : before === "exploited" ? 1 : 2;
  changed.sort((x, y) => worth(x) - worth(y));
  return (
    <Section title="Verdicts that differ">
      <p>
        {count(changed.length, "test differs", "tests differ")} of {whole(run.columns.length)}:{" "}
        {changed.filter(({ after }) => after === "exploited").length} fell only in the second,{" "}
        {changed.filter(({ before }) => before === "exploited").length} only in the first.
      </p>
      {changed.length > 0 && (
        <Scroll label="Verdicts that differ">
          <table>
            <thead>
              <tr>
                <th scope="col">Test</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
              </tr>
            </thead>
            <tbody>
              {changed.map(({ entry, before, after }) => (
                <tr key={entry.id}>
                  <th scope="row">
                    <a data-stop href={href(["exploit", entry.id])}>
                      <code>{entry.id}</code> <Text>{entry.title}</Text>
                    </a>
                  </th>
                  <td>
                    <a href={href(["session", from.id, entry.id])}>
                      <Badge verdict={before} />
                    </a>
                  </td>
                  <td>
                    <a href={href(["session", to.id, entry.id])}>
                      <Badge verdict={after} />
                    </a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  );
}

const byTopic = (decisions: readonly Decision[]): Map<string, string> => {
  const topics = Map.groupBy(decisions, ({ topic }) => topic);
  return new Map(
    [...topics].map(([topic, of]) => [topic, [...new Set(of.map((d) => `${d.choice} (${d.origin})`))].join("; ")]),
  );
};

function DecisionChanges({ from, to }: { from: SessionRow; to: SessionRow }) {
  const a = useLoaded<SessionView>(apiPath("session", from.id), from.state);
  const b = useLoaded<SessionView>(apiPath("session", to.id), to.state);
  const [before, after] = [a, b].map((one) =>
    byTopic(one.kind === "there" ? (one.value.evaluation?.decisions ?? []) : []),
  );
  if (a.kind === "loading" || b.kind === "loading" || !before || !after)
    return <p class="fine">Reads the decisions …</p>;
  const topics = [...new Set([...before.keys(), ...after.keys()])].sort();
  const differing = topics.filter((topic) => before.get(topic) !== after.get(topic));
  return (
    <Section title="Decisions that differ">
      {topics.length === 0 ? (
        <NotMeasured because="no decision was read from either" />
      ) : differing.length === 0 ? (
        <p>All {count(topics.length, "topic")} were decided alike.</p>
      ) : (
        <Scroll label="Decisions that differ">
          <table>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
              </tr>
            </thead>
            <tbody>
              {differing.map((topic) => (
                <tr key={topic}>
                  <th scope="row">
                    <Text>{topic}</Text>
                  </th>
                  {[before, after].map((choices, i) => (
                    <td key={i}>
                      {choices.has(topic) ? (
                        <Text>{choices.get(topic) ?? ""}</Text>
                      ) : (
                        <span class="unmeasured">not determined</span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  );
}

function CodeChanges({ from, to }: { from: SessionRow; to: SessionRow }) {
  const same = from.baseline === to.baseline;
  const diff = useLoaded<TextView>(same ? apiPath("difference", from.id, to.id) : null, `${from.state} ${to.state}`);
  return (
    <Section title="Code that differs">
      {!same ? (
        <p class="unmeasured">Not compared: the two are built on different baselines.</p>
      ) : diff.kind === "loading" ? (
        <p class="fine">Compares the last commits …</p>
      ) : diff.kind === "there" ? (
        <Diff diff={diff.value} />
      ) : (
        <NotMeasured because={diff.because} />
      )}
    </Section>
  );
}
