import type { LiveView, LoggedEvent } from "../model/index.ts";

const SHOWN_FAILURES = 12;
const SHOWN_CHARACTERS = 120;

type Working = LiveView["working"][number];

/** Folds a run's events into what is going on now. */
export class LiveState {
  #working = new Map<string, Working>();
  #view: Omit<LiveView, "working"> | null = null;

  take({ at, event }: LoggedEvent): void {
    switch (event.type) {
      case "RunStarted":
        this.#working.clear();
        this.#view = {
          startedAt: at,
          sessions: event.sessions,
          done: event.done,
          finishedHere: 0,
          failures: [],
          holes: 0,
        };
        return;
      case "SessionStarted":
        this.#set(event.session.id, "begins", 0, 0);
        return;
      case "StepStarted":
        this.#set(event.session, `step ${event.step} of ${event.of}`, event.step - 1, event.of);
        return;
      case "AgentActed":
        if (event.event.type === "tool-call") {
          const { kind, subject, tool } = event.event;
          this.#say(event.session, `step ${event.step}: ${kind} ${subject ?? tool}`.slice(0, SHOWN_CHARACTERS));
        }
        return;
      case "AgentWaits":
        this.#say(event.session, `step ${event.step}: waits ${Math.round(event.seconds)} s, ${event.reason}`);
        return;
      case "StageStarted":
        this.#set(event.session, STAGE_WORDS[event.stage], 0, 0);
        return;
      case "VerdictReached": {
        this.#set(event.session, `attack ${event.done} of ${event.of}`, event.done, event.of);
        const { verdict } = event;
        if (!this.#view || verdict.verdict !== "exploited") return;
        this.#view.holes++;
        if (this.#view.failures.length < SHOWN_FAILURES) {
          const { id, slug, tier, summary } = verdict;
          this.#view.failures.push({ session: event.session, id, slug, tier, summary: summary.slice(0, 400) });
        }
        return;
      }
      case "SessionFinished":
        this.#working.delete(event.session.id);
        if (this.#view) {
          this.#view.done++;
          this.#view.finishedHere++;
        }
        return;
      case "RunFinished":
        this.#working.clear();
        return;
    }
  }

  clear(): void {
    this.#working.clear();
    this.#view = null;
  }

  view(): LiveView | null {
    return this.#view && { ...this.#view, working: [...this.#working.values()] };
  }

  /** Other words for what goes on, as far along as before. */
  #say(session: string, doing: string): void {
    const { done = 0, of = 0 } = this.#working.get(session) ?? {};
    this.#set(session, doing, done, of);
  }

  #set(session: string, doing: string, done: number, of: number): void {
    this.#working.set(session, { session, doing, done, of });
  }
}

const STAGE_WORDS = {
  install: "installs, builds and starts",
  build: "builds",
  start: "starts",
  contract: "finds out the contract",
  functional: "checks features",
  exploits: "checks features and attacks",
  scanners: "asks scanners",
  delivery: "runs its tests",
} as const;
