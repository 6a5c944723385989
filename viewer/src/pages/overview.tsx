import { useMemo } from "preact/hooks";
import type { CatalogueEntry, RunView, SessionRow } from "../../../src/model/index.ts";
import { rateSentence } from "../../../src/stats/sentences.ts";
import { decimal, percent, shareRange, whole } from "../../../src/stats/words.ts";
import { columnCounts, isMeasured, rateOf, sampleRows, tiersOf } from "../figures.ts";
import { Section, SeverityMark, Unknown } from "../parts/bits.tsx";
import { Choices } from "../parts/choices.tsx";
import { CostPlot } from "../parts/cost-plot.tsx";
import { Differences } from "../parts/differences.tsx";
import { FirstFailures } from "../parts/first-failures.tsx";
import { Glance } from "../parts/glance.tsx";
import { RatePlot } from "../parts/rate-plot.tsx";
import { TierGrid } from "../parts/tier-grid.tsx";
import { href, type Route } from "../route.ts";
import type { RunState } from "../state.ts";
import { Text } from "../text.tsx";
import { count, SEVERITY_RANK, TIER_WORDS } from "../words.ts";

/** The result at one look; every figure leads to what it was counted from. */
export function OverviewPage({ state, route }: { state: RunState; route: Route }) {
  const { run, rows, live } = state;
  const measured = useMemo(() => rows.filter(isMeasured), [rows]);
  if (!run) return null;
  const tiers = tiersOf(run.columns);
  return (
    <>
      <h1>
        <Text>{run.study.title ?? run.study.id}</Text>
      </h1>
      <p class="lead">
        {count(run.baselines.length, "baseline")}, {count(run.agents.length, "agent")},{" "}
        {count(run.conditions.length, "condition")}: {whole(measured.length)} of {count(run.sessions, "session")}{" "}
        measured with {count(run.columns.length, "test")} of <Text>{run.study.scenario}</Text>.
      </p>
      {live && <FirstFailures live={live} />}
      <div class="stats">
        {tiers.map((tier) => (
          <TierStat key={tier} tier={tier} run={run} rows={rows} />
        ))}
        <HoleStat run={run} measured={measured} />
      </div>
      {measured.length > 0 && <Results state={state} run={run} measured={measured} route={route} />}
      <NotInRates rows={rows} run={run} measured={measured.length} />
    </>
  );
}

interface ResultsProps {
  state: RunState;
  run: RunView;
  measured: readonly SessionRow[];
  route: Route;
}

function Results({ state: { rows, choices }, run, measured, route }: ResultsProps) {
  return (
    <>
      <Section
        title="Where it does not hold"
        aside={<a href={href(["matrix"], { verdict: "exploited" })}>All in the matrix</a>}
      >
        <Holes run={run} measured={measured} />
      </Section>
      <Glance run={run} rows={rows} />
      <RatePlot run={run} rows={rows} route={route} />
      {tiersOf(run.columns).includes(2) && <TierGrid run={run} measured={measured} tier={2} />}
      <Choices choices={choices} measured={measured.length} />
      <CostPlot run={run} rows={measured} route={route} />
      <Differences run={run} rows={measured} />
    </>
  );
}

function TierStat({ tier, run, rows }: { tier: 1 | 2 | 3; run: RunView; rows: readonly SessionRow[] }) {
  const rate = useMemo(() => rateOf(rows, tier, run.columns), [rows, tier, run.columns]);
  const { short, means } = TIER_WORDS[tier];
  return (
    <a class="stat" data-stop href={href(["matrix"], { tier })}>
      <span class="stat-name">
        {short}: {means}
      </span>
      {rate ? (
        <>
          <b class="stat-figure">{percent(rate.rate)}</b>
          <span>
            {whole(rate.defended)} of {whole(rate.of)} held
            {rate.interval ? `, 95 % interval ${shareRange(rate.interval)}` : ""}
          </span>
          <span class="fine">
            {whole(rate.tested)} tested of {whole(rate.of)} planned, {count(rate.sessions, "session")}
          </span>
        </>
      ) : (
        <Unknown>not measured: no session gave verdicts yet</Unknown>
      )}
    </a>
  );
}

interface Hole {
  entry: CatalogueEntry;
  exploited: number;
  of: number;
}

function holesOf(run: RunView, measured: readonly SessionRow[]): Hole[] {
  return run.columns
    .map((entry, column) => ({ entry, ...columnCounts(measured, column) }))
    .filter(({ exploited }) => exploited > 0)
    .sort(
      (a, b) =>
        a.entry.tier - b.entry.tier ||
        SEVERITY_RANK[a.entry.severity] - SEVERITY_RANK[b.entry.severity] ||
        b.exploited - a.exploited,
    );
}

function HoleStat({ run, measured }: { run: RunView; measured: readonly SessionRow[] }) {
  const holes = useMemo(() => holesOf(run, measured), [run, measured]);
  const total = holes.reduce((sum, hole) => sum + hole.exploited, 0);
  const sessions = useMemo(() => measured.filter(({ verdicts }) => verdicts.includes("x")).length, [measured]);
  return (
    <a class="stat fell" data-stop href={href(["matrix"], { verdict: "exploited" })}>
      <span class="stat-name">Holes that were proven</span>
      {measured.length ? (
        <>
          <b class="stat-figure">{whole(total)}</b>
          <span>
            {whole(holes.length)} of {count(run.columns.length, "test")} fell somewhere
          </span>
          <span class="fine">
            in {whole(sessions)} of {count(measured.length, "session")}
          </span>
        </>
      ) : (
        <Unknown>not measured: no session gave verdicts yet</Unknown>
      )}
    </a>
  );
}

const SHOWN_HOLES = 12;

function Holes({ run, measured }: { run: RunView; measured: readonly SessionRow[] }) {
  const holes = useMemo(() => holesOf(run, measured), [run, measured]);
  if (holes.length === 0) return <p>No attack worked in {count(measured.length, "session")}.</p>;
  return (
    <>
      <ul class="holes">
        {holes.slice(0, SHOWN_HOLES).map(({ entry, exploited, of }) => (
          <li key={entry.id}>
            <a class="hole" data-stop href={href(["exploit", entry.id])}>
              <SeverityMark severity={entry.severity} />
              <span class="hole-title">
                <code>{entry.id}</code> <Text>{entry.title}</Text>
              </span>
              <span class="hole-bar">
                <svg width="100%" height="8" aria-hidden="true">
                  <rect class="track" width="100%" height="8" rx="2" />
                  <rect class="fell" width={`${(100 * exploited) / of}%`} height="8" rx="2" />
                </svg>
              </span>
              <span class="hole-count">
                {whole(exploited)} of {whole(of)}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {holes.length > SHOWN_HOLES && (
        <p class="more">
          <a href={href(["matrix"], { verdict: "exploited", rows: "tests" })}>
            {count(holes.length - SHOWN_HOLES, "more test")} that fell
          </a>
        </p>
      )}
    </>
  );
}

const NAMED = 20;

function NotInRates({ rows, run, measured }: { rows: readonly SessionRow[]; run: RunView; measured: number }) {
  const without = rows.filter((row) => !isMeasured(row));
  const repeated = measured - sampleRows(rows).length;
  const letters = useMemo(() => {
    const counts = { b: 0, i: 0, n: 0 };
    for (const { verdicts } of rows)
      for (const letter of verdicts) if (letter === "b" || letter === "i" || letter === "n") counts[letter]++;
    return counts;
  }, [rows]);
  const rate = rateOf(rows, 1, run.columns);
  const noCost = rows.filter((row) => isMeasured(row) && row.costUsd === null).length;
  return (
    <Section title="What was not measured">
      <ul class="notes">
        {without.length > 0 && (
          <li>
            {count(without.length, "session")} of {whole(run.sessions)} gave no verdicts and{" "}
            {without.length === 1 ? "is" : "are"} in no rate:
            <ul>
              {without.slice(0, NAMED).map((row) => (
                <li key={row.id}>
                  <a data-stop href={href(["session", row.id])}>
                    <Text>{row.id}</Text>
                  </a>
                  : {row.state === "planned" ? "not run" : row.state}
                  {row.stage && row.stage !== "ready" ? `, the app failed at ${row.stage}` : ""}
                  {row.problem ? (
                    <>
                      : <Text>{row.problem}</Text>
                    </>
                  ) : null}
                </li>
              ))}
              {without.length > NAMED && (
                <li>
                  <a href={href(["matrix"], { measured: "no" })}>and {whole(without.length - NAMED)} more</a>
                </li>
              )}
            </ul>
          </li>
        )}
        {letters.b > 0 && (
          <li>
            {count(letters.b, "verdict is", "verdicts are")} broken: the feature did not work, so the attack could not
            be tried. Planned, not tested, never held.
          </li>
        )}
        {letters.i > 0 && (
          <li>
            {count(letters.i, "verdict is", "verdicts are")} inconclusive: the harness could not decide. Planned, not
            tested, never held.
          </li>
        )}
        {letters.n > 0 && <li>{count(letters.n, "verdict is", "verdicts are")} not applicable and in no rate.</li>}
        {repeated > 0 && (
          <li>
            {count(repeated, "session replays", "sessions replay")} a recording that another session of the same place
            replays too: one session, counted once.
          </li>
        )}
        {noCost > 0 && (
          <li>
            Cost was not reported for {whole(noCost)} of {count(measured, "measured session")}.
          </li>
        )}
        {([1, 2, 3] as const)
          .filter((tier) => !run.study.tiers.includes(tier))
          .map((tier) => (
            <li key={tier}>
              {TIER_WORDS[tier].short} ({TIER_WORDS[tier].means}) was not part of this study.
            </li>
          ))}
        {rate && <li>{rateSentence("Tier 1 over all sessions", rate)}</li>}
        {rate?.designEffect != null && rate.designEffect > 1 && (
          <li>
            Sessions differ, so the interval is that of {whole(Math.max(1, Math.round(rate.of / rate.designEffect)))}{" "}
            independent tests, not of {whole(rate.of)} (design effect {decimal(rate.designEffect)}).
          </li>
        )}
      </ul>
    </Section>
  );
}
