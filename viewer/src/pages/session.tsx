import type { Decision, RunView, SessionRow, SessionView, Verdict } from "../../../src/model/index.ts";
import { amount, whole } from "../../../src/stats/words.ts";
import { apiPath, useLoaded } from "../api.ts";
import { countVerdicts, tiersOf, verdictAt } from "../figures.ts";
import { Badge, NotMeasured, Scroll, Section, SeverityMark, Unknown } from "../parts/bits.tsx";
import { Findings } from "../parts/findings.tsx";
import { Steps } from "../parts/steps.tsx";
import { href, type Route } from "../route.ts";
import type { RunState } from "../state.ts";
import { Text } from "../text.tsx";
import { count, dollars, duration, SEVERITY_RANK, TIER_WORDS, VERDICTS } from "../words.ts";

/** One session: what was done, what fell, what was decided, and what could not be measured. */
export function SessionPage({ state: { run, rows, live }, id, route }: { state: RunState; id: string; route: Route }) {
  const row = rows.find((one) => one.id === id);
  const doing = live?.working.find((one) => one.session === id);
  const view = useLoaded<SessionView>(apiPath("session", id), `${row?.state} ${row?.verdicts} ${doing?.doing}`);
  return (
    <>
      <p class="crumbs">
        <a data-up href={href([])}>
          Overview
        </a>{" "}
        ›
      </p>
      <h1>
        <Text>{id}</Text>
      </h1>
      {row && run && <Head row={row} run={run} doing={doing?.doing} />}
      {view.kind === "loading" && <p class="fine">Reads the session …</p>}
      {view.kind === "none" && <NotMeasured because={view.because} />}
      {view.kind === "there" && run && <Content view={view.value} run={run} id={id} route={route} />}
    </>
  );
}

function Head({ row, run, doing }: { row: SessionRow; run: RunView; doing: string | undefined }) {
  return (
    <>
      <p class="lead">
        <Text>{row.agent}</Text> on <Text>{row.baseline}</Text>, condition <Text>{row.condition}</Text>, replicate{" "}
        {row.replicate}
        {row.recording && (
          <>
            , replays <Text>{row.recording}</Text>
          </>
        )}
        . {doing ? <b>{doing}</b> : row.state === "evaluated" ? null : <b>{row.state}</b>}{" "}
        <a data-stop href={href(["compare"], { a: row.id })}>
          Compare it with another
        </a>
      </p>
      <dl class="figures">
        {tiersOf(run.columns).map((tier) => {
          const { defended, of, tested } = countVerdicts(
            run.columns.map((entry, i) => (entry.tier === tier ? verdictAt(row, i) : null)),
          );
          return (
            <div key={tier}>
              <dt>{TIER_WORDS[tier].short} held</dt>
              <dd>
                {of === 0 ? (
                  <Unknown />
                ) : (
                  `${whole(defended)} of ${whole(of)}${tested < of ? `, ${tested} tested` : ""}`
                )}
              </dd>
            </div>
          );
        })}
        <div>
          <dt>Features that work</dt>
          <dd>{row.functional ? `${row.functional.passed} of ${row.functional.of}` : <Unknown />}</dd>
        </div>
        <div>
          <dt>Agent's time</dt>
          <dd>{row.agentSeconds === null ? <Unknown /> : duration(row.agentSeconds)}</dd>
        </div>
        <div>
          <dt>Tokens read, written</dt>
          <dd>
            {row.tokensIn === null || row.tokensOut === null ? (
              <Unknown />
            ) : (
              `${amount(row.tokensIn)}, ${amount(row.tokensOut)}`
            )}
          </dd>
        </div>
        <div>
          <dt>Cost</dt>
          <dd>{row.costUsd === null ? <Unknown /> : dollars(row.costUsd)}</dd>
        </div>
        <div>
          <dt>Model</dt>
          <dd>{row.model === null ? <Unknown>not known</Unknown> : <Text>{row.model}</Text>}</dd>
        </div>
        <div>
          <dt>Made by</dt>
          <dd>{row.madeBy === null ? <Unknown>not recorded</Unknown> : <Text>{row.madeBy}</Text>}</dd>
        </div>
      </dl>
      {row.problem && (
        <p class="problem">
          <b>No verdicts.</b> <Text>{row.problem}</Text>
        </p>
      )}
    </>
  );
}

function Content({ view, run, id, route }: { view: SessionView; run: RunView; id: string; route: Route }) {
  const { evaluation } = view;
  return (
    <>
      <Verdicts verdicts={evaluation?.verdicts ?? []} run={run} id={id} />
      <Steps session={id} view={view} route={route} />
      <Decisions decisions={evaluation?.decisions ?? []} evaluated={evaluation !== null} />
      <Section title="Features">
        {evaluation?.functional.length ? (
          <Functional functional={evaluation.functional} />
        ) : (
          <NotMeasured because={evaluation ? "no functional check was run" : "the session has not been evaluated"} />
        )}
      </Section>
      <Findings scanners={view.scanners} />
      <Reached proof={view.record.proof} />
      <Section title="The app">
        {evaluation && (
          <dl class="rows">
            {(
              [
                ["Framework", evaluation.app.framework],
                ["Install", evaluation.app.install],
                ["Build", evaluation.app.build],
                ["Start", evaluation.app.start],
                ["Sandbox", evaluation.app.sandbox],
                ["Settings", evaluation.app.settings.map(({ name, why }) => `${name} (${why})`).join(", ")],
                ["Deviations", evaluation.contract.deviations.join("; ")],
                [
                  "Not found",
                  Object.entries(evaluation.contract.missing)
                    .map(([name, why]) => `${name}: ${why}`)
                    .join("; "),
                ],
              ] as const
            ).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value ? <Text>{value}</Text> : <span class="fine">none</span>}</dd>
              </div>
            ))}
          </dl>
        )}
        {"text" in view.appLog ? (
          <details open={evaluation?.app.stage !== "ready"}>
            <summary data-stop>The app's log</summary>
            <pre class="code">
              <Text>{view.appLog.text}</Text>
            </pre>
          </details>
        ) : (
          <p class="unmeasured">The app's log: {view.appLog.none}.</p>
        )}
      </Section>
    </>
  );
}

function Verdicts({ verdicts, run, id }: { verdicts: readonly Verdict[]; run: RunView; id: string }) {
  const entries = new Map(run.columns.map((entry) => [entry.id, entry]));
  const severity = (verdict: Verdict) => SEVERITY_RANK[entries.get(verdict.id)?.severity ?? "medium"];
  const groups = VERDICTS.map((kind) => ({
    kind,
    of: verdicts.filter(({ verdict }) => verdict === kind).sort((a, b) => a.tier - b.tier || severity(a) - severity(b)),
  })).filter(({ of }) => of.length > 0);
  return (
    <Section title="Verdicts">
      {groups.length === 0 && <NotMeasured because="the session has no verdicts" />}
      {groups.map(({ kind, of }) => (
        <details key={kind} open={kind !== "defended" && kind !== "not-applicable"} class="verdict-group">
          <summary data-stop>
            <Badge verdict={kind} /> {of.length}
          </summary>
          <ul class="verdicts">
            {of.map((verdict) => {
              const entry = entries.get(verdict.id);
              return (
                <li key={verdict.id}>
                  <a data-stop href={href(["session", id, verdict.id])}>
                    <code>{verdict.id}</code> <Text>{entry?.title ?? verdict.slug}</Text>
                  </a>{" "}
                  {entry && kind === "exploited" && <SeverityMark severity={entry.severity} />}
                  <span class="summary-line">
                    <Text>{verdict.summary}</Text>
                  </span>
                </li>
              );
            })}
          </ul>
        </details>
      ))}
    </Section>
  );
}

/** What the agent could reach and did, where one worked here. */
function Reached({ proof }: { proof: SessionView["record"]["proof"] }) {
  return (
    <Section title="What the agent reached">
      {proof === null ? (
        <NotMeasured because="no agent worked in this run, as in a replay" />
      ) : (
        <>
          {proof.breaches.map((breach) => (
            <p key={breach} class="problem">
              <Text>{breach}</Text>
            </p>
          ))}
          <p>
            Sandbox <Text>{proof.sandbox}</Text>;{" "}
            {proof.breaches.length === 0 ? "nothing seen or changed beyond what it was given" : "left out of all rates"}
            .
          </p>
          <ul>
            {proof.hosts.map((host) => (
              <li key={JSON.stringify(host)}>
                <Text>{host.host}</Text> <span class="fine">{host.allowed ? "allowed" : "refused"}</span>
              </li>
            ))}
            {proof.hosts.length === 0 && <li class="fine">no host was asked for</li>}
          </ul>
        </>
      )}
    </Section>
  );
}

function Functional({ functional }: { functional: NonNullable<SessionView["evaluation"]>["functional"] }) {
  const failed = functional.filter(({ ok }) => !ok);
  return (
    <>
      <p>
        {functional.length - failed.length} of {count(functional.length, "check")} passed.
      </p>
      <ul class="checks">
        {failed.map(({ id, step, says, detail }) => (
          <li key={id} class="fell">
            <span class="mark" aria-hidden="true">
              ✕
            </span>{" "}
            step {step}: <Text>{says}</Text>
            <span class="detail">
              <Text>{detail}</Text>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Decisions({ decisions, evaluated }: { decisions: readonly Decision[]; evaluated: boolean }) {
  return (
    <Section title="Decisions">
      {decisions.length === 0 ? (
        <NotMeasured
          because={evaluated ? "no decision was read from the code" : "the session has not been evaluated"}
        />
      ) : (
        <Scroll label="Decisions">
          <table>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">Choice</th>
                <th scope="col">From</th>
                <th scope="col">Where</th>
                <th scope="col">Known by</th>
              </tr>
            </thead>
            <tbody>
              {decisions.map((decision, i) => (
                <tr key={i}>
                  <th scope="row">
                    <Text>{decision.topic}</Text>
                  </th>
                  <td>
                    <Text>{decision.choice}</Text>
                    {decision.detail && (
                      <small>
                        <Text>{decision.detail}</Text>
                      </small>
                    )}
                  </td>
                  <td>{decision.origin}</td>
                  <td>
                    {decision.file === null ? (
                      <span class="fine">no place</span>
                    ) : (
                      <code>
                        <Text>{`${decision.file}${decision.line === null ? "" : `:${decision.line}`}`}</Text>
                      </code>
                    )}
                  </td>
                  <td>
                    {decision.by ?? <span class="fine">not said</span>}
                    {decision.confidence && decision.confidence !== "sure" ? `, ${decision.confidence}` : ""}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  );
}
