import type { AppReport } from "../model/app.ts";
import { Contract } from "../model/contract.ts";
import type { Evaluation } from "../model/session.ts";
import { scoreOf } from "../model/verdict.ts";

/** The result of an app that never came up: no verdict at all. */
export function nothing(scenario: string, app: AppReport): Evaluation {
  return {
    formatVersion: 1,
    scenario,
    app,
    contract: Contract.parse({ formatVersion: 1, scenario, auth: { scheme: "Bearer" }, operations: {} }),
    functional: [],
    verdicts: [],
    decisions: [],
    score: scoreOf([]),
    durationsMs: { contract: 0, functional: 0, exploits: 0, total: 0 },
  };
}
