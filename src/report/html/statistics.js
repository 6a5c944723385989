import { el, plural } from "./dom.js";

/** In per cent or points, rounded as the sentences beside it are. */
const share = (value) => (value * 100).toFixed(1).replace(/\.0$/, "").replace(/^-0$/, "0");
const place = (element, style) => {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
  return element;
};

/** A dot, and the interval around it, on a track from `low` to `high`. */
function track({ value, interval, low, high, zero, label }) {
  const at = (v) => `${(100 * (Math.min(high, Math.max(low, v)) - low)) / (high - low)}%`;
  return el(
    "div",
    { class: "track", role: "img", "aria-label": label, title: label },
    zero ? place(el("span", { class: "zero" }), { left: at(0) }) : null,
    interval
      ? place(el("span", { class: "whisker" }), {
          left: at(interval.low),
          right: `calc(100% - ${at(interval.high)})`,
        })
      : null,
    place(el("span", { class: ["dot", !interval && "alone"] }), { left: at(value) }),
  );
}

const range = (interval) =>
  interval ? `${share(interval.low)} to ${share(interval.high)}\u00a0%` : "no interval: see below";

function rateRow(group, tier) {
  const rate = group.rates[`tier${tier}`];
  if (!rate) return null;
  const { figure, sentence } = rate;
  return el(
    "li",
    { class: "plot" },
    el(
      "div",
      { class: "plot-name" },
      el("b", {}, group.name),
      group.by === "all" ? null : el("span", {}, ` by ${group.by}`),
    ),
    track({ value: figure.rate, interval: figure.interval, low: 0, high: 1, label: sentence }),
    el("div", { class: "plot-value" }, el("b", {}, `${share(figure.rate)}\u00a0%`), " ", range(figure.interval)),
    el("p", { class: "sentence" }, sentence),
  );
}

function sides(figure) {
  return figure.kind === "compared" ? [figure.a.name, figure.b.name] : [figure.a, figure.b];
}

function comparisonRow(comparison) {
  const { figure, sentence, shown, measure } = comparison;
  const [a, b] = sides(figure);
  const compared = figure.kind === "compared";
  const points = (v) => `${v > 0 ? "+" : ""}${share(v)}`;
  const drawn = compared && measure.unit === "share";
  return el(
    "li",
    { class: "plot" },
    el("div", { class: "plot-name" }, el("b", {}, a), el("span", {}, " against "), el("b", {}, b)),
    drawn
      ? track({
          value: figure.difference,
          interval: figure.interval,
          low: -1,
          high: 1,
          zero: true,
          label: `${points(figure.difference)} points`,
        })
      : el("div", {}),
    el(
      "div",
      { class: "plot-value" },
      el("b", {}, shown ? "a difference is shown" : compared ? "no difference shown" : "not compared"),
      drawn ? ` ${points(figure.difference)} points` : null,
    ),
    el("p", { class: "sentence" }, sentence),
  );
}

/** The first few of a list, and the rest behind a fold. */
function folded(rows, shown, what) {
  if (rows.length <= shown) return el("ul", { class: "plots" }, rows);
  return [
    el("ul", { class: "plots" }, rows.slice(0, shown)),
    el(
      "details",
      { class: "more" },
      el("summary", {}, `${rows.length - shown} more ${what}`),
      el("ul", { class: "plots" }, rows.slice(shown)),
    ),
  ];
}

const SOURCES = { replicate: "replicates", interaction: "only together" };

function varianceBar({ figure, sentence }) {
  if (!figure) return el("p", { class: "sentence" }, sentence);
  return [
    el(
      "div",
      { class: "bar variance", role: "img", "aria-label": sentence },
      figure.components
        .filter((c) => c.share > 0)
        .map((c) => place(el("span", { class: ["piece", c.source] }), { "flex-grow": String(c.share) })),
    ),
    el(
      "p",
      { class: "legend" },
      figure.components.map((c) =>
        el(
          "span",
          {},
          el("i", { class: ["swatch", c.source], "aria-hidden": "true" }),
          `${SOURCES[c.source] ?? c.source} ${share(c.share)}\u00a0%`,
        ),
      ),
    ),
    el("p", { class: "sentence" }, sentence),
  ];
}

function tierPart(data, { tier, step, spreads, comparisons, variance }) {
  const words = data.tierWords[tier];
  const rates = data.groups.map((group) => rateRow(group, tier)).filter(Boolean);
  return el(
    "article",
    { class: "tier-part" },
    el("h3", {}, `${words.short} `, el("span", {}, words.means)),
    el("p", { class: "sentence" }, step),
    el("h4", {}, "Rates and their 95\u00a0% intervals"),
    folded(rates, 12, "rates"),
    comparisons.length
      ? [
          el("h4", {}, "Comparisons: the difference, and the smallest that could have been shown"),
          folded(comparisons.map(comparisonRow), 8, "comparisons"),
        ]
      : null,
    el("h4", {}, "What the variance between sessions goes with"),
    varianceBar(variance),
    spreads.length
      ? el(
          "details",
          { class: "more" },
          el("summary", {}, `How far sessions of one kind lie apart: ${plural(spreads.length, "kind")}`),
          el(
            "ul",
            { class: "sentences" },
            spreads.map((s) => el("li", {}, s)),
          ),
        )
      : null,
  );
}

/** Intervals, comparisons, variance and consistency, each with its sentence. */
export function statisticsSection(data) {
  const { analysis } = data;
  if (analysis.tiers.length === 0) return null;
  const exploits = analysis.exploits.flatMap((pair) => [
    el("li", {}, pair.sentence),
    ...pair.shown.map((row) => el("li", { class: "row" }, row.sentence)),
  ]);
  return el(
    "section",
    { id: "statistics" },
    el("h2", {}, "What the figures can carry"),
    el(
      "p",
      { class: "sub" },
      `From ${plural(analysis.sessions, "session")}. Sessions, not tests, are what was repeated, and intervals know that.`,
    ),
    el(
      "ul",
      { class: "notes" },
      analysis.notes.map((note) => el("li", {}, note)),
    ),
    analysis.tiers.map((tier) => tierPart(data, tier)),
    el(
      "article",
      { class: "tier-part" },
      el("h3", {}, "Exploit by exploit, replicates, cost"),
      exploits.length ? el("ul", { class: "sentences" }, exploits) : null,
      el("p", { class: "sentence" }, analysis.consistency.sentence),
      analysis.others.length ? folded(analysis.others.map(comparisonRow), 6, "comparisons") : null,
    ),
  );
}

/** A tier's interval for a table's cell. */
export function intervalText(rate) {
  return rate?.figure.interval ? `95\u00a0% interval ${range(rate.figure.interval)}` : null;
}
