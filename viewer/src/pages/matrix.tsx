import { useMemo } from "preact/hooks";
import type { CatalogueEntry, SessionRow } from "../../../src/model/index.ts";
import { whole } from "../../../src/stats/words.ts";
import { columnCounts, countVerdicts, verdictAt } from "../figures.ts";
import { FilterBar } from "../matrix/filter-bar.tsx";
import { filtered, filtersOf } from "../matrix/filters.ts";
import { type Axis, Grid, TOTAL_WIDTH } from "../matrix/grid.tsx";
import { useWidth } from "../parts/width.ts";
import { href, type Route } from "../route.ts";
import type { RunState } from "../state.ts";
import { plain, Text } from "../text.tsx";
import { count, VERDICT_WORDS, VERDICTS } from "../words.ts";

/** More sessions than this are read better one below the other. */
const SESSIONS_ACROSS = 40;

/** Every verdict of the run, tests by sessions, with filters that live in the address. */
export function MatrixPage({ state: { run, rows }, route }: { state: RunState; route: Route }) {
  const width = useWidth();
  const query = route.params.toString();
  const filters = useMemo(() => filtersOf(route.params), [query]);
  const shown = useMemo(() => (run ? filtered(run, rows, filters) : { rows: [], columns: [] }), [run, rows, filters]);
  const orientation = route.params.get("rows");
  const byTests = orientation ? orientation === "tests" : rows.length <= SESSIONS_ACROSS;
  const few = byTests && shown.rows.length > 0 && shown.rows.length <= 12 && width > 900;
  const totals = useMemo(() => {
    const known = new Map<number, ReturnType<typeof countVerdicts>>();
    return (i: number) => {
      const before = known.get(i);
      if (before) return before;
      const row = shown.rows[i];
      const column = shown.columns[i];
      const counts = byTests
        ? columnCounts(shown.rows, column ?? -1)
        : countVerdicts(row ? shown.columns.map((place) => verdictAt(row, place)) : []);
      known.set(i, counts);
      return counts;
    };
  }, [shown, byTests]);
  if (!run) return null;
  const room = Math.min(width, 1400) - 52 - TOTAL_WIDTH;
  const columnWidth = few ? Math.max(64, Math.min(120, Math.floor((room - 320) / shown.rows.length))) : 28;
  const headWidth = width < 640 ? 132 : few ? Math.min(560, room - columnWidth * shown.rows.length) : 320;
  const test = (i: number) => testAxis(run.columns[shown.columns[i] ?? -1], byTests);
  const session = (i: number) => sessionAxis(shown.rows[i], !byTests, few);
  const verdictOf = (session: number, test: number) => {
    const row = shown.rows[session];
    return row ? verdictAt(row, shown.columns[test] ?? -1) : null;
  };
  const addressOf = (session: number, test: number) =>
    href(["session", shown.rows[session]?.id ?? "", run.columns[shown.columns[test] ?? -1]?.id ?? ""]);
  return (
    <>
      <h1>Matrix</h1>
      <FilterBar run={run} filters={filters} byTests={byTests} />
      <p class="fine" role="status">
        {count(shown.rows.length, "session")} of {whole(rows.length)} and {count(shown.columns.length, "test")} of{" "}
        {whole(run.columns.length)}.
        <span class="key">
          {VERDICTS.map((kind) => (
            <span key={kind}>
              <span class={`sample ${kind}`} aria-hidden="true">
                {VERDICT_WORDS[kind].symbol}
              </span>{" "}
              {VERDICT_WORDS[kind].word}
            </span>
          ))}
        </span>
      </p>
      {shown.rows.length === 0 || shown.columns.length === 0 ? (
        <p>Nothing is left by these filters.</p>
      ) : (
        <Grid
          key={byTests ? "tests" : "sessions"}
          label={byTests ? "Verdicts, tests by sessions" : "Verdicts, sessions by tests"}
          corner={byTests ? "Test" : "Session"}
          rowCount={byTests ? shown.columns.length : shown.rows.length}
          columnCount={byTests ? shown.rows.length : shown.columns.length}
          row={byTests ? test : session}
          column={byTests ? session : test}
          totalName="Held"
          total={(i) => {
            const { defended, of } = totals(i);
            return of === 0 ? <span class="unmeasured">none</span> : `${whole(defended)} of ${whole(of)}`;
          }}
          verdict={byTests ? (r, c) => verdictOf(c, r) : verdictOf}
          address={byTests ? (r, c) => addressOf(c, r) : addressOf}
          wanted={filters.verdict}
          columnWidth={columnWidth}
          headWidth={headWidth}
          headHeight={few ? 64 : byTests ? 150 : 76}
        />
      )}
    </>
  );
}

const NOTHING: Axis = { name: "", address: href([]), head: "" };

function testAxis(entry: CatalogueEntry | undefined, isRow: boolean): Axis {
  if (!entry) return NOTHING;
  return {
    name: plain(`${entry.id} ${entry.title}`),
    address: href(["exploit", entry.id]),
    head: isRow ? (
      <>
        <code>{entry.id}</code> <Text>{entry.title}</Text>
      </>
    ) : (
      <code class="upright">{entry.id}</code>
    ),
  };
}

function sessionAxis(row: SessionRow | undefined, isRow: boolean, wide: boolean): Axis {
  if (!row) return NOTHING;
  return {
    name: plain(row.id),
    address: href(["session", row.id]),
    head: isRow ? (
      <Text>{row.id}</Text>
    ) : wide ? (
      <span class="two-lines">
        <Text>{row.baseline}</Text>
        <small>
          <Text>{`${row.agent}${row.condition === "bare" ? "" : `, ${row.condition}`} #${row.replicate}`}</Text>
        </small>
      </span>
    ) : (
      <span class="upright">
        <Text>{row.id}</Text>
      </span>
    ),
  };
}
