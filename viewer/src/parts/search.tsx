import { useMemo, useState } from "preact/hooks";
import { go, href } from "../route.ts";
import type { RunState } from "../state.ts";
import { Text } from "../text.tsx";
import { Dialog } from "./dialog.tsx";

interface Hit {
  address: string;
  kind: string;
  name: string;
  more: string;
}

const SHOWN = 30;

/** What can be gone to, tests first. */
function everything({ run, rows }: RunState): Hit[] {
  return [
    { address: href([]), kind: "page", name: "Overview", more: "" },
    { address: href(["matrix"]), kind: "page", name: "Matrix", more: "tests and sessions" },
    { address: href(["compare"]), kind: "page", name: "Compare", more: "two sessions or two runs" },
    ...(run?.columns ?? []).map((entry) => ({
      address: href(["exploit", entry.id]),
      kind: "test",
      name: `${entry.id} ${entry.title}`,
      more: `${entry.slug} ${entry.area} ${entry.cwe}`,
    })),
    ...rows.map((row) => ({
      address: href(["session", row.id]),
      kind: "session",
      name: row.id,
      more: `${row.agent} ${row.baseline} ${row.condition}`,
    })),
  ];
}

export function Search({ state, close }: { state: RunState; close: () => void }) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const all = useMemo(() => everything(state), [state.run, state.rows]);
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = useMemo(
    () => all.filter((hit) => words.every((word) => `${hit.name} ${hit.more}`.toLowerCase().includes(word))),
    [all, typed],
  );
  const shown = hits.slice(0, SHOWN);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    close();
    go(hit.address);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      setChosen(Math.min(shown.length - 1, Math.max(0, chosen + by)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      open(shown[chosen]);
    }
  };
  return (
    <Dialog label="Search" close={close}>
      <input
        class="search"
        type="text"
        role="combobox"
        aria-label="Search tests, sessions and pages"
        aria-expanded="true"
        aria-controls="hits"
        aria-activedescendant={shown.length ? `hit-${chosen}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder="A test, a session, a page"
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
        autoFocus
      />
      <div id="hits" class="hits" role="listbox" aria-label="Results">
        {shown.map((hit, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the input's
          <div
            key={hit.address}
            id={`hit-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            onClick={() => open(hit)}
          >
            <span class="kind">{hit.kind}</span>
            <Text>{hit.name}</Text>
          </div>
        ))}
      </div>
      <p class="fine" role="status">
        {hits.length === 0
          ? "Nothing has all of these words."
          : hits.length > SHOWN
            ? `The first ${SHOWN} of ${hits.length}: another word makes it fewer.`
            : `${hits.length} found.`}
      </p>
    </Dialog>
  );
}
