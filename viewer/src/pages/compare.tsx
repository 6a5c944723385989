import { useLoaded } from "../api.ts";
import { CompareRuns } from "../parts/compare-runs.tsx";
import { CompareSessions } from "../parts/compare-sessions.tsx";
import { type Route, setParams } from "../route.ts";
import type { RunState } from "../state.ts";
import { plain } from "../text.tsx";

/** Two sessions of this run, or this run and one beside it: what changed from the first to the second. */
export function ComparePage({ state, route }: { state: RunState; route: Route }) {
  const { run, rows } = state;
  const names = useLoaded<string[]>("api/runs");
  const runs = names.kind === "there" ? names.value.filter((name) => name !== run?.name) : [];
  const of = route.params.get("of") === "runs" ? "runs" : "sessions";
  if (!run) return null;
  const a = route.params.get("a") ?? "";
  const b = route.params.get("b") ?? "";
  return (
    <>
      <h1>Compare</h1>
      <fieldset class="chips" aria-label="What to compare">
        <button
          type="button"
          aria-pressed={of === "sessions"}
          onClick={() => setParams({ of: null, a: null, b: null })}
        >
          Two sessions
        </button>
        <button type="button" aria-pressed={of === "runs"} onClick={() => setParams({ of: "runs", a: null, b: null })}>
          Two runs
        </button>
      </fieldset>
      {of === "sessions" ? (
        <>
          <div class="pick pair">
            <SessionPick label="From" name="a" value={a} ids={rows.map(({ id }) => id)} />
            <SessionPick label="To" name="b" value={b} ids={rows.map(({ id }) => id)} />
          </div>
          <CompareSessions run={run} rows={rows} a={a} b={b} />
        </>
      ) : names.kind === "loading" ? (
        <p class="fine">Reads the runs …</p>
      ) : runs.length === 0 ? (
        <p class="unmeasured">There is no other run beside this one.</p>
      ) : (
        <>
          <div class="pick pair">
            <label>
              From
              <select value={a} onChange={(event) => setParams({ a: event.currentTarget.value })}>
                <option value="">choose a run</option>
                {runs.map((name) => (
                  <option key={name} value={name}>
                    {plain(name)}
                  </option>
                ))}
              </select>
            </label>
            <p>
              To <b>{plain(run.name)}</b>, this run
            </p>
          </div>
          {runs.includes(a) && <CompareRuns state={state} other={a} />}
        </>
      )}
    </>
  );
}

/** A field with suggestions: a list of ten thousand is no list. */
function SessionPick({
  label,
  name,
  value,
  ids,
}: {
  label: string;
  name: "a" | "b";
  value: string;
  ids: readonly string[];
}) {
  const words = value.toLowerCase();
  const offered = ids.filter((id) => id.toLowerCase().includes(words)).slice(0, 100);
  return (
    <label>
      {label}
      <input
        type="text"
        list={`sessions-${name}`}
        placeholder="a session"
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={(event) => setParams({ [name]: event.currentTarget.value })}
      />
      <datalist id={`sessions-${name}`}>
        {(ids.includes(value) ? ids.slice(0, 100) : offered).map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </label>
  );
}
