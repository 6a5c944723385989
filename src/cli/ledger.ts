import { join } from "node:path";
import { type Choice, decisionOf, factsOf, readChoices, type StepLedger } from "../decisions/index.ts";
import type { Decision } from "../model/decision.ts";
import type { Evidence } from "../model/evidence.ts";
import type { DirectDependency, SupplyChain } from "../model/supply-chain.ts";
import { changesBetween, directDependencies } from "../supply-chain/index.ts";
import { reasonOf } from "../util/errors.ts";
import type { KeptRepository } from "../workspace/index.ts";

/** What a session's commits show one after another. */
export interface History {
  ledgers: StepLedger[];
  /** Direct dependencies that each step added and removed. */
  supply: SupplyChain["steps"];
}

/** Reads every commit of a session; `scratch` is a folder of its own. Commits are named `baseline`, `step 1` ... */
export async function historyOf(kept: KeptRepository, scratch: string): Promise<History> {
  const folder = join(scratch, "history");
  const out: History = { ledgers: [], supply: [] };
  let before: DirectDependency[] = [];
  for (const { commit, subject } of await kept.history()) {
    const number = /^step (\d+)$/.exec(subject)?.[1];
    if (number === undefined && subject !== "baseline") continue;
    const step = Number(number ?? 0);
    await kept.checkOut(commit, folder);
    out.ledgers.push({ step, commit, decisions: await choicesOf(folder, []) });
    const direct = directDependencies(folder);
    if (step > 0) out.supply.push({ step, commit, ...changesBetween(before, direct) });
    before = direct;
  }
  return out;
}

/** The ledger of a folder alone, without a history. */
export async function decisionsOf(folder: string, evidence: readonly Evidence[]): Promise<Decision[]> {
  return (await choicesOf(folder, evidence)).map(decisionOf);
}

/** The ledger of a folder, confirmed by what the running app showed; a reader that fails says so rather than reporting none. */
export async function choicesOf(folder: string, evidence: readonly Evidence[]): Promise<Choice[]> {
  try {
    return await readChoices({ folder, behaviour: factsOf(evidence) });
  } catch (error) {
    return [
      {
        topic: "all",
        choice: `could not be read: ${reasonOf(error)}`,
        origin: "unknown",
        file: null,
        line: null,
        by: "source",
        confidence: "unknown",
        places: [],
        of: null,
      },
    ];
  }
}
