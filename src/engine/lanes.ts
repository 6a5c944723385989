import type { Exploit } from "../exploits/index.ts";

export type Task = { kind: "exploit"; exploit: Exploit } | { kind: "functional" };

const FUNCTIONAL_WEIGHT = 4;
const weightOf = (task: Task) =>
  task.kind === "functional"
    ? FUNCTIONAL_WEIGHT
    : (task.exploit.weight ?? 1) + (task.exploit.instance === "own" ? 1 : 0);

/** Spreads exploits over lanes by weight, heaviest first; within a lane those that may disturb others come last. */
export function lanesOf(exploits: readonly Exploit[], count: number, functional: boolean): Task[][] {
  const tasks: Task[] = exploits.map((exploit) => ({ kind: "exploit", exploit }));
  if (functional) tasks.push({ kind: "functional" });
  const lanes = Array.from({ length: Math.max(1, count) }, (): { load: number; tasks: Task[] } => ({
    load: 0,
    tasks: [],
  }));
  const order = tasks.map((task, i) => ({ task, i })).sort((a, b) => weightOf(b.task) - weightOf(a.task) || a.i - b.i);
  for (const { task } of order) {
    const least = lanes.reduce((best, lane) => (lane.load < best.load ? lane : best));
    least.load += weightOf(task);
    least.tasks.push(task);
  }
  const rank = (task: Task) => (task.kind === "functional" ? 1 : { shared: 0, last: 2, own: 3 }[task.exploit.instance]);
  return lanes.map(({ tasks: own }) => own.sort((a, b) => rank(a) - rank(b))).filter((lane) => lane.length > 0);
}
