import { useMemo } from "preact/hooks";
import type { RunView, SessionRow } from "../../../src/model/index.ts";
import { glanceOf, NOT_MEASURED } from "../../../src/stats/glance.ts";
import { verdictAt } from "../figures.ts";
import { Text } from "../text.tsx";
import { count } from "../words.ts";
import { Scroll, Section, Unknown } from "./bits.tsx";

/** Agents side by side: what each took, what held, and what it handed over besides. A person's notes stand apart. */
export function Glance({ run, rows }: { run: RunView; rows: readonly SessionRow[] }) {
  const glance = useMemo(() => {
    const places = new Map(run.columns.map(({ id }, place) => [id, place]));
    const sessions = rows.map((row) => ({
      ...row,
      verdictOn: (exploit: string) => verdictAt(row, places.get(exploit) ?? -1),
    }));
    return glanceOf(sessions, run.columns);
  }, [run, rows]);
  if (glance === null) return null;
  return (
    <Section title="At a glance">
      <Scroll label="At a glance">
        <table class="glance">
          <thead>
            <tr>
              <td />
              {glance.columns.map(({ agent, baseline, sessions }) => (
                <th key={`${agent} ${baseline}`} scope="col">
                  <Text>{agent}</Text>
                  <small>
                    <Text>{baseline}</Text>
                    {sessions > 1 ? `, ${count(sessions, "session")}` : ""}
                  </small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {glance.rows.map(({ what, cells }) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                {cells.map((cell, i) => (
                  <td key={i}>{cell === NOT_MEASURED ? <Unknown>{cell}</Unknown> : cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {run.notes.length > 0 && (
        <div class="readers-notes">
          <h3>Notes by a reader, which nothing here has measured</h3>
          {run.notes.map(({ agent, text }) => (
            <p key={agent}>
              <b>
                <Text>{agent}</Text>
              </b>{" "}
              <Text>{text}</Text>
            </p>
          ))}
        </div>
      )}
    </Section>
  );
}
