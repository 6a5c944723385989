import { el, percent, routeTo, scrollTable, seconds } from "./dom.js";

function functionalCell(session) {
  if (!session.functional) return el("td", { class: "unmeasured" }, "not measured");
  const { passed, planned } = session.functional;
  return el("td", {}, passed === planned ? "pass" : "fail", " ", el("span", { class: "fine" }, `${passed}/${planned}`));
}

function sessionRate(tally) {
  if (!tally || tally.planned === 0) return el("td", { class: "unmeasured" }, "not measured");
  return el(
    "td",
    { class: "rate" },
    el("b", {}, percent(tally)),
    " ",
    el("span", {}, `${tally.defended}/${tally.planned}`),
    tally.tested < tally.planned ? el("small", {}, `${tally.tested} tested`) : null,
  );
}

const ROWS = 100;

/** A long list a page at a time; a short one as it is. */
function paged(items, draw) {
  if (items.length <= ROWS) return draw(items);
  const box = el("div", {});
  const show = (from) => {
    const button = (text, to, off) =>
      el("button", { type: "button", disabled: off, on: { click: () => show(to) } }, text);
    box.replaceChildren(
      draw(items.slice(from, from + ROWS)),
      el(
        "p",
        { class: "pager" },
        button("Earlier", from - ROWS, from === 0),
        ` ${from + 1}–${Math.min(items.length, from + ROWS)} of ${items.length} `,
        button("Later", from + ROWS, from + ROWS >= items.length),
      ),
    );
  };
  show(0);
  return box;
}

export function sessionsSection(data) {
  const manyConditions = new Set(data.sessions.map((s) => s.identity.condition)).size > 1;
  const row = (session) => {
    const { identity } = session;
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, el("a", { href: routeTo(session.id) }, session.id)),
      el("td", {}, identity.baseline),
      el("td", {}, identity.agent),
      el("td", {}, identity.model ?? el("span", { class: "unmeasured" }, "unknown")),
      manyConditions ? el("td", {}, identity.condition) : null,
      el("td", { class: "number" }, identity.replicate),
      functionalCell(session),
      sessionRate(session.tiers?.tier1),
      sessionRate(session.tiers?.tier2),
      el("td", {}, session.passwordHashing ?? el("span", { class: "unmeasured" }, "unknown")),
      el("td", {}, session.jwt ?? el("span", { class: "unmeasured" }, "unknown")),
      el("td", { class: "made" }, el("small", {}, data.makers[session.madeBy] ?? "unknown")),
      el("td", { class: "number" }, seconds(session.agentSeconds)),
    );
  };
  const head = [
    ...["session", "baseline", "agent", "model"],
    ...(manyConditions ? ["condition"] : []),
    { text: "replicate", class: "number" },
    ...["functional", "tier 1", "tier 2", "password hashing", "JWT", "made by"],
    { text: "agent's time", class: "number" },
  ];
  return el(
    "section",
    { id: "sessions" },
    el("h2", {}, "Sessions"),
    el("p", { class: "sub" }, "One row for each, as the published study printed it. A rate is defended / planned."),
    paged(data.sessions, (some) => scrollTable("Sessions", head, some.map(row), "sessions")),
  );
}

export function failedSection(data) {
  const failed = data.sessions.filter((s) => s.failure);
  if (failed.length === 0) return null;
  return el(
    "section",
    { id: "failed" },
    el("h2", {}, "Sessions without verdicts"),
    el("p", { class: "sub" }, "They are in no rate: nothing was measured, which is not the same as nothing held."),
    paged(failed, (some) =>
      el(
        "div",
        {},
        some.map(({ id, failure }) =>
          el(
            "article",
            { class: "failed" },
            el("h3", {}, el("a", { href: routeTo(id) }, id), " ", el("span", { class: "stage" }, failure.stage)),
            el("p", {}, failure.reason),
            failure.logTail === null
              ? el("p", { class: "fine" }, "No log was kept.")
              : el(
                  "details",
                  {},
                  el("summary", {}, "Its last log lines"),
                  el("pre", { class: "log" }, failure.logTail),
                ),
          ),
        ),
      ),
    ),
  );
}

/** Which prompt opened, closed or reopened each hole; nothing when apps were attacked after their last step only. */
export function attributionSection(data) {
  const told = data.sessions.filter((s) => s.attribution);
  if (told.length === 0) return null;
  const signs = { opened: "✕", reopened: "✕", closed: "✓" };
  const block = ({ id, attribution: { changes, unmeasured } }) =>
    el(
      "article",
      { class: "failed" },
      el("h3", {}, el("a", { href: routeTo(id) }, id)),
      changes.length ? null : el("p", {}, "No hole was opened or closed on the way."),
      el(
        "ul",
        { class: "changes" },
        changes.map(({ exploit, kind, sentence }) =>
          el(
            "li",
            { class: "change" },
            el(
              "a",
              {
                class: ["verdict", "change-sign", kind === "closed" ? "defended" : "exploited"],
                href: routeTo(id, exploit),
                "aria-label": `${exploit} in ${id}`,
              },
              signs[kind],
            ),
            el("span", {}, sentence),
          ),
        ),
        unmeasured.map(({ step, reason }) =>
          el("li", { class: "change" }, el("span", {}, `After prompt ${step}: not measured: ${reason}`)),
        ),
      ),
    );
  return el(
    "section",
    { id: "prompts" },
    el("h2", {}, "Which prompt opened, closed or reopened what"),
    el("p", { class: "sub" }, "The app was attacked after every step with the tests that applied by then."),
    paged(told, (some) => el("div", {}, some.map(block))),
  );
}
