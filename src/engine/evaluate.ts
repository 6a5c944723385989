import { availableParallelism } from "node:os";
import type { Exploit, Scenario } from "../exploits/index.ts";
import { AppGone, type Request } from "../http/index.ts";
import type { AppReport } from "../model/app.ts";
import type { Contract } from "../model/contract.ts";
import type { Decision } from "../model/decision.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Evaluation, FunctionalResult } from "../model/session.ts";
import { scoreOf, type Verdict, type VerdictKind } from "../model/verdict.ts";
import { reasonOf } from "../util/errors.ts";
import { randomNonces } from "../util/random.ts";
import { together } from "../util/together.ts";
import { Bench, type Ran, type Target } from "./bench.ts";
import { type FoundContract, findContract } from "./contract.ts";
import { lanesOf, type Task } from "./lanes.ts";
import { observe } from "./observe.ts";

export interface EvaluateOptions {
  target: Target;
  report: AppReport;
  scenario: Scenario;
  exploits: readonly Exploit[];
  /** A contract that was reviewed by hand wins over finding out. */
  contract?: Contract;
  jobs?: number;
  functional?: boolean;
  signal?: AbortSignal;
  /** Reads the ledger; it is given the evidence of all verdicts, and of a look at the running app. */
  decisions?: (evidence: readonly Evidence[]) => Promise<Decision[]>;
  onStage?: (stage: "contract" | "functional" | "exploits") => void;
  onVerdict?: (verdict: Verdict, done: number, of: number) => void;
  onEvidence?: (evidence: Evidence) => void;
  /** Told of every request, with the number of the copy that it goes to. */
  onSend?: (copy: number, request: Request) => void;
}

/** Side by side instances when nothing else is said: one more than cores, since apps wait as well as compute. */
export const defaultJobs = (): number => Math.max(2, Math.min(8, availableParallelism() + 1));

/**
 * Finds out the contract, checks the features, runs the exploits over several instances side by side, and returns all
 * of it. An app that ends by itself without a cause that repeats is unstable: nothing of it is judged.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { scenario, exploits, signal } = options;
  const nonces = randomNonces();
  const started = performance.now();
  options.onStage?.("contract");
  const found: FoundContract = options.contract
    ? { contract: options.contract }
    : await findContract(options.target, scenario, nonces, signal);
  const { contract } = found;
  let { unstable } = found;
  const target: Target = {
    ...options.target,
    ...(!options.target.app && found.firstUser ? { firstUser: found.firstUser } : {}),
  };
  const contractMs = performance.now() - started;
  const functional: FunctionalResult[] = [];
  const verdicts: Verdict[] = [];
  const evidence = new Map<string, Evidence>();
  let functionalMs = 0;
  const wanted = exploits.filter((exploit) => {
    const lacks = target.app ? undefined : exploit.needs.find((need) => need !== "admin");
    if (lacks) verdicts.push(notHere(exploit, lacks));
    return !lacks;
  });
  options.onStage?.("exploits");
  const exploitsStarted = performance.now();
  const keep = (ran: Ran) => {
    verdicts.push(ran.verdict);
    evidence.set(ran.verdict.id, ran.evidence);
    options.onVerdict?.(ran.verdict, verdicts.length, exploits.length);
  };
  let copies = 0;
  const newBench = () => {
    const copy = ++copies;
    const { onSend } = options;
    return new Bench(target, scenario, contract, nonces, signal, onSend && ((request) => onSend(copy, request)));
  };
  const jobs = target.app ? (options.jobs ?? defaultJobs()) : 1;
  const lanes = lanesOf(wanted, jobs, options.functional !== false);
  const oddDeaths: string[] = [];
  await together(lanes.map(runLane));
  // Once may have causes outside the app, and says nothing about other attacks.
  if (oddDeaths.length > 1)
    unstable ??= `the app ended by itself during ${oddDeaths.join(", ")}, and did not when they were repeated`;

  async function runLane(tasks: readonly Task[]): Promise<void> {
    let bench = newBench();
    try {
      for (const task of tasks) {
        signal?.throwIfAborted();
        if (task.kind === "functional") {
          const at = performance.now();
          functional.push(...(await runFunctional(bench)));
          functionalMs = performance.now() - at;
          if (!bench.alive) bench = await renewed(bench);
          continue;
        }
        if (task.exploit.instance === "own" && target.app) bench = await renewed(bench);
        const ran = await runOne(bench, task.exploit);
        if (ran.died || ran.silent !== undefined) {
          bench = await renewed(bench);
          const again = await runOne(bench, task.exploit);
          if (ran.died && !again.died) oddDeaths.push(task.exploit.id);
          keep(secondSight(ran, again));
          bench = await renewed(bench);
        } else {
          keep(ran);
          if (task.exploit.instance === "own" && target.app) bench = await renewed(bench);
        }
      }
    } finally {
      await bench.close();
    }
  }

  async function renewed(bench: Bench): Promise<Bench> {
    await bench.close();
    return target.app ? newBench() : bench;
  }

  async function runFunctional(bench: Bench): Promise<FunctionalResult[]> {
    const out: FunctionalResult[] = [];
    for (const check of scenario.functionalChecks) {
      const { id, step, says } = check;
      try {
        await bench.open();
        await bench.world();
        const trial = bench.trial();
        await check.run(trial);
        out.push({ id, step, says, ok: true, detail: trial.notes.join("; ") });
      } catch (error) {
        if (signal?.aborted) throw error;
        out.push({ id, step, says, ok: false, detail: reasonOf(error) });
        if (error instanceof AppGone) bench = await renewed(bench);
      }
    }
    return out;
  }

  async function readLedger(read: NonNullable<EvaluateOptions["decisions"]>): Promise<Decision[]> {
    const seen = await observe(target, contract, nonces, signal);
    options.onEvidence?.(seen);
    return await read(unstable === undefined ? [...evidence.values(), seen] : [seen]);
  }

  if (unstable !== undefined) {
    for (const verdict of verdicts) {
      if (verdict.verdict === "not-applicable") continue;
      verdict.verdict = "broken";
      verdict.summary = `Not judged: ${unstable}.`;
    }
  }
  const order = (id: string) => exploits.findIndex((exploit) => exploit.id === id);
  verdicts.sort((a, b) => order(a.id) - order(b.id));
  for (const verdict of verdicts) {
    const one = evidence.get(verdict.id);
    if (one) options.onEvidence?.({ ...one, verdict: verdict.verdict, summary: verdict.summary });
  }
  const decisions = options.decisions ? await readLedger(options.decisions) : [];
  const now = performance.now();
  return {
    formatVersion: 1,
    scenario: scenario.id,
    app: options.report,
    contract,
    functional,
    verdicts,
    decisions,
    score: scoreOf(verdicts),
    durationsMs: {
      contract: contractMs,
      functional: functionalMs,
      exploits: now - exploitsStarted,
      total: now - started,
    },
  };
}

async function runOne(bench: Bench, exploit: Exploit): Promise<Ran> {
  try {
    await bench.open();
  } catch (error) {
    const verdict: Verdict = {
      id: exploit.id,
      slug: exploit.slug,
      tier: exploit.tier,
      verdict: "broken",
      summary: reasonOf(error),
      evidence: [],
      durationMs: 0,
    };
    return {
      verdict,
      evidence: {
        formatVersion: 1,
        id: exploit.id,
        slug: exploit.slug,
        verdict: "broken",
        summary: verdict.summary,
        exchanges: [],
        checks: [],
        values: [],
        outside: [],
      },
      died: false,
    };
  }
  return await bench.run(exploit);
}

/** What counts of an attack that was repeated on a fresh copy, since it ended the app or got no answer. */
function secondSight(ran: Ran, again: Ran): Ran {
  const instead = (verdict: VerdictKind, summary = again.verdict.summary): Ran => ({
    ...again,
    verdict: { ...again.verdict, verdict, summary },
  });
  if (again.silent !== undefined && again.silent !== ran.silent) return instead("broken");
  if (ran.died && !again.died && again.verdict.verdict === "defended")
    return instead("inconclusive", "The app ended by itself, and did not when the attack was repeated.");
  if (ran.silent !== undefined && again.verdict.verdict === "defended")
    return instead("defended", `${again.verdict.summary}. A first attempt got no answer to: ${ran.silent}`);
  return again;
}

const WHY_NOT: Record<string, string> = {
  folder: "the app's folder",
  database: "the app's database file",
  start: "to start the app anew",
  settings: "the settings that the app was started with",
};

function notHere(exploit: Exploit, need: string): Verdict {
  const summary = `Needs ${WHY_NOT[need] ?? need}, which an address alone does not give.`;
  return {
    id: exploit.id,
    slug: exploit.slug,
    tier: exploit.tier,
    verdict: "not-applicable",
    summary,
    evidence: [],
    durationMs: 0,
  };
}
