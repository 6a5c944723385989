import type { Check, Evidence, EvidenceView, SessionView } from "../../../src/model/index.ts";
import { apiPath, useLoaded } from "../api.ts";
import { verdictAt } from "../figures.ts";
import { Badge, CopyButton, NotMeasured, Section, SeverityMark } from "../parts/bits.tsx";
import { ExchangeBlock, ExchangeContent } from "../parts/exchange.tsx";
import { href } from "../route.ts";
import type { RunState } from "../state.ts";
import { Text } from "../text.tsx";
import { count, duration } from "../words.ts";

/** The proof of one verdict: the request that decides it first, then all that led there. */
export function VerdictPage({
  state: { run, rows },
  session,
  exploit,
}: {
  state: RunState;
  session: string;
  exploit: string;
}) {
  const row = rows.find(({ id }) => id === session);
  const version = `${row?.state} ${row?.verdicts}`;
  const view = useLoaded<SessionView>(apiPath("session", session), version);
  const proof = useLoaded<EvidenceView>(apiPath("session", session, "evidence", exploit), version);
  const column = run?.columns.findIndex(({ id }) => id === exploit) ?? -1;
  const entry = run?.columns[column];
  const verdict = view.kind === "there" ? view.value.evaluation?.verdicts.find(({ id }) => id === exploit) : undefined;
  const kind = verdict?.verdict ?? (row ? verdictAt(row, column) : null);
  const fallen = (run?.columns ?? []).filter((_, i) => row && verdictAt(row, i) === "exploited").map(({ id }) => id);
  const at = fallen.indexOf(exploit);
  return (
    <>
      <p class="crumbs">
        <a href={href([])}>Overview</a> ›{" "}
        <a data-up href={href(["session", session])}>
          <Text>{session}</Text>
        </a>{" "}
        ›
      </p>
      <h1>
        <code>{exploit}</code> <Text>{entry?.title ?? "a test that is not in this run"}</Text>
      </h1>
      <p class="lead">
        <Badge verdict={kind} /> {entry && <SeverityMark severity={entry.severity} />} in{" "}
        <a href={href(["session", session])}>
          <Text>{session}</Text>
        </a>
        {verdict && <span class="fine"> in {duration(verdict.durationMs / 1000)}</span>}
      </p>
      {verdict && (
        <p class="summary">
          <Text>{verdict.summary}</Text>
        </p>
      )}
      {view.kind === "none" && <NotMeasured because={view.because} />}
      {view.kind === "there" && !verdict && (
        <NotMeasured
          because={
            view.value.evaluation ? "this test was not run in this session" : "the session has not been evaluated"
          }
        />
      )}
      {entry?.why && (
        <p>
          <b>Why it matters.</b> <Text>{entry.why}</Text>{" "}
          <a data-stop href={href(["exploit", exploit], { session })}>
            How others did, and how to fix it
          </a>
        </p>
      )}
      {proof.kind === "loading" && <p class="fine">Reads the evidence …</p>}
      {proof.kind === "there" && <Proof view={proof.value} />}
      {proof.kind === "none" && verdict && (
        <NotMeasured because={`no evidence was kept (${proof.because.replace(/\.$/, "")})`} />
      )}
      {fallen.length > 1 && at >= 0 && (
        <nav class="pager" aria-label="Holes of this session">
          {fallen[at - 1] && (
            <a data-stop href={href(["session", session, fallen[at - 1] ?? ""])}>
              ← {fallen[at - 1]}
            </a>
          )}
          <span class="fine">
            hole {at + 1} of {fallen.length} in this session
          </span>
          {fallen[at + 1] && (
            <a data-stop href={href(["session", session, fallen[at + 1] ?? ""])}>
              {fallen[at + 1]} →
            </a>
          )}
        </nav>
      )}
    </>
  );
}

/** The first attack or effect that did not go as a sound app would have it; for a verdict that held, the last attack. */
function deciding(evidence: Evidence): Check | undefined {
  const failed = evidence.checks.filter(({ held }) => !held);
  return (
    failed.find(({ role }) => role !== "control") ??
    failed[0] ??
    evidence.checks.findLast(({ role, exchange }) => role === "attack" && exchange !== undefined) ??
    evidence.checks.at(-1)
  );
}

function Proof({ view: { evidence, curl } }: { view: EvidenceView }) {
  const check = deciding(evidence);
  const exchange = evidence.exchanges.find(({ n }) => n === check?.exchange);
  return (
    <>
      <Section title={evidence.verdict === "exploited" ? "The request that proves it" : "The request that decides it"}>
        {check && (
          <p class={`check ${check.held ? "held" : "fell"}`}>
            <CheckLine check={check} />
          </p>
        )}
        {exchange ? (
          <div class="decisive">
            <ExchangeContent exchange={exchange} />
          </div>
        ) : (
          <p class="fine">It was not decided by a single request; the checks below say how.</p>
        )}
      </Section>
      <Section title="All checks">
        <ol class="checks">
          {evidence.checks.map((one, i) => (
            <li key={i} class={one.held ? "held" : "fell"}>
              <CheckLine check={one} />
            </li>
          ))}
        </ol>
        {evidence.checks.length === 0 && <p class="fine">None was reached.</p>}
      </Section>
      <Section title={`All ${count(evidence.exchanges.length, "request")}`}>
        {evidence.exchanges.map((one) => (
          <ExchangeBlock key={one.n} exchange={one} />
        ))}
      </Section>
      <Section title="Reproduce it" aside={<CopyButton text={curl} label="Copy the script" />}>
        <p class="fine">
          The script ends with PASS or FAIL. `unprompted reproduce` starts a fresh copy of the app and runs it.
        </p>
        <details>
          <summary>The curl script</summary>
          <pre class="code">
            <Text>{curl}</Text>
          </pre>
        </details>
      </Section>
    </>
  );
}

function CheckLine({ check }: { check: Check }) {
  return (
    <>
      <span class="mark" aria-hidden="true">
        {check.held ? "✓" : "✕"}
      </span>{" "}
      <span class="role">{check.role}</span> <Text>{check.words}</Text>{" "}
      <span class="visually-hidden">{check.held ? "as it should be" : "not as it should be"}</span>
      {check.exchange !== undefined && (
        <button
          type="button"
          class="link"
          onClick={() => {
            const block = document.querySelector<HTMLDetailsElement>(`#exchange-${check.exchange}`);
            if (block) block.open = true;
            block?.scrollIntoView({ block: "nearest" });
          }}
        >
          request {check.exchange}
        </button>
      )}
      {check.detail && (
        <span class="detail">
          <Text>{check.detail}</Text>
        </span>
      )}
    </>
  );
}
