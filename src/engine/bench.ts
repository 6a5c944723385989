import { type Door, doorTo, type Instance, type PreparedApp, type StartResult } from "../app/index.ts";
import { Ends, type Exploit, type Ground, NoAnswerToAttack, type Scenario, Trial } from "../exploits/index.ts";
import { Addresses, AppGone, type Connect, type Request } from "../http/index.ts";
import type { Contract } from "../model/contract.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Verdict, VerdictKind } from "../model/verdict.ts";
import { reasonOf } from "../util/errors.ts";
import type { Nonces } from "../util/random.ts";
import { evidenceOf } from "./evidence.ts";

/** Longest that one exploit may take on one instance. */
const EXPLOIT_LIMIT_MS = 6 * 60_000;

/** How long a second copy may take to start, at least; and how many times longer than the first start of all. */
const SLOW_START_MS = 120_000;
const SLOWER = 20;

export interface Target {
  /** Null for an app that is only known by its address. */
  app: PreparedApp | null;
  /** How to reach an app that is already running. */
  connect?: Connect;
  /** The first user that resolving the contract registered there. */
  firstUser?: { email: string; password: string };
}

export interface Ran {
  verdict: Verdict;
  evidence: Evidence;
  /** The app's process ended by itself while this ran. */
  died: boolean;
  /** Nothing can be judged from this run: an attack, or the app, gave no answer. */
  silent?: string;
}

/** One running copy of the app with its seeded world, on which exploits run one after another. */
export class Bench {
  readonly #target: Target;
  readonly #scenario: Scenario;
  readonly #contract: Contract;
  readonly #nonces: Nonces;
  readonly #signal: AbortSignal | undefined;
  readonly #onSend: ((request: Request) => void) | undefined;
  readonly #addresses = new Addresses();
  #instance: Instance | undefined;
  #seed: { trial: Trial; world: Promise<unknown> } | undefined;

  constructor(
    target: Target,
    scenario: Scenario,
    contract: Contract,
    nonces: Nonces,
    signal: AbortSignal | undefined,
    onSend?: (request: Request) => void,
  ) {
    this.#target = target;
    this.#scenario = scenario;
    this.#contract = contract;
    this.#nonces = nonces;
    this.#signal = signal;
    this.#onSend = onSend;
  }

  /** Starts a fresh copy. Throws Ends("broken") when this copy does not come up although others did. */
  async open(): Promise<void> {
    const { app } = this.#target;
    if (!app || this.#instance) return;
    let started = await this.#startCopy(app);
    // The app came up before: one that is slow now shares its machine with others, and gets more time in a second copy.
    if (started.kind === "silent") {
      await this.close();
      started = await this.#startCopy(app, Math.max(SLOW_START_MS, SLOWER * app.report.durationsMs.start));
    }
    if (started.kind === "serving") return;
    const said = started.output.trim().slice(-300);
    throw new Ends(
      "broken",
      `a fresh copy of the app did not come up (${started.kind})${said ? `; its last words: ${said}` : ""}`,
    );
  }

  async #startCopy(app: PreparedApp, limitMs?: number): Promise<StartResult> {
    this.#signal?.throwIfAborted();
    this.#instance = app.newInstance();
    return await this.#instance.start(limitMs);
  }

  /** A loopback port of this machine behind which this copy answers, for a browser. */
  async door(): Promise<Door> {
    await this.open();
    if (!this.#instance) throw new Ends("not-applicable", "an app at an address has a door of its own");
    return await doorTo(this.#instance);
  }

  async close(): Promise<void> {
    await this.#instance?.dispose();
    this.#instance = undefined;
  }

  get alive(): boolean {
    return this.#instance?.alive ?? this.#target.app === null;
  }

  /** Whether this copy still serves; an app at an address is taken to. */
  #serves(): Promise<boolean> {
    return this.#instance?.serves() ?? Promise.resolve(this.#target.app === null);
  }

  log(): string {
    return this.#instance?.log().text ?? "";
  }

  trial(signal = this.#signal, prefix = ""): Trial {
    return new Trial<unknown>({
      connect: this.#connect,
      addresses: this.#addresses,
      contract: this.#contract,
      nonces: this.#nonces,
      ground: this.#ground(),
      world: () => this.world(),
      prefix,
      ...(this.#target.firstUser ? { firstUser: this.#target.firstUser } : {}),
      seedValues: () => this.#seed?.trial.conversation.values ?? [],
      ...(signal ? { signal } : {}),
      ...(this.#onSend ? { onSend: this.#onSend } : {}),
    });
  }

  /** The shared world of this copy, seeded once and renewed as it becomes stale. */
  world(): Promise<unknown> {
    const { renewWorld } = this.#scenario;
    if (this.#seed && renewWorld) {
      const { trial, world } = this.#seed;
      this.#seed.world = world.then((known) => renewWorld(trial, known));
      this.#seed.world.catch(() => {});
    }
    if (!this.#seed) {
      const trial = this.trial(this.#signal, "SEED_");
      this.#seed = { trial, world: this.#scenario.seedWorld(trial) };
      this.#seed.world.catch(() => {});
    }
    return this.#seed.world;
  }

  readonly #connect: Connect = (from) => {
    if (this.#instance) return this.#instance.connect(from);
    return this.#target.connect ? this.#target.connect(from) : Promise.reject(new Error("not started"));
  };

  #ground(): Ground | undefined {
    const { app } = this.#target;
    const instance = this.#instance;
    if (!app || !instance) return undefined;
    return {
      folder: instance.folder,
      databases: () => instance.databases(),
      fileList: () => instance.fileList(),
      settings: instance.settings,
      log: () => instance.log().text,
      async startAnother(change, use, limitMs) {
        const settings: Record<string, string> = { ...instance.settings };
        const removed: string[] = [];
        for (const [name, value] of Object.entries(change)) {
          if (value === undefined) {
            delete settings[name];
            removed.push(name);
          } else settings[name] = value;
        }
        const other = app.newInstance({ settings, unset: removed });
        try {
          for (const name of Object.keys(change)) if (!app.tracksEnvFiles) other.removeFromEnvFiles(name);
          const started = await other.start(limitMs);
          await use({
            kind: started.kind,
            exitCode: started.kind === "ended" ? started.exit.code : null,
            output: started.kind === "serving" ? "" : started.output,
            connect: (from) => other.connect(from),
            databases: () => other.databases(),
            fileList: () => other.fileList(),
          });
        } finally {
          await other.dispose();
        }
      },
    };
  }

  /** Runs one exploit on this copy and says what came of it. Never throws for what the app does. */
  async run(exploit: Exploit): Promise<Ran> {
    const started = performance.now();
    const limit = AbortSignal.timeout(EXPLOIT_LIMIT_MS);
    const trial = this.trial(this.#signal ? AbortSignal.any([this.#signal, limit]) : limit);
    let verdict: VerdictKind = "defended";
    let summary = "";
    let silent: string | undefined;
    try {
      const missing = exploit.operations.find((name) => !(name in this.#contract.operations));
      if (missing !== undefined)
        throw new Ends(
          this.#target.app ? "broken" : "not-applicable",
          `the app has no ${missing}: ${this.#contract.missing[missing] ?? "not found"}`,
        );
      if (exploit.needs.includes("admin") && !this.#target.app && !this.#target.firstUser) {
        throw new Ends("not-applicable", "needs an admin's account, which an app that was in use before does not give");
      }
      await this.world();
      await exploit.run(trial);
      summary = [`Withstood: ${exploit.attack}`, ...trial.notes].join(". ");
    } catch (error) {
      if (this.#signal?.aborted) throw error;
      ({ verdict, summary, silent } = this.#judge(error, limit.aborted));
    }
    // Whatever was answered before: an app that the attack ends has not withstood it. Repeated before it is judged.
    const died = !trial.damaged && !(await this.#serves());
    if (died && verdict === "defended") {
      verdict = "exploited";
      summary = `The app ended by itself: ${exploit.attack}`;
    }
    const durationMs = Math.round(performance.now() - started);
    const result: Verdict = {
      id: exploit.id,
      slug: exploit.slug,
      tier: exploit.tier,
      verdict,
      summary,
      evidence: [`evidence/${exploit.id}.json`],
      durationMs,
    };
    const evidence = evidenceOf(result, this.#seed?.trial, trial);
    return { verdict: result, evidence, died, ...(silent === undefined ? {} : { silent }) };
  }

  #judge(error: unknown, overTime: boolean): { verdict: VerdictKind; summary: string; silent?: string } {
    if (error instanceof Ends) return { verdict: error.verdict, summary: error.message };
    if (error instanceof NoAnswerToAttack)
      return { verdict: "exploited", summary: `The app gave no answer: ${error.message}`, silent: error.label };
    if (error instanceof AppGone) return { verdict: "broken", summary: error.message, silent: "gone" };
    if (overTime)
      return {
        verdict: "broken",
        summary: `not done within ${EXPLOIT_LIMIT_MS / 60_000} minutes: the app is too slow to judge`,
      };
    return { verdict: "inconclusive", summary: `our own fault: ${reasonOf(error)}` };
  }
}
