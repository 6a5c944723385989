import type { Exchange, HeaderList, NamedValue } from "../model/evidence.ts";
import { type Answer, type Connect, type Outcome, type Request, send } from "./client.ts";
import { headerValues } from "./condition.ts";

export type Ask = Omit<Request, "from" | "headers" | "label"> & {
  label?: string;
  headers?: HeaderList;
  from?: string;
  /** Take a 429 as the answer. Otherwise a throttle is avoided (another source address), then waited out. */
  throttleIsAnswer?: boolean;
};

/** Loopback source addresses, each handed out once per instance: throttles count per address. */
export class Addresses {
  #next = 0;
  next(): string {
    // 127.1.0.1 ... 127.250.255.254; 127.0.0.1 is left to proxies.
    const n = this.#next++;
    return `127.${1 + (Math.floor(n / 64_000) % 250)}.${Math.floor(n / 250) % 256}.${1 + (n % 250)}`;
  }
}

/** Consecutive requests without any answer, after which the app is taken to be gone. */
const GIVE_UP_AFTER = 4;
const LONGEST_THROTTLE_MS = 65_000;

/** The app gave no whole answer several times running; nothing more can be learnt from it. */
export class AppGone extends Error {
  constructor(what: string) {
    super(`the app stopped answering (${what})`);
    this.name = "AppGone";
  }
}

/** Sends requests one at a time over one app and keeps every exchange, for one piece of evidence. */
export class Conversation {
  readonly exchanges: Exchange[] = [];
  readonly values: NamedValue[] = [];
  readonly #connect: Connect;
  readonly #addresses: Addresses;
  readonly #signal: AbortSignal | undefined;
  readonly #onSend: ((request: Request) => void) | undefined;
  readonly #answers = new Map<number, Answer>();
  #from: string;
  #silent = 0;

  constructor(connect: Connect, addresses: Addresses, signal?: AbortSignal, onSend?: (request: Request) => void) {
    this.#connect = connect;
    this.#addresses = addresses;
    this.#signal = signal;
    this.#onSend = onSend;
    this.#from = addresses.next();
  }

  get from(): string {
    return this.#from;
  }

  /** Takes a fresh source address for all that follows. */
  moveOn(): string {
    this.#from = this.#addresses.next();
    return this.#from;
  }

  /** Sends one request and records it. Throws AppGone after several silences in a row, and when aborted. */
  async ask(ask: Ask): Promise<Outcome> {
    let waited = 0;
    for (let tries = 0; ; tries++) {
      this.#signal?.throwIfAborted();
      const n = this.exchanges.length + 1;
      const request: Request = {
        label: `${ask.method} ${ask.path}`.slice(0, 120),
        ...ask,
        from: ask.from ?? this.#from,
      };
      this.#onSend?.(request);
      const outcome = await send(this.#connect, request, n);
      if (outcome.answer?.status === 429 && !ask.throttleIsAnswer && (waited < LONGEST_THROTTLE_MS || tries < 2)) {
        if (tries < 2 && ask.from === undefined) this.moveOn();
        else {
          const pause = Math.min(LONGEST_THROTTLE_MS - waited, retryAfterMs(outcome.answer) ?? 61_000);
          if (pause <= 0) return this.#keep(outcome);
          waited += pause;
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
        continue;
      }
      return this.#keep(outcome);
    }
  }

  #keep(outcome: Outcome): Outcome {
    this.exchanges.push(outcome.exchange);
    if (outcome.answer) this.#answers.set(outcome.exchange.n, outcome.answer);
    this.#silent = outcome.answer ? 0 : this.#silent + 1;
    if (this.#silent >= GIVE_UP_AFTER) throw new AppGone(`${outcome.noAnswer} ${GIVE_UP_AFTER} times in a row`);
    return outcome;
  }

  /** Names a value that differs from run to run, so that a script can find it again. */
  name(value: NamedValue): void {
    if (!this.values.some((known) => known.literal === value.literal)) this.values.push(value);
  }
}

/** RFC 9110 Retry-After or the draft RateLimit-Reset, in milliseconds; undefined when the answer names neither. */
export function retryAfterMs(answer: Answer): number | undefined {
  for (const name of ["retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-retry-after"]) {
    const value = headerValues(answer, name)[0];
    if (value === undefined) continue;
    const seconds = Number(value);
    if (Number.isFinite(seconds)) {
      const wait = seconds > 1_000_000_000 ? seconds * 1000 - Date.now() : seconds * 1000;
      return Math.max(0, wait) + 250;
    }
    const date = Date.parse(value);
    if (Number.isFinite(date)) return Math.max(0, date - Date.now()) + 1_000;
  }
  return undefined;
}
