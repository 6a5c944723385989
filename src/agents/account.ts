import type { AgentEvent, Tokens } from "../model/agent.ts";
import type { Conversation, StepAccount } from "../model/session.ts";
import { unknownAccount } from "./agent.ts";
import { priced } from "./prices.ts";

/** What an agent's stream can tell at all; what it cannot is null in the account, not zero. */
export interface Shows {
  turns: boolean;
  tools: boolean;
}

const NO_TOKENS: Tokens = { in: null, out: null, cached: null, cacheWritten: null, reasoning: null };

/** Adds up the events of one step. */
export class Account {
  readonly #shows: Shows;
  readonly #begun = performance.now();
  readonly #toolCalls: Record<string, number> = {};
  readonly #asked = { permission: 0, question: 0, plan: 0, denied: 0 };
  #turns = 0;
  #firstEditSeconds: number | null = null;
  #tokens: Tokens = NO_TOKENS;
  #costUsd: number | null = null;
  #model: string | null = null;
  #conversation: string | null = null;

  constructor(shows: Shows) {
    this.#shows = shows;
  }

  add(event: AgentEvent): void {
    switch (event.type) {
      case "started":
        this.#model = event.model ?? this.#model;
        this.#conversation = event.conversation ?? this.#conversation;
        return;
      case "turn":
        this.#turns++;
        return;
      case "tool-call":
        this.#toolCalls[event.kind] = (this.#toolCalls[event.kind] ?? 0) + 1;
        if (event.kind === "edit") this.#firstEditSeconds ??= Math.round(this.elapsedMs()) / 1000;
        return;
      case "usage":
        this.#tokens = event.tokens;
        this.#costUsd = event.costUsd;
        return;
      case "asked":
        this.#asked[event.what]++;
        if (event.answer === "denied") this.#asked.denied++;
        return;
      case "message":
      case "tool-result":
      case "trouble":
      case "unknown":
      case "ended":
        return;
    }
  }

  elapsedMs(): number {
    return performance.now() - this.#begun;
  }

  /** What is spent so far, as far as it is known; `wanted` is the model asked for. Budgets are held against this. */
  spent(wanted: string | null): { tokens: number; usd: number } {
    const { in: tokensIn, out: tokensOut } = this.#tokens;
    return { tokens: (tokensIn ?? 0) + (tokensOut ?? 0), usd: this.#cost(wanted).costUsd ?? 0 };
  }

  /** True once the agent has done anything. */
  hasWorked(): boolean {
    return Object.keys(this.#toolCalls).length > 0;
  }

  #cost(wanted: string | null): Pick<StepAccount, "costUsd" | "costFrom" | "pricesDated"> {
    if (this.#costUsd !== null) return { costUsd: this.#costUsd, costFrom: "agent", pricesDated: null };
    const price = priced(this.#model ?? wanted, this.#tokens);
    if (price === null) return { costUsd: null, costFrom: null, pricesDated: null };
    return { costUsd: price.usd, costFrom: "prices", pricesDated: price.dated };
  }

  /** The account of the step; `wanted` is the model asked for, in case the stream names none. */
  step(wanted: string | null): StepAccount {
    const { turns, tools } = this.#shows;
    return {
      ...unknownAccount(Math.round(this.elapsedMs()) / 1000),
      tokensIn: this.#tokens.in,
      tokensOut: this.#tokens.out,
      tokensCached: this.#tokens.cached,
      tokensReasoning: this.#tokens.reasoning,
      ...this.#cost(wanted),
      secondsToFirstEdit: this.#firstEditSeconds,
      turns: turns ? this.#turns : null,
      toolCalls: tools ? { ...this.#toolCalls } : null,
      commandsRun: tools ? (this.#toolCalls["run"] ?? 0) : null,
      asked: tools ? { ...this.#asked } : null,
      model: this.#model,
    };
  }

  /** The conversation so far: what went before and this step. Null when the agent names none. */
  conversation(before: Conversation | null): Conversation | null {
    const id = this.#conversation ?? before?.id;
    if (id === undefined) return null;
    const sum = (was: number | null | undefined, now: number | null) =>
      was === undefined ? now : was === null || now === null ? null : was + now;
    return {
      id,
      costUsd: sum(before?.costUsd, this.#costUsd),
      tokensIn: sum(before?.tokensIn, this.#tokens.in),
      tokensOut: sum(before?.tokensOut, this.#tokens.out),
      tokensCached: sum(before?.tokensCached, this.#tokens.cached),
      tokensReasoning: sum(before?.tokensReasoning, this.#tokens.reasoning),
    };
  }
}

/** What a step added to a figure that an agent gives for the whole conversation. */
export const since = (total: number | null, before: number | null | undefined): number | null =>
  total === null || before === null || before === undefined || total < before ? total : total - before;
