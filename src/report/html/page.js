import { el, encoded, routeTo } from "./dom.js";
import { focusCell, matrixSection } from "./matrix.js";
import { fellSection, glanceSection, headSection, notesSection, tier2Section, verdictsSection } from "./overview.js";
import { detailsOf, unpacked, verdictIn } from "./packed.js";
import { cellPanel, sessionPanel } from "./panel.js";
import { attributionSection, failedSection, sessionsSection } from "./sessions.js";
import { statisticsSection } from "./statistics.js";

async function start() {
  const data = await unpacked("report-data");
  data.indexOf = new Map(data.tests.map(({ entry }, i) => [entry.id, i]));
  const matrix = matrixSection(data);

  const head = el("div", { class: "panel-head" });
  const place = el("span", { class: "fine place" });
  const body = el("div", { class: "panel-body", tabindex: "-1" });
  const button = (text, label, keys, click) =>
    el(
      "button",
      { type: "button", class: "move", "aria-label": label, title: `${label} (${keys})`, on: { click } },
      text,
    );
  const moves = el(
    "div",
    { class: "moves" },
    place,
    button("↑", "Previous test", "k", () => move(-1, 0)),
    button("↓", "Next test", "j", () => move(1, 0)),
    button("←", "Previous session", "h or ←", () => move(0, -1)),
    button("→", "Next session", "l or →", () => move(0, 1)),
    button("✕", "Close", "Escape", () => dialog.close()),
  );
  const dialog = el("dialog", { id: "panel" }, el("div", { class: "panel-top" }, moves, head), body);

  /** The address whose panel was drawn last. */
  let shown = "";

  function decoded(part) {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  }

  /** What the address names: a session, or a test in a session; null for the bare page. */
  function route() {
    const match = /^#\/session\/([^/]+)(?:\/([^/]+))?$/.exec(location.hash);
    if (!match) return null;
    const name = decoded(match[1]);
    const session = data.sessions.find((s) => encoded(s.id) === encoded(name));
    return { session: session?.id ?? name, test: match[2] === undefined ? null : decoded(match[2]) };
  }

  function notFound(words) {
    return { label: "Not found", head: [el("h2", {}, "Not found")], body: [el("p", {}, words)] };
  }

  async function panelFor({ session: id, test: testId }) {
    const session = data.sessions.find((s) => s.id === id);
    if (!session) return notFound(`This report has no session "${id}".`);
    const details = await detailsOf(data, session);
    if (testId === null) return sessionPanel(data, session, details);
    const test = data.tests.find((t) => t.entry.id === testId);
    if (test && verdictIn(data, session, testId)) return cellPanel(data, session, test, details);
    return notFound(`Session "${id}" has no verdict for "${testId}".`);
  }

  /** A fault of the page is shown in the page. */
  const show = () => void draw().catch(failed);

  async function draw() {
    const at = route();
    if (!at) {
      if (dialog.open) dialog.close();
      return;
    }
    const address = location.hash;
    shown = address;
    const panel = await panelFor(at);
    // While it was unpacked the address may have moved on.
    if (location.hash !== address) return;
    dialog.setAttribute("aria-label", panel.label);
    head.replaceChildren(...panel.head);
    body.replaceChildren(...panel.body.flat(Number.POSITIVE_INFINITY).filter(Boolean));
    const { tests } = matrix.order();
    const index = tests.indexOf(at.test);
    place.textContent = index < 0 ? "" : `${index + 1} of ${tests.length}`;
    for (const control of moves.querySelectorAll(".move:nth-of-type(-n+2)")) control.hidden = at.test === null;
    const opens = !dialog.open;
    if (opens) dialog.showModal();
    dialog.scrollTop = 0;
    if (opens || !dialog.contains(document.activeElement)) body.focus({ preventScroll: true });
  }

  /** Changes the address without a new entry, so that Back leaves the panel at once. */
  function replaceRoute(hash) {
    history.replaceState(null, "", hash);
    show();
  }

  function move(tests, sessions) {
    const at = route();
    if (!at) return;
    const order = matrix.order();
    const all = data.tests.map((t) => t.entry.id);
    const rows = order.tests.includes(at.test) ? order.tests : all;
    const session = data.sessions.find((s) => s.id === at.session);
    if (tests !== 0 && at.test !== null && session) {
      let i = rows.indexOf(at.test) + tests;
      while (i >= 0 && i < rows.length && !verdictIn(data, session, rows[i])) i += tests;
      if (rows[i] !== undefined) replaceRoute(routeTo(at.session, rows[i]));
    }
    const columns = at.test === null ? data.sessions.map((s) => s.id) : order.sessions;
    const next = columns[columns.indexOf(at.session) + sessions];
    if (sessions !== 0 && columns.includes(at.session) && next !== undefined)
      replaceRoute(routeTo(next, at.test ?? undefined));
  }

  const MOVES = { j: [1, 0], k: [-1, 0], h: [0, -1], l: [0, 1], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(MOVES, event.key)) return;
    event.preventDefault();
    move(...MOVES[event.key]);
  });

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  dialog.addEventListener("close", () => {
    const at = route();
    // This event comes late: by now the address may have moved on to another cell.
    if (!at || dialog.open || location.hash !== shown) return;
    history.replaceState(null, "", "#/");
    const wanted = routeTo(at.session, at.test ?? undefined);
    const link = [...document.querySelectorAll(".matrix a")].find((a) => a.getAttribute("href") === wanted);
    if (link && at.test !== null) focusCell(link);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key !== "/" || typing || dialog.open || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    matrix.search.focus();
  });

  addEventListener("hashchange", show);

  const sections = [
    headSection(data),
    el(
      "main",
      {},
      glanceSection(data),
      matrix.section,
      fellSection(data),
      attributionSection(data),
      statisticsSection(data),
      tier2Section(data),
      sessionsSection(data),
      failedSection(data),
      notesSection(data),
      verdictsSection(data),
    ),
  ];
  document.getElementById("app").replaceChildren(...sections, dialog);
  show();
}

function failed(error) {
  document
    .getElementById("app")
    .replaceChildren(
      el(
        "p",
        { class: "failed" },
        `This browser cannot unpack the report (${error}). report.md beside it has its figures.`,
      ),
    );
}

start().catch(failed);
