import { availableParallelism } from "node:os";
import type { LimitFunction } from "p-limit";
import { defaultJobs } from "../engine/index.ts";

/**
 * Copies of one app side by side: two for each core in all, for the sessions that are at work together. Each copy costs a
 * start and a world of its own, so that many sessions are done sooner with one copy each.
 */
export function copiesBeside({ activeCount, pendingCount, concurrency }: LimitFunction): number {
  const sessions = Math.max(1, Math.min(concurrency, activeCount + pendingCount));
  return Math.max(1, Math.min(defaultJobs(), Math.floor((2 * availableParallelism()) / sessions)));
}
