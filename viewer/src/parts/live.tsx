import { useEffect, useState } from "preact/hooks";
import { whole } from "../../../src/stats/words.ts";
import { href } from "../route.ts";
import type { RunState } from "../state.ts";
import { Text } from "../text.tsx";
import { count, duration } from "../words.ts";

/** Seconds until the rest is done at the pace of this run so far; null before the first session is done. */
export function etaSeconds(live: NonNullable<RunState["live"]>, nowMs: number): number | null {
  const left = live.sessions - live.done;
  if (live.finishedHere === 0 || left <= 0) return null;
  return ((nowMs - Date.parse(live.startedAt)) / 1000 / live.finishedHere) * left;
}

/** A line below the page's head while something goes on: reading, a run, or a lost connection. */
export function LiveBar({ state: { live, reading, connection, liveAt } }: { state: RunState }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!live) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [live, liveAt]);
  if (connection === "lost")
    return (
      <p class="live lost" role="status">
        The viewer's server does not answer: what you see may be old. It is asked again every few seconds.
      </p>
    );
  if (live) {
    const eta = etaSeconds(live, now);
    return (
      <section class="live" aria-label="The run goes on">
        <div class="live-line">
          <b>
            {whole(live.done)} of {count(live.sessions, "session")} done
          </b>
          <progress aria-label="sessions done" max={live.sessions} value={live.done} />
          <span class="eta">{eta === null ? "not yet known how long" : `about ${duration(eta)} left`}</span>
          <span>{live.holes === 0 ? "no hole so far" : `${count(live.holes, "hole")} so far`}</span>
        </div>
        {live.working.length > 0 && (
          <ul class="working">
            {live.working.slice(0, 8).map(({ session, doing, done, of }) => (
              <li key={session}>
                <a href={href(["session", session])}>
                  <Text>{session}</Text>
                </a>{" "}
                <span class="fine">{doing}</span>
                {of > 0 && <progress aria-label={`${doing} in ${session}`} max={of} value={done} />}
              </li>
            ))}
            {live.working.length > 8 && <li class="fine">and {live.working.length - 8} more</li>}
          </ul>
        )}
      </section>
    );
  }
  if (reading)
    return (
      <p class="live" role="status">
        Reads the run for the first time: {whole(reading.done)} of {whole(reading.of)} sessions{" "}
        <progress aria-label="sessions read" max={reading.of} value={reading.done} />
      </p>
    );
  return null;
}
