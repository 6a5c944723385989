import { el, facts, percent, plural, routeTo, scrollTable, seconds } from "./dom.js";
import { exchangeBlock } from "./exchange.js";
import { unpackedOnce, verdictIn } from "./packed.js";

function part(title, ...children) {
  return el("section", { class: "part" }, el("h3", {}, title), children);
}

const paragraph = (text) => (text ? el("p", {}, text) : null);

function standardWords({ cwe, standard }) {
  const number = /^CWE-(\d+)$/.exec(cwe)?.[1];
  const link = number
    ? el(
        "a",
        { href: `https://cwe.mitre.org/data/definitions/${number}.html`, rel: "noreferrer noopener", target: "_blank" },
        cwe,
      )
    : cwe;
  return [link, cwe && standard ? " · " : "", standard];
}

function checkList(checks) {
  if (checks.length === 0) return el("p", { class: "fine" }, "No check was kept.");
  return el(
    "ul",
    { class: "checks" },
    checks.map((check) =>
      el(
        "li",
        { class: check.held ? "held" : "unheld" },
        el(
          "span",
          { class: "outcome" },
          el("span", { "aria-hidden": "true" }, check.held ? "✓ " : "✕ "),
          check.held ? "held" : "failed",
        ),
        el(
          "div",
          {},
          el("span", { class: "role" }, check.role),
          " ",
          check.words,
          check.exchange === undefined ? null : [" ", exchangeLink(check.exchange)],
          check.detail ? el("p", { class: "detail" }, check.detail) : null,
        ),
      ),
    ),
  );
}

function exchangeLink(n) {
  return el(
    "button",
    {
      type: "button",
      class: "jump",
      on: {
        click: () => {
          const block = document.getElementById(`exchange-${n}`);
          if (!block) return;
          block.open = true;
          block.querySelector("summary").focus();
          block.scrollIntoView({ block: "start" });
        },
      },
    },
    `request ${n}`,
  );
}

/** Why a value could be found again, in words. */
function derivation(how) {
  switch (how.kind) {
    case "json":
      return `read from answer ${how.exchange} at ${how.pointer || "its root"}`;
    case "header":
      return `read from the header ${how.name} of answer ${how.exchange}`;
    case "setting":
      return `the setting ${how.name}`;
    case "hmac":
      return `HMAC-${how.hash} of a fixed text with the setting ${how.setting}`;
    case "jwt":
      return `made from ${how.from}: signature ${how.signature}`;
    default:
      return "";
  }
}

function copyButton(text) {
  const button = el("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
      button.textContent = "Selected: press Ctrl C";
    }
  });
  return button;
}

/** Evidence is unpacked when it is asked for, so that the page opens at once. */
async function evidenceParts(verdict) {
  const { place } = verdict;
  if (!place || place.none) return [el("p", { class: "fine" }, "No evidence was kept for this verdict.")];
  if (place.dropped) {
    return [
      el("p", {}, "To keep this file small, this evidence is not in it. It lies in the run folder:"),
      el(
        "ul",
        {},
        verdict.evidence.map((path) => el("li", {}, el("code", {}, path))),
      ),
    ];
  }
  const { evidence, curl, shortened } = await unpackedOnce(`evidence-${place.cell}`);
  const told = new Set(evidence.checks.filter((c) => !c.held && c.exchange !== undefined).map((c) => c.exchange));
  const open = new Set([...told].slice(0, 2));
  return [
    part("Checks", checkList(evidence.checks)),
    part(
      plural(evidence.exchanges.length, "request"),
      shortened ? el("p", { class: "fine" }, "Long bodies are cut further here than in the stored evidence.") : null,
      evidence.exchanges.map((exchange) => exchangeBlock(exchange, told.has(exchange.n), open.has(exchange.n))),
    ),
    evidence.outside.length
      ? part(
          "Outside HTTP",
          evidence.outside.map((o) => el("p", {}, `After request ${o.after}: ${o.what}`)),
        )
      : null,
    evidence.values.length
      ? part(
          "Values of this run",
          facts(
            evidence.values.map((v) => [
              v.name,
              [el("code", {}, v.literal), el("p", { class: "detail" }, derivation(v.how))],
            ]),
          ),
        )
      : null,
    part(
      "Reproduce",
      el("p", { class: "fine" }, "A script that runs by itself against a freshly started app."),
      el("div", { class: "script" }, el("pre", { class: "body" }, curl), copyButton(curl)),
    ),
  ];
}

/** What stands for a verdict whose session is not in this file whole. */
function elsewhere(session) {
  return {
    summary: "To keep this file small, what happened is not in it.",
    durationMs: null,
    evidence: [`sessions/${session.id}/evaluation.json`, `sessions/${session.id}/evidence`],
    place: { dropped: true },
  };
}

/** Everything about one test in one session. */
export async function cellPanel(data, session, test, details) {
  const { entry } = test;
  const kind = verdictIn(data, session, entry.id);
  const verdict = details ? details.verdicts[entry.id] : elsewhere(session);
  const words = data.verdictWords[kind];
  return {
    label: `${entry.id} in ${session.id}`,
    head: [
      el("span", { class: ["badge", kind] }, el("span", { "aria-hidden": "true" }, `${words.symbol} `), words.word),
      el("h2", {}, el("code", {}, entry.id), " ", entry.title),
      el("p", { class: "where" }, "in ", el("a", { href: routeTo(session.id) }, session.id)),
    ],
    body: [
      el("p", { class: "summary" }, verdict.summary),
      kind === "defended" ? null : el("p", { class: "fine" }, words.means),
      facts([
        ["severity", el("span", { class: ["severity", entry.severity] }, entry.severity)],
        ["prompt", entry.prompt],
        ["standard", entry.cwe || entry.standard ? standardWords(entry) : null],
        ["made by", data.makers[session.madeBy] ?? "unknown"],
        ["took", verdict.durationMs === null ? null : seconds(verdict.durationMs / 1000)],
      ]),
      el(
        "div",
        { class: "advice" },
        entry.why ? part("Why it matters", paragraph(entry.why)) : null,
        entry.fix ? part("How to fix it", paragraph(entry.fix)) : null,
      ),
      el(
        "details",
        { class: "about" },
        el("summary", {}, "What this test does"),
        facts([
          ["control", entry.control],
          ["attack", entry.attack],
          ["defended when", entry.defendedWhen],
        ]),
      ),
      ...(await evidenceParts(verdict)),
    ],
  };
}

function stepsPart(session) {
  if (session.steps.length === 0) return null;
  const rows = session.steps.map((s) =>
    el(
      "tr",
      {},
      el("td", { class: "number" }, s.step),
      el("td", {}, s.prompt),
      el("td", { class: "number" }, seconds(s.durationSeconds)),
      el("td", { class: "number" }, s.filesChanged),
      el("td", { class: "number" }, `+${s.linesAdded} −${s.linesRemoved}`),
      el("td", {}, el("code", {}, s.commit.slice(0, 10))),
    ),
  );
  const number = (text) => ({ text, class: "number" });
  return part(
    "Steps",
    scrollTable(
      "Steps",
      [number("step"), "prompt", number("time"), number("files"), number("lines"), "commit"],
      rows,
      "steps",
    ),
  );
}

function decisionRows(decisions) {
  return decisions.map((d) => [
    d.topic,
    [
      d.choice,
      el(
        "p",
        { class: "detail" },
        [
          d.origin,
          d.file ? `${d.file}${d.line === null ? "" : `:${d.line}`}` : null,
          d.by ? `known from ${d.by}` : null,
        ]
          .filter(Boolean)
          .join(" · "),
      ),
    ],
  ]);
}

/** Everything about one session that is not about one test. */
export function sessionPanel(data, session, details) {
  const { identity, failure } = session;
  const fell = data.tests.filter(({ entry }) => verdictIn(data, session, entry.id) === "exploited");
  const tier = (n) => {
    const tally = session.tiers?.[`tier${n}`];
    return tally?.planned
      ? `${tally.defended} of ${tally.planned} held (${percent(tally)}), ${tally.tested} tested`
      : null;
  };
  return {
    label: `Session ${session.id}`,
    head: [el("span", { class: "badge" }, session.outcome), el("h2", {}, session.id)],
    body: [
      failure
        ? [
            el("p", { class: "summary" }, `${failure.stage}: ${failure.reason}`),
            failure.logTail ? el("pre", { class: "log" }, failure.logTail) : null,
          ]
        : null,
      facts([
        ["tier 1", tier(1)],
        ["tier 2", tier(2)],
        ["tier 3", tier(3)],
        [
          "functional checks",
          session.functional ? `${session.functional.passed} of ${session.functional.planned} pass` : "not measured",
        ],
        ["baseline", identity.baseline],
        ["agent", `${identity.agent} (${identity.agentKind})`],
        ["model", identity.model ?? "unknown"],
        ["condition", identity.condition],
        ["replicate", identity.replicate],
        ["agent's time", seconds(session.agentSeconds)],
        ["evaluation", seconds(session.evaluationSeconds)],
        ["folder", details?.folder ?? `sessions/${session.id}`],
      ]),
      details
        ? null
        : el(
            "p",
            {},
            "To keep this file small, the steps and decisions of this session are not in it. They lie in its folder.",
          ),
      fell.length
        ? part(
            "What did not hold",
            el(
              "ul",
              { class: "plain" },
              fell.map(({ entry }) =>
                el(
                  "li",
                  {},
                  el("a", { href: routeTo(session.id, entry.id) }, entry.id),
                  el("span", {}, details?.verdicts[entry.id]?.summary ?? entry.title),
                ),
              ),
            ),
          )
        : null,
      details ? detailParts(identity, details) : null,
    ],
  };
}

/** How the session came about and how its app was run. */
function detailParts(identity, details) {
  const { provenance, app } = details;
  const list = (items) =>
    el(
      "ul",
      {},
      items.map((item) => el("li", {}, item)),
    );
  return [
    part(
      "What made the code",
      provenance
        ? facts([
            ["made by", provenance.madeBy],
            ["recorded on", provenance.recordedOn],
            ["recording", identity.recording],
            ["conversation", provenance.conversation],
            ["prompts", provenance.promptsVersion],
            ["baseline commit", el("code", {}, provenance.baselineCommit.slice(0, 12))],
            ["notes", provenance.notes],
          ])
        : el("p", {}, "Not recorded."),
    ),
    details.functionalFailures.length
      ? part(
          "Features that do not work as the prompts say",
          list(
            details.functionalFailures.map((f) => [
              `Prompt ${f.step}: ${f.says}`,
              el("p", { class: "detail" }, f.detail),
            ]),
          ),
        )
      : null,
    details.deviations.length || details.missing.length
      ? part(
          "Where the app differs from the prompts",
          list([...details.deviations, ...details.missing.map(([name, why]) => `${name} was not found: ${why}`)]),
        )
      : null,
    details.decisions.length ? part("Decisions", facts(decisionRows(details.decisions))) : null,
    stepsPart(details),
    app
      ? part(
          "How the app was run",
          facts([
            ["framework", app.framework],
            ["sandbox", app.sandbox],
            [
              "install",
              app.install
                ? [
                    el("code", {}, app.install),
                    el(
                      "p",
                      { class: "detail" },
                      `${seconds(app.durationsMs.install / 1000)}${app.dependenciesCached ? ", dependencies from the cache" : ""}`,
                    ),
                  ]
                : "skipped",
            ],
            [
              "build",
              app.build
                ? [el("code", {}, app.build), el("p", { class: "detail" }, seconds(app.durationsMs.build / 1000))]
                : "skipped",
            ],
            [
              "start",
              app.start
                ? [el("code", {}, app.start), el("p", { class: "detail" }, seconds(app.durationsMs.start / 1000))]
                : "not started by us",
            ],
            ...app.settings.map((s) => [s.name, s.why]),
          ]),
        )
      : null,
  ];
}
