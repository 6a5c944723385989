import { useEffect, useRef, useState } from "preact/hooks";
import { listKeys } from "./keys.ts";
import { ComparePage } from "./pages/compare.tsx";
import { ExploitPage } from "./pages/exploit.tsx";
import { MatrixPage } from "./pages/matrix.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { SessionPage } from "./pages/session.tsx";
import { VerdictPage } from "./pages/verdict.tsx";
import { Help } from "./parts/help.tsx";
import { LiveBar } from "./parts/live.tsx";
import { Search } from "./parts/search.tsx";
import { href, type Route, useRoute } from "./route.ts";
import { type RunState, useRun } from "./state.ts";
import { plain, Text } from "./text.tsx";

export function App() {
  const route = useRoute();
  const state = useRun();
  const [dialog, setDialog] = useState<"search" | "help" | null>(null);
  const main = useRef<HTMLElement>(null);
  useEffect(() => listKeys({ search: () => setDialog("search"), help: () => setDialog("help") }), []);
  const path = route.path.join("/");
  const title = titleOf(route, state);
  useEffect(() => {
    document.title = plain(title);
  }, [title]);
  const first = useRef(true);
  // A new page begins at its top, and readers of the screen hear of it.
  useEffect(() => {
    if (!first.current) {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [path]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="bar">
        <a class="brand" href={href([])}>
          unprompted
        </a>
        <nav aria-label="Pages">
          {PAGES.map(({ path: to, name }) => (
            <a key={name} href={href(to)} aria-current={(route.path[0] ?? "") === (to[0] ?? "") ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <button type="button" class="quiet" onClick={() => setDialog("search")}>
          Search <kbd>/</kbd>
        </button>
      </header>
      <LiveBar state={state} />
      <main id="main" tabIndex={-1} ref={main} data-address={route.hash}>
        {state.run ? <Page route={route} state={state} /> : <p class="fine">Opens the run …</p>}
      </main>
      {dialog === "search" && <Search state={state} close={() => setDialog(null)} />}
      {dialog === "help" && <Help close={() => setDialog(null)} />}
    </>
  );
}

const PAGES = [
  { path: [], name: "Overview" },
  { path: ["matrix"], name: "Matrix" },
  { path: ["compare"], name: "Compare" },
];

function Page({ route, state }: { route: Route; state: RunState }) {
  const [page, first = "", second] = route.path;
  switch (page) {
    case undefined:
      return <OverviewPage state={state} route={route} />;
    case "matrix":
      return <MatrixPage state={state} route={route} />;
    case "session":
      return second === undefined ? (
        <SessionPage key={first} state={state} id={first} route={route} />
      ) : (
        <VerdictPage key={`${first}/${second}`} state={state} session={first} exploit={second} />
      );
    case "exploit":
      return <ExploitPage key={first} state={state} id={first} route={route} />;
    case "compare":
      return <ComparePage state={state} route={route} />;
    default:
      return (
        <>
          <h1>There is no such page</h1>
          <p>
            The address names <Text>{page}</Text>. <a href={href([])}>Go to the overview.</a>
          </p>
        </>
      );
  }
}

function titleOf({ path: [page, first, second] }: Route, { run }: RunState): string {
  const study = run ? (run.study.title ?? run.study.id) : "unprompted";
  if (page === undefined) return `${study} – unprompted`;
  const what = page === "session" || page === "exploit" ? [second, first].filter(Boolean).join(" in ") : page;
  return `${what} – ${study} – unprompted`;
}
