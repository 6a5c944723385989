import { useCallback, useMemo } from "preact/hooks";
import type { RunView, SessionRow, Tier } from "../../../src/model/index.ts";
import type { ClusteredRate } from "../../../src/stats/rates.ts";
import { percent, shareRange, whole } from "../../../src/stats/words.ts";
import { rateOf, sampleRows, tiersOf } from "../figures.ts";
import { type Route, setParams } from "../route.ts";
import { Text } from "../text.tsx";
import { count, TIER_WORDS } from "../words.ts";
import { Scroll, Section } from "./bits.tsx";
import { Plot } from "./plot.tsx";

interface Line {
  agent: string;
  baseline: string;
  rate: ClusteredRate;
}

/** Of an agent under a condition, when the study has several. */
const agentOf = (row: SessionRow, conditions: number): string =>
  conditions > 1 ? `${row.agent}, ${row.condition}` : row.agent;

function linesOf(run: RunView, rows: readonly SessionRow[], tier: Tier): Line[] {
  const sample = sampleRows(rows);
  const groups = new Map<string, SessionRow[]>();
  for (const row of sample) {
    const agent = agentOf(row, run.conditions.length);
    for (const baseline of [row.baseline, ALL]) {
      const key = JSON.stringify([agent, baseline]);
      const group = groups.get(key);
      if (group) group.push(row);
      else groups.set(key, [row]);
    }
  }
  const order = [...run.baselines, ALL];
  return [...groups]
    .flatMap(([key, group]) => {
      const [agent = "", baseline = ""] = JSON.parse(key) as string[];
      const rate = rateOf(group, tier, run.columns);
      return rate && (baseline !== ALL || run.baselines.length > 1) ? [{ agent, baseline, rate }] : [];
    })
    .sort((a, b) => order.indexOf(a.baseline) - order.indexOf(b.baseline));
}

const ALL = "all baselines";

/** The share of tests that held, for each agent and baseline, with its interval. */
export function RatePlot({ run, rows, route }: { run: RunView; rows: readonly SessionRow[]; route: Route }) {
  const tiers = tiersOf(run.columns);
  const wanted = Number(route.params.get("tier"));
  const tier = tiers.find((one) => one === wanted) ?? tiers[0] ?? 1;
  const lines = useMemo(() => linesOf(run, rows, tier), [run, rows, tier]);
  const agents = useMemo(() => [...new Set(lines.map((line) => line.agent))], [lines]);
  const order = useMemo(() => run.baselines.concat(run.baselines.length > 1 ? [ALL] : []), [run.baselines]);
  const missing = useMemo(
    () =>
      agents.flatMap((agent) =>
        order
          .filter((baseline) => !lines.some((line) => line.agent === agent && line.baseline === baseline))
          .map((baseline) => ({ agent, baseline })),
      ),
    [agents, order, lines],
  );
  const height = 70 + agents.length * (order.length * 22 + 12);
  const draw = useCallback(
    (plot: typeof import("@observablehq/plot"), width: number) => ({
      height,
      marginLeft: Math.min(200, width * 0.36),
      marginRight: 24,
      marginBottom: 40,
      x: { domain: [0, 100], label: "held, %", grid: true, ticks: width < 500 ? 5 : 10 },
      y: { domain: order, label: null, tickSize: 0, tickFormat: (name: string) => shortened(name, width) },
      fy: { label: null, axis: null, domain: agents, padding: 0.12 },
      marks: [
        plot.text(agents, {
          fy: (agent: string) => agent,
          text: (agent: string) => shortened(agent, width * 2),
          frameAnchor: "top-left",
          dx: 4,
          dy: -13,
          fontWeight: 650,
          className: "plot-agent",
        }),
        plot.link(
          lines.filter((line) => line.rate.interval),
          {
            fy: "agent",
            y1: "baseline",
            y2: "baseline",
            x1: (line: Line) => 100 * (line.rate.interval?.low ?? 0),
            x2: (line: Line) => 100 * (line.rate.interval?.high ?? 0),
            className: "plot-interval",
            strokeWidth: 2.5,
          },
        ),
        plot.text(missing, {
          fy: "agent",
          y: "baseline",
          text: () => "not measured",
          x: 0,
          dx: 4,
          textAnchor: "start",
          fontStyle: "italic",
        }),
        plot.dot(lines, {
          fy: "agent",
          y: "baseline",
          x: (line: Line) => 100 * line.rate.rate,
          r: 5,
          symbol: (line: Line) => (line.baseline === ALL ? "diamond" : "circle"),
          className: "plot-dot",
          fill: "currentColor",
        }),
      ],
    }),
    [lines, agents, order, missing, height],
  );
  const withInterval = lines.some((line) => line.rate.interval);
  return (
    <Section
      title="Rates by agent and baseline"
      aside={
        <fieldset class="chips" aria-label="Tier">
          {tiers.map((one) => (
            <button key={one} type="button" aria-pressed={one === tier} onClick={() => setParams({ tier: one })}>
              {TIER_WORDS[one].short}
            </button>
          ))}
        </fieldset>
      }
    >
      {lines.length === 0 ? (
        <p class="unmeasured">Not measured: no session has a verdict of this tier.</p>
      ) : (
        <>
          <Plot
            draw={draw}
            height={height}
            label={`${TIER_WORDS[tier].short}: share of tests that held; the table below has the figures`}
          />
          <p class="fine">
            {withInterval
              ? "Lines are 95 % intervals over sessions. Where there is none, no place has two sessions to tell their spread from."
              : "No intervals: no place has two sessions, so how much sessions differ was not measured. Do not read a difference into these dots."}
          </p>
          <details>
            <summary>The figures</summary>
            <Scroll label="Rates by agent and baseline">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Agent</th>
                    <th scope="col">Baseline</th>
                    <th scope="col" class="number">
                      Held
                    </th>
                    <th scope="col">95 % interval</th>
                    <th scope="col" class="number">
                      Tested of planned
                    </th>
                    <th scope="col" class="number">
                      Sessions
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {lines.map(({ agent, baseline, rate }) => (
                    <tr key={`${agent} ${baseline}`}>
                      <th scope="row">
                        <Text>{agent}</Text>
                      </th>
                      <td>
                        <Text>{baseline}</Text>
                      </td>
                      <td class="number">
                        {percent(rate.rate)} ({whole(rate.defended)} of {whole(rate.of)})
                      </td>
                      <td>
                        {rate.interval ? (
                          shareRange(rate.interval)
                        ) : (
                          <span class="unmeasured">none: no replicates</span>
                        )}
                      </td>
                      <td class="number">
                        {whole(rate.tested)} of {whole(rate.of)}
                      </td>
                      <td class="number">{count(rate.sessions, "session")}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </details>
        </>
      )}
    </Section>
  );
}

/** A label that fits: about seven pixels a character, a third of the width. */
function shortened(name: string, width: number): string {
  const characters = Math.max(10, Math.floor(Math.min(200, width * 0.36) / 7));
  return name.length > characters ? `${name.slice(0, characters - 1)}…` : name;
}
