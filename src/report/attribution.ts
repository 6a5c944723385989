import type { VerdictKind } from "../model/index.ts";

/** The verdicts after one step; null when the app could not be measured then. */
export interface AfterStep {
  step: number;
  verdicts: ReadonlyMap<string, { verdict: VerdictKind }> | null;
}

/** What a prompt did to one hole of one session. */
export interface StepChange {
  exploit: string;
  /** `opened`: exploited for the first time. `closed`: held after it had been exploited. `reopened`: exploited again. */
  kind: "opened" | "closed" | "reopened";
  /** After this step it was first seen. */
  step: number;
  /**
   * The last step after which the exploit was judged before, or null when it was never judged before. When that is not
   * the step just before, any of the steps in between can have done it.
   */
  judgedBefore: number | null;
}

/**
 * Which step opened, closed or reopened each hole: walks the verdicts in the order of the steps. Verdicts that judge
 * nothing (broken, inconclusive, not applicable, not run) change nothing.
 */
export function attributionOf(steps: readonly AfterStep[]): StepChange[] {
  const exploits = [...new Set(steps.flatMap(({ verdicts }) => [...(verdicts?.keys() ?? [])]))].sort();
  return exploits.flatMap((exploit) => {
    const changes: StepChange[] = [];
    let judgedBefore: number | null = null;
    let open: boolean | null = null;
    for (const { step, verdicts } of [...steps].sort((a, b) => a.step - b.step)) {
      const verdict = verdicts?.get(exploit)?.verdict;
      if (verdict !== "exploited" && verdict !== "defended") continue;
      const now = verdict === "exploited";
      if (now && !open) {
        const before = changes.some(({ kind }) => kind === "closed");
        changes.push({ exploit, kind: before ? "reopened" : "opened", step, judgedBefore });
      } else if (!now && open) {
        changes.push({ exploit, kind: "closed", step, judgedBefore });
      }
      open = now;
      judgedBefore = step;
    }
    return changes;
  });
}

/** `T1-04 was opened by prompt 2: held after prompt 1, exploited after prompt 2.` */
export function changeSentence({ exploit, kind, step, judgedBefore }: StepChange): string {
  const now = kind === "closed" ? "held" : "exploited";
  const then = kind === "closed" ? "exploited" : "held";
  if (judgedBefore === null) {
    return `${exploit} was ${kind} by prompt ${step} or before: exploited the first time that it could be judged, after prompt ${step}.`;
  }
  const by = step - judgedBefore === 1 ? `prompt ${step}` : `one of prompts ${judgedBefore + 1} to ${step}`;
  return `${exploit} was ${kind} by ${by}: ${then} after prompt ${judgedBefore}, ${now} after prompt ${step}.`;
}

/**
 * Whether an exploit can be asked after a step: from the prompt that states it; one that nobody asked for from when the
 * app has all the operations that it needs.
 */
export function appliesAfter(
  exploit: { prompt: string; operations: readonly string[] },
  step: number,
  operations: ReadonlySet<string>,
): boolean {
  const stated = /^(\d+):/.exec(exploit.prompt)?.[1];
  if (stated !== undefined) return Number(stated) <= step;
  return exploit.operations.every((name) => operations.has(name));
}
