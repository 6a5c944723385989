import type { Emit } from "../model/events.ts";
import { plainText } from "../report/index.ts";

const clock = (seconds: number) =>
  seconds < 60
    ? `${Math.round(seconds)} s`
    : `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, "0")} s`;

const sessions = (count: number) => `${count} session${count === 1 ? "" : "s"}`;

/** Progress of a run on stderr: what runs, how many are left, how long it took and may still take. One line a change. */
export function progress(stream: NodeJS.WriteStream): Emit {
  let study = "";
  let total = 0;
  let done = 0;
  let finishedHere = 0;
  const started = performance.now();
  const say = (text: string) => stream.write(`${plainText(text)}\n`);
  const left = () => {
    const elapsed = (performance.now() - started) / 1000;
    const remaining = total - done;
    return remaining === 0 || finishedHere === 0 ? "" : `, about ${clock((elapsed / finishedHere) * remaining)} left`;
  };
  return (event) => {
    switch (event.type) {
      case "RunStarted":
        study = event.study;
        total = event.sessions;
        done = event.done;
        say(`${study}: ${sessions(event.sessions)}${event.done ? `, ${event.done} of them done before` : ""}`);
        break;
      case "SessionStarted":
        say(`      ${event.session.id}: begins`);
        break;
      case "StageStarted":
        say(
          `      ${event.session}: ${event.stage === "install" ? "installs, builds and starts" : event.stage === "contract" ? "finds out the contract" : event.stage === "exploits" ? "checks features and attacks" : event.stage === "scanners" ? "runs scanners" : event.stage === "delivery" ? "runs its tests, with holes and without" : event.stage}`,
        );
        break;
      case "VerdictReached":
        if (event.verdict.verdict !== "defended")
          say(
            `      ${event.session}: ${event.done}/${event.of} ${event.verdict.id} ${event.verdict.slug} ${event.verdict.verdict}`,
          );
        break;
      case "SessionFinished":
        done++;
        finishedHere++;
        say(
          `${String(done).padStart(2)}/${total} ${event.session.id}: ${event.state} in ${clock(event.seconds)}${event.problem ? ` (${event.problem})` : ""}${left()}`,
        );
        break;
      case "RunFinished":
        say(`${study}: ${sessions(event.sessions)} in ${clock(event.seconds)}`);
        break;
      case "AgentWaits":
        say(`      ${event.session}: step ${event.step} waits ${clock(event.seconds)}: ${event.reason}`);
        break;
      case "StepStarted":
      case "AgentActed":
        break;
    }
  };
}
