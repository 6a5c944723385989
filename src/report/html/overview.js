import { el, KINDS, percent, plural, routeTo, scrollTable } from "./dom.js";
import { verdictIn } from "./packed.js";
import { intervalText } from "./statistics.js";

const PARTS = ["defended", "exploited", "broken", "inconclusive"];

function tallyWords(tally) {
  const words = PARTS.filter((part) => tally[part] > 0).map((part) => `${tally[part]} ${part}`);
  return words.length ? words.join(", ") : "nothing planned";
}

/** What a tier's planned tests came to, as one bar whose lengths are counts. */
function bar(tally) {
  return el(
    "div",
    { class: "bar", role: "img", "aria-label": tallyWords(tally), title: tallyWords(tally) },
    PARTS.filter((part) => tally[part] > 0).map((part) => {
      const piece = el("span", { class: ["piece", part] });
      piece.style.flexGrow = String(tally[part]);
      return piece;
    }),
  );
}

function rangeWords(range) {
  if (!range) return null;
  return range.min === range.max
    ? `each session ${range.min}\u00a0%`
    : `sessions from ${range.min} to ${range.max}\u00a0%`;
}

function shortRange(range) {
  if (!range) return null;
  return el("span", {}, range.min === range.max ? `each ${range.min}\u00a0%` : `${range.min}–${range.max}\u00a0%`);
}

function stat(data, number) {
  const tally = data.overall.tiers[`tier${number}`];
  if (tally.planned === 0) return null;
  const words = data.tierWords[number];
  return el(
    "div",
    { class: "stat" },
    el("h2", {}, `${words.short} `, el("span", {}, words.means)),
    el("p", { class: "big" }, percent(tally)),
    el("p", { class: "held" }, el("b", {}, `${tally.defended} of ${tally.planned}`), " held"),
    bar(tally),
    el("p", { class: "fine" }, tallyWords(tally)),
    el(
      "p",
      { class: "fine" },
      [`${tally.tested} tested of ${tally.planned} planned`, rangeWords(data.overall.ranges[`tier${number}`])]
        .filter(Boolean)
        .join(" · "),
    ),
    el("p", { class: "fine" }, data.overall.rates[`tier${number}`]?.sentence ?? null),
  );
}

export function headSection(data) {
  const { sessions } = data.overall;
  const failed = sessions.planned - sessions.measured;
  const links = [
    ...(data.glance ? [["At a glance", "glance"]] : []),
    ["Matrix", "matrix"],
    ["What did not hold", "fell"],
    ["Statistics", "statistics"],
    ["Tier 2", "tier-2"],
    ["Sessions", "sessions"],
    ["Not measured", "not-measured"],
  ];
  return el(
    "header",
    { class: "top" },
    el(
      "div",
      { class: "masthead" },
      el("span", { class: "wordmark" }, "unprompted"),
      el(
        "nav",
        { "aria-label": "Sections" },
        links.map(([text, id]) => el("a", { href: `#${id}` }, text)),
      ),
    ),
    el("h1", {}, data.title),
    el("p", { class: "lede" }, data.headline.join(" ").replaceAll(" %", "\u00a0%")),
    el(
      "p",
      { class: "meta" },
      `Scenario ${data.study.scenario} · ${sessions.measured} of ${plural(sessions.planned, "session")} measured`,
      failed ? [" · ", el("a", { href: "#failed" }, `${failed} without verdicts`)] : null,
      ` · order seed ${data.study.seed} · `,
      el("a", { href: "choices.html" }, "choices, scanners and supply chain"),
      data.overall.madeBy.length === 1
        ? el("span", { class: "made-by" }, `The code was made by ${data.overall.madeBy[0]}.`)
        : null,
    ),
    el(
      "div",
      { class: "stats" },
      [1, 2, 3].map((number) => stat(data, number)),
    ),
    ratesTable(data),
  );
}

function rateCells(group, number) {
  const tally = group.tiers[`tier${number}`];
  if (tally.planned === 0) return [el("td", { class: "unmeasured", colspan: "2" }, "not measured")];
  return [
    el(
      "td",
      { class: "rate" },
      el("b", {}, percent(tally)),
      " ",
      el("span", {}, `${tally.defended}/${tally.planned}`),
      bar(tally),
    ),
    el(
      "td",
      { class: "tested" },
      `${tally.tested}/${tally.planned}`,
      shortRange(group.ranges[`tier${number}`]),
      intervalText(group.rates[`tier${number}`]) ? el("span", {}, intervalText(group.rates[`tier${number}`])) : null,
    ),
  ];
}

function ratesTable(data) {
  const tiers = [1, 2, 3].filter((n) => data.overall.tiers[`tier${n}`].planned > 0);
  const groups = data.groups.filter((g) => g.by !== "all");
  const rows = groups.flatMap((group, i) => [
    group.by === groups[i - 1]?.by
      ? null
      : el(
          "tr",
          { class: "group" },
          el("th", { scope: "rowgroup" }, `by ${group.by}`),
          el("td", { colspan: 2 * tiers.length + 1 }),
        ),
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        group.name,
        group.by.startsWith("agent") && data.overall.madeBy.length > 1
          ? el("small", {}, `made by ${group.madeBy.join(", ") || "unknown"}`)
          : null,
      ),
      tiers.map((n) => rateCells(group, n)),
      el("td", { class: "number" }, `${group.sessions.measured}/${group.sessions.planned}`),
    ),
  ]);
  const head = [
    "",
    ...tiers.flatMap((n) => [data.tierWords[n].short, "tested / planned, range, interval"]),
    { text: "sessions measured", class: "number" },
  ];
  return scrollTable("Rates by agent and baseline", head, rows, "rates");
}

/** Agents side by side; a person's notes stand apart, as no measurement. Nothing where no delivery was judged. */
export function glanceSection({ glance }) {
  if (!glance) return null;
  const head = glance.columns.map(({ agent, baseline, sessions }) => ({
    text: [agent, el("small", {}, sessions > 1 ? `${baseline}, ${sessions} sessions` : baseline)],
  }));
  const rows = glance.rows.map(({ what, cells }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, what),
      cells.map((cell) => el("td", { class: cell === "not measured" ? "unmeasured" : null }, cell)),
    ),
  );
  return el(
    "section",
    { id: "glance" },
    el("h2", {}, "At a glance"),
    el("p", { class: "sub" }, "What each agent took, what held, and what it handed over besides."),
    scrollTable("At a glance", ["", ...head], rows, "glance"),
    glance.notes.length
      ? el(
          "div",
          { class: "readers-notes" },
          el("h3", {}, "Notes by a reader, which nothing here has measured"),
          glance.notes.map(({ agent, text }) =>
            el("div", { class: "readers-note" }, el("b", {}, agent), el("p", {}, text)),
          ),
        )
      : null,
  );
}

const PROOFS = 24;

function firstExploited(data, test) {
  const found = [];
  for (const session of data.sessions) {
    if (verdictIn(data, session, test) === "exploited") found.push(session);
    if (found.length === PROOFS) break;
  }
  return found;
}

export function fellSection(data) {
  const holes = data.holes.map((id) => data.tests.find((t) => t.entry.id === id));
  const list = holes.map(({ entry, exploited, tally, rate }) =>
    el(
      "li",
      {},
      el(
        "details",
        {},
        el(
          "summary",
          { class: "hole" },
          el("span", { class: ["severity", entry.severity] }, entry.severity),
          el("h3", {}, el("code", {}, entry.id), " ", entry.title),
          el("span", { class: "times" }, "exploited in ", el("b", {}, exploited), ` of ${tally.planned}`),
        ),
        el(
          "div",
          { class: "told" },
          entry.why ? el("p", {}, el("b", {}, "Why it matters "), entry.why) : null,
          entry.fix ? el("p", {}, el("b", {}, "Fix "), entry.fix) : null,
          el(
            "p",
            { class: "proofs" },
            el("b", {}, "Proof"),
            firstExploited(data, entry.id).map(({ id }) => el("a", { href: routeTo(id, entry.id) }, id)),
            exploited > PROOFS ? el("span", {}, `and ${exploited - PROOFS} more in the matrix`) : null,
          ),
          rate ? el("p", { class: "fine" }, rate.sentence) : null,
        ),
      ),
    ),
  );
  return el(
    "section",
    { id: "fell" },
    el("h2", {}, "What did not hold"),
    holes.length
      ? [
          el(
            "p",
            { class: "sub" },
            "Most severe first, then most frequent. Open one for the reason, the fix and the proof.",
          ),
          el("ol", { class: "holes" }, list),
        ]
      : el("p", {}, "No test was exploited in a measured session."),
  );
}

export function tier2Section(data) {
  const tests = data.tests.filter((t) => t.entry.tier === 2);
  if (tests.length === 0) return null;
  const rows = tests.map((test) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("code", {}, test.entry.id), " ", test.entry.title),
      test.perGroup.map(({ tally }) => {
        if (tally.planned === 0) return el("td", { class: "unmeasured" }, "not measured");
        const level = tally.defended === tally.planned ? "all" : tally.defended === 0 ? "none" : "some";
        return el(
          "td",
          { class: ["fraction", level] },
          el("b", {}, `${tally.defended}/${tally.planned}`),
          tally.tested < tally.planned ? el("small", {}, `${tally.tested} tested`) : null,
        );
      }),
    ),
  );
  const head = ["test", ...tests[0].perGroup.map((g) => ({ text: g.name, class: "fraction" }))];
  return el(
    "section",
    { id: "tier-2" },
    el("h2", {}, "Hardening that nobody asked for"),
    el("p", { class: "sub" }, "Sessions that held, of the sessions in which the test was planned."),
    scrollTable("Tier 2 by agent", head, rows, "tier2"),
  );
}

/** What each verdict claims, for a reader who has never seen one. */
export function verdictsSection(data) {
  return el(
    "section",
    { id: "verdicts" },
    el("h2", {}, "How to read a verdict"),
    el(
      "dl",
      { class: "meanings" },
      KINDS.map((kind) => {
        const { symbol, word, means } = data.verdictWords[kind];
        const sign = el("span", { class: ["verdict", kind], "aria-hidden": "true" }, symbol);
        return el("div", {}, el("dt", {}, sign, word), el("dd", {}, means));
      }),
    ),
  );
}

export function notesSection(data) {
  return el(
    "section",
    { id: "not-measured" },
    el("h2", {}, "What was not measured"),
    el(
      "ul",
      { class: "notes" },
      data.notes.map((note) => el("li", {}, note)),
    ),
  );
}
