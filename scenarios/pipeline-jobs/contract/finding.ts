import type { Found, Prober } from "../../../src/contract/index.ts";
import { type Answer, matchesStatus, parseJson } from "../../../src/http/index.ts";
import { Operation } from "../../../src/model/contract.ts";

export const ok = (answer: Answer) => matchesStatus(answer.status, ["2xx"]);
export const json = (answer: Answer): unknown => parseJson(answer.bytes.toString("utf8"));
export const text = (answer: Answer) => answer.bytes.toString("utf8");

/** Why something was not found, with the last refusal by a path that exists. */
export const because = (prober: Prober, why: string): string => (prober.refusal ? `${why} (${prober.refusal})` : why);

/** Writes an operation into the contract. */
export function keep(prober: Prober, name: string, found: Found, details: Partial<Operation> = {}): Operation {
  const operation = Operation.parse({ ...found.operation, ...details });
  prober.contract.operations[name] = operation;
  delete prober.contract.missing[name];
  prober.learnt(
    `${name}: ${operation.method} ${operation.path}${operation.encoding === "none" ? "" : ` (${operation.encoding})`}`,
  );
  return operation;
}
