import { useMemo } from "preact/hooks";
import type { RunView, SessionRow, Tier } from "../../../src/model/index.ts";
import { wilson } from "../../../src/stats/rates.ts";
import { percent, shareRange, whole } from "../../../src/stats/words.ts";
import { columnCounts, sampleRows } from "../figures.ts";
import { href } from "../route.ts";
import { plain, Text } from "../text.tsx";
import { TIER_WORDS } from "../words.ts";
import { Scroll, Section } from "./bits.tsx";

/** A tier's tests by agent (and condition, when there are several): in how many sessions each held. */
export function TierGrid({ run, measured, tier }: { run: RunView; measured: readonly SessionRow[]; tier: Tier }) {
  const groups = useMemo(() => {
    const by = new Map<string, SessionRow[]>();
    for (const row of sampleRows(measured)) {
      const name = run.conditions.length > 1 ? `${row.agent}, ${row.condition}` : row.agent;
      const group = by.get(name);
      if (group) group.push(row);
      else by.set(name, [row]);
    }
    return [...by];
  }, [run, measured]);
  const tests = run.columns.flatMap((entry, column) => (entry.tier === tier ? [{ entry, column }] : []));
  return (
    <Section title={`${TIER_WORDS[tier].short}: ${TIER_WORDS[tier].means}`}>
      {groups.length === 0 ? (
        <p class="unmeasured">Not measured: no session gave verdicts yet.</p>
      ) : (
        <Scroll label={`${TIER_WORDS[tier].short} by agent`}>
          <table class="tier-grid">
            <thead>
              <tr>
                <th scope="col">Test</th>
                {groups.map(([name, rows]) => (
                  <th key={name} scope="col">
                    <Text>{name}</Text>
                    <small>{rows.length} sessions</small>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {tests.map(({ entry, column }) => (
                <tr key={entry.id}>
                  <th scope="row">
                    <a data-stop href={href(["exploit", entry.id])}>
                      <code>{entry.id}</code> <Text>{entry.title}</Text>
                    </a>
                  </th>
                  {groups.map(([name, rows]) => {
                    const { defended, of, tested } = columnCounts(rows, column);
                    if (of === 0)
                      return (
                        <td key={name}>
                          <span class="unmeasured">not measured</span>
                        </td>
                      );
                    const interval = wilson(defended, of);
                    const share = defended / of;
                    return (
                      <td
                        key={name}
                        class={`share s${Math.round(share * 4)}`}
                        title={plain(
                          `${name}: ${percent(share)} held, 95 % interval ${shareRange(interval)}, ${tested} tested of ${of} planned`,
                        )}
                      >
                        {whole(defended)} of {whole(of)}{" "}
                        <span aria-hidden="true">{share === 1 ? "✓" : share === 0 ? "✕" : ""}</span>
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  );
}
