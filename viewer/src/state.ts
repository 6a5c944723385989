import { useEffect, useState } from "preact/hooks";
import type { ChoiceCount, LiveView, RunView, SessionRow, ViewMessage } from "../../src/model/index.ts";

/** All that is known of the run. Replaced whole at each change, so that identity tells what is new. */
export interface RunState {
  run: RunView | null;
  /** By place in the plan; holes where nothing has arrived yet. */
  rows: readonly SessionRow[];
  /** Null when everything has been read. */
  reading: { done: number; of: number } | null;
  choices: readonly ChoiceCount[];
  live: LiveView | null;
  /** When the newest message about the live run was sent, by the server's clock. */
  liveAt: string | null;
  connection: "opening" | "open" | "lost";
}

let state: RunState = {
  run: null,
  rows: [],
  reading: null,
  choices: [],
  live: null,
  liveAt: null,
  connection: "opening",
};
const listeners = new Set<(state: RunState) => void>();
const byPlace: SessionRow[] = [];
let announced = false;

/** Many messages in a row become one new picture. */
function change(part: Partial<RunState>): void {
  state = { ...state, ...part };
  if (announced) return;
  announced = true;
  setTimeout(() => {
    announced = false;
    for (const listener of listeners) listener(state);
  }, 0);
}

function take(message: ViewMessage): void {
  switch (message.type) {
    case "run":
      change({ run: message.run, rows: inOrder(message.run) });
      break;
    case "rows":
      for (const [place, row] of message.rows) byPlace[place] = row;
      change({ rows: inOrder(state.run) });
      break;
    case "reading":
      change({ reading: message.done < message.of ? message : null });
      break;
    case "choices":
      change({ choices: message.choices });
      break;
    case "live":
      change({ live: message.live, liveAt: message.at });
      break;
  }
}

/** As the study names its baselines, agents and conditions, whatever the order in which sessions ran. */
function inOrder(run: RunView | null): SessionRow[] {
  const rows = byPlace.filter(Boolean);
  if (!run) return rows;
  const [baselines, agents, conditions] = [run.baselines, run.agents, run.conditions].map(
    (names) => new Map(names.map((name, place) => [name, place])),
  );
  const rank = (places: ReadonlyMap<string, number> | undefined, name: string) => places?.get(name) ?? Infinity;
  const key = new Map(
    rows.map((row) => [
      row,
      [rank(baselines, row.baseline), rank(agents, row.agent), rank(conditions, row.condition), row.replicate] as const,
    ]),
  );
  return rows.sort((a, b) => {
    const [x, y] = [key.get(a) ?? [], key.get(b) ?? []];
    const at = x.findIndex((value, i) => value !== y[i]);
    return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
  });
}

let source: EventSource | null = null;

/** Opens the event stream while the page is seen: a browser gives one address six connections for all its tabs. */
export function connect(): void {
  const follow = () => {
    if (document.visibilityState === "hidden") {
      source?.close();
      source = null;
    } else source ??= opened();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

function opened(): EventSource {
  const stream = new EventSource("api/events");
  stream.onopen = () => change({ connection: "open" });
  stream.onerror = () => change({ connection: "lost" });
  // Written by our own server with these types.
  stream.onmessage = ({ data }: MessageEvent<string>) => take(JSON.parse(data) as ViewMessage);
  return stream;
}

export function useRun(): RunState {
  const [seen, setSeen] = useState(state);
  useEffect(() => {
    setSeen(state);
    listeners.add(setSeen);
    return () => {
      listeners.delete(setSeen);
    };
  }, []);
  return seen;
}
