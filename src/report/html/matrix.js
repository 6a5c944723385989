import { el, KINDS, plural, routeTo } from "./dom.js";
import { verdictIn } from "./packed.js";

/** Columns drawn at a time: more would make a page that nobody can scroll. */
const COLUMNS = 60;
/** Up to this many, columns are wide enough for level headings. */
const FEW = 8;

/** The matrix of tests and sessions. `order()` tells which tests and sessions are shown at the moment. */
export function matrixSection(data) {
  const { sessions } = data;
  const measured = sessions.filter((s) => s.tiers);
  const few = sessions.length <= FEW;
  const state = { from: 0, words: "", kinds: new Set() };
  const box = el("div", {
    class: "scroll matrix-box",
    role: "region",
    "aria-label": "Verdicts of each test in each session",
  });
  const found = el("p", { class: "fine found", role: "status" });
  const pager = el("p", { class: "pager" });
  let shownTests = data.tests;
  let shownSessions = sessions;

  const kindOf = (session, test) => verdictIn(data, session, test);
  const totals = {};
  for (const { letters } of measured) for (const letter of letters) totals[letter] = (totals[letter] ?? 0) + 1;

  function matches({ entry }) {
    const text = `${entry.id} ${entry.slug} ${entry.title} ${entry.area}`.toLowerCase();
    if (!state.words.split(/\s+/).every((word) => text.includes(word))) return false;
    return state.kinds.size === 0 || shownSessions.some((s) => state.kinds.has(kindOf(s, entry.id)));
  }

  function draw() {
    shownSessions = sessions.slice(state.from, state.from + COLUMNS);
    shownTests = data.tests.filter(matches);
    box.replaceChildren(
      el(
        "table",
        { class: ["matrix", few && "few"], role: "grid" },
        head(shownSessions),
        body(data, shownTests, shownSessions, kindOf),
      ),
    );
    box.querySelector("tbody a")?.setAttribute("tabindex", "0");
    const filtered = shownTests.length < data.tests.length;
    found.textContent = filtered ? `${shownTests.length} of ${plural(data.tests.length, "test")} shown` : "";
    drawPager();
  }

  function drawPager() {
    if (sessions.length <= COLUMNS) return;
    const move = (by) => () => {
      state.from += by;
      draw();
    };
    pager.replaceChildren(
      el("button", { type: "button", disabled: state.from === 0, on: { click: move(-COLUMNS) } }, "Earlier sessions"),
      ` ${state.from + 1}–${Math.min(sessions.length, state.from + COLUMNS)} of ${sessions.length} `,
      el(
        "button",
        { type: "button", disabled: state.from + COLUMNS >= sessions.length, on: { click: move(COLUMNS) } },
        "Later sessions",
      ),
    );
  }

  const search = el("input", {
    type: "search",
    id: "search",
    placeholder: "Find a test",
    "aria-label": "Find a test",
    "aria-keyshortcuts": "/",
    on: {
      input: () => {
        state.words = search.value.trim().toLowerCase();
        draw();
      },
    },
  });
  const chips = KINDS.map((kind) => {
    const words = data.verdictWords[kind];
    const letter = Object.keys(data.letters).find((l) => data.letters[l] === kind);
    const total = totals[letter] ?? 0;
    const chip = el(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-pressed": "false",
        title: `${words.means} Press to show only tests with it.`,
      },
      el("span", { class: ["verdict", kind], "aria-hidden": "true" }, words.symbol),
      ` ${words.word} `,
      el("b", {}, total),
    );
    chip.addEventListener("click", () => {
      if (!state.kinds.delete(kind)) state.kinds.add(kind);
      chip.setAttribute("aria-pressed", String(state.kinds.has(kind)));
      draw();
    });
    return chip;
  });
  box.addEventListener("keydown", moveFocus);
  draw();

  const section = el(
    "section",
    { id: "matrix" },
    el("h2", {}, "Every test in every session"),
    el(
      "p",
      { class: "sub" },
      "Each cell opens its evidence. ",
      el(
        "span",
        { class: "keys" },
        el("kbd", {}, "←↑↓→"),
        " or ",
        el("kbd", {}, "h j k l"),
        " move, ",
        el("kbd", {}, "Enter"),
        " opens, ",
        el("kbd", {}, "/"),
        " finds.",
      ),
    ),
    el(
      "div",
      { class: "tools" },
      search,
      el("div", { class: "chips", role: "group", "aria-label": "Show only tests with" }, chips),
    ),
    found,
    measured.length ? box : el("p", {}, "No session gave verdicts."),
    pager,
  );
  return {
    section,
    search,
    order: () => ({ tests: shownTests.map((t) => t.entry.id), sessions: measured.map((s) => s.id) }),
  };
}

function head(sessions) {
  const baselines = [];
  for (const { identity } of sessions) {
    const last = baselines.at(-1);
    if (last?.name === identity.baseline) last.span += 1;
    else baselines.push({ name: identity.baseline, span: 1 });
  }
  const manyConditions = new Set(sessions.map((s) => s.identity.condition)).size > 1;
  const manyReplicates = sessions.some((s) => s.identity.replicate > 1);
  return el(
    "thead",
    {},
    el(
      "tr",
      {},
      el("th", { class: "corner", rowspan: "2", scope: "col" }, "test"),
      baselines.map(({ name, span }) =>
        el("th", { class: "baseline", colspan: span, scope: "colgroup", title: name }, el("span", {}, name)),
      ),
      el("th", { class: "sum", rowspan: "2", scope: "col" }, "held"),
    ),
    el(
      "tr",
      {},
      sessions.map(({ id, identity, failure }, i) => {
        const parts = [
          identity.agent,
          ...(manyConditions ? [identity.condition] : []),
          ...(manyReplicates ? [`#${identity.replicate}`] : []),
        ];
        const edge = i > 0 && sessions[i - 1].identity.baseline !== identity.baseline;
        return el(
          "th",
          { class: ["session", edge && "edge"], scope: "col" },
          el("a", { href: routeTo(id), title: id, "aria-label": `session ${id}` }, parts.join(" ")),
          failure ? el("span", { class: "nothing" }, failure.stage) : null,
        );
      }),
    ),
  );
}

function body(data, tests, sessions, kindOf) {
  const rows = [];
  let tier = 0;
  for (const { entry, tally } of tests) {
    if (entry.tier !== tier) {
      tier = entry.tier;
      const words = data.tierWords[tier];
      rows.push(
        el(
          "tr",
          { class: "tier" },
          el("th", { scope: "rowgroup" }, el("b", {}, words.short), " ", words.means),
          el("td", { colspan: sessions.length + 1 }),
        ),
      );
    }
    rows.push(
      el(
        "tr",
        {},
        el("th", { scope: "row", title: entry.title }, el("code", {}, entry.id), " ", el("span", {}, entry.title)),
        sessions.map((session, i) =>
          cell(data, entry, session, kindOf, i > 0 && sessions[i - 1].identity.baseline !== session.identity.baseline),
        ),
        el("td", { class: "sum" }, `${tally.defended}/${tally.planned}`),
      ),
    );
  }
  return el("tbody", {}, rows);
}

function cell(data, entry, session, kindOf, edge) {
  const kind = kindOf(session, entry.id);
  if (kind === null) {
    const why = session.failure ? `not measured: ${session.failure.stage}` : "not run";
    return el("td", { class: ["unrun", edge && "edge"], title: why }, el("span", { class: "visually-hidden" }, why));
  }
  const words = data.verdictWords[kind];
  return el(
    "td",
    { class: edge ? "edge" : null },
    el(
      "a",
      {
        class: ["verdict", kind],
        href: routeTo(session.id, entry.id),
        tabindex: "-1",
        "aria-label": `${entry.id} ${entry.slug}, ${session.id}: ${words.word}`,
        title: `${entry.id}, ${session.id}: ${words.word}`,
      },
      words.symbol,
    ),
  );
}

const STEPS = {
  ArrowUp: [-1, 0],
  k: [-1, 0],
  ArrowDown: [1, 0],
  j: [1, 0],
  ArrowLeft: [0, -1],
  h: [0, -1],
  ArrowRight: [0, 1],
  l: [0, 1],
};

/** Only one cell is in the tab order; the arrows take it along. */
function moveFocus(event) {
  const step = Object.hasOwn(STEPS, event.key) ? STEPS[event.key] : undefined;
  const from = event.target.closest("td");
  if (!step || !from || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  let row = from.parentElement;
  let column = from.cellIndex;
  for (;;) {
    if (step[0]) row = step[0] > 0 ? row.nextElementSibling : row.previousElementSibling;
    column += step[1];
    const target = row?.cells[column];
    if (!row || (!target && step[1])) return;
    if (!target) continue;
    const link = target.querySelector("a");
    if (link) {
      focusCell(link);
      return;
    }
  }
}

export function focusCell(link) {
  for (const other of link.closest("table").querySelectorAll('tbody a[tabindex="0"]'))
    other.setAttribute("tabindex", "-1");
  link.setAttribute("tabindex", "0");
  link.focus();
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
}
