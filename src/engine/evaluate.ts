import { availableParallelism } from "node:os";
import { lackingSettings, type PreparedApp, setUpCommand } from "../app/index.ts";
import { hintsFromOpenApi, hintsFromSource, Prober } from "../contract/index.ts";
import type { Exploit, Scenario } from "../exploits/index.ts";
import { Addresses, AppGone, Conversation, parseJson, type Request } from "../http/index.ts";
import type { AppReport } from "../model/app.ts";
import { Contract } from "../model/contract.ts";
import type { Decision } from "../model/decision.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Evaluation, FunctionalResult } from "../model/session.ts";
import { scoreOf, type Verdict } from "../model/verdict.ts";
import { reasonOf } from "../util/errors.ts";
import { type Nonces, randomNonces } from "../util/random.ts";
import { Bench, type Ran, type Target } from "./bench.ts";
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

/** Side by side instances when nothing else is said: the cores, two at least, since apps wait as well as compute. */
export const defaultJobs = (): number => Math.max(2, Math.min(8, availableParallelism()));

/**
 * Finds out the contract, checks the features, runs the exploits over several instances side by side, and returns all
 * of it. An app that ends by itself without a cause that repeats is unstable: nothing of it is judged.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { scenario, exploits, signal } = options;
  const nonces = randomNonces();
  const started = performance.now();
  options.onStage?.("contract");
  const found = options.contract ? undefined : await findContract(options.target, scenario, nonces, signal);
  let unstable = found?.unstable;
  const contract = options.contract ?? found?.contract ?? noContract(scenario, "not looked for");
  const target: Target = {
    ...options.target,
    ...(!options.target.app && found?.firstUser ? { firstUser: found.firstUser } : {}),
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
  await inParallel(lanes.map((lane) => () => runLane(lane)));
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
          keep(
            again.silent === ran.silent || again.silent === undefined
              ? again
              : { ...again, verdict: { ...again.verdict, verdict: "broken" } },
          );
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

  for (const verdict of verdicts) {
    if (!oddDeaths.includes(verdict.id)) continue;
    verdict.verdict = "inconclusive";
    verdict.summary = "The app ended by itself, and did not when the attack was repeated.";
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

/** Waits for all, also when one fails, so that nothing is left running; then throws the first failure. */
async function inParallel(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const settled = await Promise.allSettled(tasks.map((task) => task()));
  const failed = settled.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
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

interface FoundContract {
  contract: Contract;
  firstUser?: { email: string; password: string };
  /** Why nothing of this app can be judged. */
  unstable?: string;
}

/** What is missing may have to be found out bit by bit; each round resolves the contract once more. */
const MAX_ROUNDS = 5;

/**
 * Finds out how the app spells its operations, before the tests. Where some are not found, or the app seems to lack
 * something, it is given what it says is missing, or else credentials that its files name, or it is set up by the script
 * that its README names, and is asked again; what did not help is taken back.
 */
export async function findContract(
  target: Target,
  scenario: Scenario,
  nonces: Nonces,
  signal: AbortSignal | undefined,
): Promise<FoundContract> {
  const { app } = target;
  let best = await resolveOnce(target, scenario, nonces, signal);
  if (!app) return best;
  let kept = { settings: app.settings, start: app.start };
  for (let round = 1, last = best; round < MAX_ROUNDS && openEnds(last) > 0 && last.up; round++) {
    if (last.unstable !== undefined || !helped(app, last.log)) break;
    last = await resolveOnce(target, scenario, nonces, signal);
    if (last.up && openEnds(last) < openEnds(best)) [best, kept] = [last, { settings: app.settings, start: app.start }];
  }
  app.give(kept.settings);
  app.startWith(kept.start);
  return best;
}

/** Gives an app the next thing that it may lack. False when nothing is left to try. */
function helped(app: PreparedApp, log: string): boolean {
  const lacking = lackingSettings(app, log);
  if (lacking.length > 0) {
    app.give([...app.settings, ...lacking]);
    return true;
  }
  const setUp = setUpCommand(app);
  if (setUp === undefined || app.start.startsWith(setUp)) return false;
  app.startWith(`${setUp} && ${app.start}`);
  return true;
}

const openEnds = ({ contract, lacks }: Resolved): number =>
  Object.keys(contract.missing).length + (lacks === undefined ? 0 : 1);

interface Resolved extends FoundContract {
  /** Whether a copy came up at all. */
  up: boolean;
  /** What the copy that was asked wrote. */
  log: string;
  lacks?: string | undefined;
}

/**
 * Resolves the contract on an instance of its own. An app that ends by itself meanwhile has not
 * lost a feature: what was not found then says so, and an app that ends after so many requests of any kind is unstable.
 */
async function resolveOnce(
  target: Target,
  scenario: Scenario,
  nonces: Nonces,
  signal: AbortSignal | undefined,
): Promise<Resolved> {
  const instance = target.app?.newInstance();
  try {
    const started = await instance?.start();
    if (started && started.kind !== "serving")
      return {
        contract: noContract(scenario, `a fresh copy of the app did not come up (${started.kind})`),
        log: started.output,
        up: false,
      };
    const connect = instance ? (from: string) => instance.connect(from) : target.connect;
    if (!connect) return { contract: noContract(scenario, "there is no app to ask"), log: "", up: false };
    const conversation = new Conversation(connect, new Addresses(), signal);
    const hints = hintsFromSource(target.app?.sources ?? new Map());
    const prober = new Prober(scenario.id, conversation, hints, nonces);
    prober.fresh = target.app !== null;
    if (instance)
      prober.place = {
        databases: () => instance.databases(),
        fileList: () => instance.fileList(),
        log: () => instance.log().text,
        settings: instance.settings,
      };
    try {
      prober.useHints(hintsFromOpenApi(await openApiDocument(conversation), hints));
      await scenario.resolveContract(prober, instance?.settings ?? {});
    } catch (error) {
      if (!(error instanceof AppGone)) throw error;
      prober.contract.how.push(error.message);
      if (Object.keys(prober.contract.operations).length === 0) prober.contract.missing["register"] ??= error.message;
    }
    const { firstUser } = prober;
    const out: Resolved = {
      contract: Contract.parse(prober.contract),
      ...(firstUser ? { firstUser } : {}),
      up: true,
      log: instance?.log().text ?? "",
      lacks: prober.lacks,
    };
    const asked = conversation.exchanges.findIndex(({ noAnswer }) => noAnswer !== undefined);
    if (!target.app || !instance || asked < 0 || (await instance.serves())) return out;
    const last = conversation.exchanges[asked]?.label ?? "";
    for (const name of Object.keys(out.contract.missing))
      out.contract.missing[name] = `the app ended by itself while its operations were looked for, at "${last}"`;
    if (await endsByAge(target.app, asked + 1, signal))
      out.unstable = `the app ends by itself after ${asked + 1} requests, whatever they are`;
    return out;
  } finally {
    await instance?.dispose();
  }
}

/** Whether a fresh copy does not outlive so many requests that ask for nothing. */
async function endsByAge(app: PreparedApp, requests: number, signal: AbortSignal | undefined): Promise<boolean> {
  const instance = app.newInstance();
  try {
    if ((await instance.start()).kind !== "serving") return true;
    const conversation = new Conversation((from) => instance.connect(from), new Addresses(), signal);
    for (let i = 0; i < requests; i++) {
      const { answer } = await conversation.ask({ method: "GET", path: "/", label: "nothing", throttleIsAnswer: true });
      if (!answer) return !(await instance.serves());
    }
    return false;
  } finally {
    await instance.dispose();
  }
}

const noContract = (scenario: Scenario, why: string): Contract =>
  Contract.parse({
    formatVersion: 1,
    scenario: scenario.id,
    auth: { scheme: "Bearer" },
    operations: {},
    missing: { register: why },
  });

async function openApiDocument(conversation: Conversation): Promise<unknown> {
  for (const path of ["/openapi.json", "/api/openapi.json", "/api-docs.json", "/v3/api-docs", "/swagger.json"]) {
    const { answer } = await conversation.ask({ method: "GET", path, label: "an OpenAPI document?" });
    const json = answer?.status === 200 ? parseJson(answer.bytes.toString("utf8")) : undefined;
    if (json !== null && typeof json === "object" && "paths" in json) return json;
  }
  return undefined;
}
