import { HttpError } from "./http";

const WINDOW_MS = 60_000;
const MAX_KEYS = 100_000;

/** Counts per key in fixed one-minute windows, in memory: right for the single process that SQLite implies. */
export class Throttle {
  private readonly windows = new Map<string, { count: number; endsAt: number }>();

  /** Counts one attempt; throws 429 when the key has used up its window. */
  hit(key: string, limit: number): void {
    const now = Date.now();
    if (this.windows.size >= MAX_KEYS) this.dropEnded(now);
    let window = this.windows.get(key);
    if (!window || window.endsAt <= now) this.windows.set(key, (window = { count: 0, endsAt: now + WINDOW_MS }));
    if (window.count >= limit) {
      const seconds = Math.ceil((window.endsAt - now) / 1000);
      throw new HttpError(429, "Too many attempts, try again later", { "Retry-After": String(seconds) });
    }
    window.count += 1;
  }

  /** Takes an attempt back that turned out to be legitimate. */
  forgive(key: string): void {
    const window = this.windows.get(key);
    if (window && window.count > 0) window.count -= 1;
  }

  private dropEnded(now: number): void {
    for (const [key, window] of this.windows) if (window.endsAt <= now) this.windows.delete(key);
  }
}
