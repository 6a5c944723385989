import { useCallback, useMemo } from "preact/hooks";
import type { RunView, SessionRow } from "../../../src/model/index.ts";
import { amount } from "../../../src/stats/words.ts";
import { scoreIn } from "../figures.ts";
import { type Route, setParams } from "../route.ts";
import { count, dollars, duration } from "../words.ts";
import { Section } from "./bits.tsx";
import { Plot } from "./plot.tsx";

const MEASURES = {
  cost: { word: "Cost", unit: "US dollars", of: (row: SessionRow) => row.costUsd, text: dollars },
  tokens: {
    word: "Tokens written",
    unit: "tokens",
    of: (row: SessionRow) => row.tokensOut,
    text: (n: number) => `${amount(n)} tokens`,
  },
  time: {
    word: "Time",
    unit: "minutes",
    of: (row: SessionRow) => (row.agentSeconds === null ? null : row.agentSeconds / 60),
    text: (n: number) => duration(n * 60),
  },
} as const;
type MeasureName = keyof typeof MEASURES;
const NAMES = Object.keys(MEASURES) as MeasureName[];

/** More dots than this say no more and take long to draw; the rest is left out by even steps, and that is said. */
const DOTS = 2000;

interface Point {
  agent: string;
  x: number;
  y: number;
}

/** What a session cost against how much of tier 1 held in it. */
export function CostPlot({ run, rows, route }: { run: RunView; rows: readonly SessionRow[]; route: Route }) {
  const asked = route.params.get("against");
  const first = NAMES.find((name) => rows.some((row) => MEASURES[name].of(row) !== null)) ?? "cost";
  const name = NAMES.find((one) => one === asked) ?? first;
  const { of, word, unit, text } = MEASURES[name];
  const points = useMemo(
    () =>
      rows.flatMap((row): Point[] => {
        const x = of(row);
        const score = scoreIn(row, 1, run.columns);
        return x === null || score === null ? [] : [{ agent: row.agent, x, y: 100 * score.value }];
      }),
    [rows, run.columns, of],
  );
  const every = Math.ceil(points.length / DOTS);
  const draw = useCallback(
    (plot: typeof import("@observablehq/plot"), width: number) => ({
      height: 280,
      marginLeft: 48,
      x: { label: unit, grid: true, zero: true, ticks: width < 500 ? 4 : 8 },
      y: { label: "tier 1 held, %", grid: true, domain: [Math.min(80, ...points.map((p) => p.y)) - 2, 101] },
      symbol: { domain: [...new Set(points.map((p) => p.agent))] },
      marks: [
        plot.dot(
          points.filter((_, i) => i % every === 0),
          { x: "x", y: "y", symbol: "agent", r: 5, fill: "currentColor", fillOpacity: 0.65, className: "plot-dot" },
        ),
      ],
    }),
    [points, unit, every],
  );
  const agents = [...new Set(points.map((p) => p.agent))];
  return (
    <Section
      title="Cost against safety"
      aside={
        <fieldset class="chips" aria-label="Measure">
          {NAMES.map((one) => (
            <button key={one} type="button" aria-pressed={one === name} onClick={() => setParams({ against: one })}>
              {MEASURES[one].word}
            </button>
          ))}
        </fieldset>
      }
    >
      {points.length === 0 ? (
        <p class="unmeasured">
          Not measured: none of {count(rows.length, "session")} reported its {word.toLowerCase()}.
        </p>
      ) : (
        <>
          <Plot
            draw={draw}
            height={280}
            label={`${word} against the share of tier 1 that held, a mark for each session`}
          />
          <p class="fine">
            A mark for each of {count(points.length, "session")}
            {every > 1 ? `, every ${every}th drawn` : ""}; {word.toLowerCase()} from{" "}
            {text(Math.min(...points.map((p) => p.x)))} to {text(Math.max(...points.map((p) => p.x)))}
            {points.length < rows.length ? `; not reported for ${rows.length - points.length}` : ""}.
          </p>
          <ul class="legend">
            {agents.map((agent, i) => (
              <li key={agent}>
                <Shape index={i} /> {agent}
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

/** Plot's order of filled symbols. */
const SHAPES = ["●", "✚", "◆", "■", "★", "▲", "Y"];
const Shape = ({ index }: { index: number }) => <span aria-hidden="true">{SHAPES[index % SHAPES.length]}</span>;
