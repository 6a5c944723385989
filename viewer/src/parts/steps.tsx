import type { SessionView, StepRecord, TextView } from "../../../src/model/index.ts";
import { amount, whole } from "../../../src/stats/words.ts";
import { apiPath, useLoaded } from "../api.ts";
import { type Route, setParams } from "../route.ts";
import { Text } from "../text.tsx";
import { count, dollars, duration } from "../words.ts";
import { NotMeasured, Section, Unknown } from "./bits.tsx";
import { Diff } from "./diff.tsx";
import { Transcript } from "./transcript.tsx";

/** The steps on a time line, and what the chosen one said and changed. */
export function Steps({ session, view, route }: { session: string; view: SessionView; route: Route }) {
  const { steps } = view.record;
  const chosen = Number(route.params.get("step"));
  const step = steps.find((one) => one.step === chosen);
  const show = route.params.get("show") ?? (view.transcripts.includes(chosen) ? "transcript" : "diff");
  if (steps.length === 0)
    return (
      <Section title="Steps">
        <NotMeasured because="no step is finished" />
      </Section>
    );
  const total = steps.reduce((sum, one) => sum + (one.durationSeconds ?? 0), 0);
  const known = steps.every((one) => one.durationSeconds !== null);
  return (
    <Section
      title="Steps"
      aside={<span class="fine">{known ? `${duration(total)} in all` : "time not known for every step"}</span>}
    >
      <ol class="timeline" style={{ "--columns": columnsOf(steps) }}>
        {steps.map((one) => (
          <li key={one.step}>
            <button
              type="button"
              data-stop
              aria-pressed={one.step === chosen}
              onClick={() => setParams({ step: one.step === chosen ? null : one.step, show: null })}
            >
              <b>{one.step}</b>
              <span>
                {one.durationSeconds === null ? <Unknown>time unknown</Unknown> : duration(one.durationSeconds)}
              </span>
              <span class="fine">
                <span class="plus">+{whole(one.linesAdded)}</span> <span class="minus">−{whole(one.linesRemoved)}</span>
              </span>
            </button>
          </li>
        ))}
      </ol>
      {step ? (
        <div class="step">
          <h3>Step {step.step}</h3>
          <StepFigures step={step} />
          <details>
            <summary data-stop>The prompt</summary>
            <pre class="code">
              <Text>{step.prompt}</Text>
            </pre>
          </details>
          <fieldset class="chips" aria-label="What to show">
            {(["diff", "transcript"] as const).map((one) => (
              <button key={one} type="button" aria-pressed={show === one} onClick={() => setParams({ show: one })}>
                {one === "diff" ? "Diff" : "Transcript"}
              </button>
            ))}
          </fieldset>
          {show === "transcript" ? (
            <StepTranscript session={session} step={step.step} kept={view.transcripts.includes(step.step)} />
          ) : (
            <StepDiff session={session} step={step.step} kept={view.diffs.includes(step.step)} />
          )}
        </div>
      ) : (
        <p class="fine">Choose a step to see its prompt, what it changed and what was said.</p>
      )}
    </Section>
  );
}

/** As wide as a step was long, within bounds that keep the words readable. */
function columnsOf(steps: readonly StepRecord[]): string {
  const longest = Math.max(1, ...steps.map((one) => one.durationSeconds ?? 0));
  return steps
    .map((one) => `minmax(84px, ${Math.max(0.25, (one.durationSeconds ?? longest / 2) / longest).toFixed(3)}fr)`)
    .join(" ");
}

function StepFigures({ step }: { step: StepRecord }) {
  const { tokensIn, tokensOut, costUsd } = step;
  return (
    <dl class="figures">
      <div>
        <dt>Time</dt>
        <dd>{step.durationSeconds === null ? <Unknown /> : duration(step.durationSeconds)}</dd>
      </div>
      <div>
        <dt>Tokens read</dt>
        <dd>{tokensIn === null ? <Unknown /> : amount(tokensIn)}</dd>
      </div>
      <div>
        <dt>Tokens written</dt>
        <dd>{tokensOut === null ? <Unknown /> : amount(tokensOut)}</dd>
      </div>
      <div>
        <dt>Cost</dt>
        <dd>{costUsd === null ? <Unknown /> : dollars(costUsd)}</dd>
      </div>
      <div>
        <dt>Changed</dt>
        <dd>{count(step.filesChanged, "file")}</dd>
      </div>
    </dl>
  );
}

function StepDiff({ session, step, kept }: { session: string; step: number; kept: boolean }) {
  const diff = useLoaded<TextView>(kept ? apiPath("session", session, "diff", step) : null);
  if (!kept) return <NotMeasured because="no diff was kept of this step" />;
  if (diff.kind === "loading") return <p class="fine">Reads the diff …</p>;
  return diff.kind === "there" ? <Diff diff={diff.value} /> : <NotMeasured because={diff.because} />;
}

function StepTranscript({ session, step, kept }: { session: string; step: number; kept: boolean }) {
  const transcript = useLoaded<TextView>(kept ? apiPath("session", session, "transcript", step) : null);
  if (!kept)
    return <NotMeasured because="no transcript was kept of this step, as of code that was recorded without one" />;
  if (transcript.kind === "loading") return <p class="fine">Reads the transcript …</p>;
  return transcript.kind === "there" ? (
    <Transcript transcript={transcript.value} />
  ) : (
    <NotMeasured because={transcript.because} />
  );
}
