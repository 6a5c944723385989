import { findRows, findTotal, findTotalOf, type Prober } from "../../../src/contract/index.ts";
import type { Answer } from "../../../src/http/index.ts";
import type { Operation } from "../../../src/model/contract.ts";
import { because, json, keep, ok } from "./finding.ts";
import { type Job, rowKeys } from "./jobs.ts";

export async function findSearch(prober: Prober, token: string, job: Job): Promise<void> {
  const found = await prober.find({
    method: "GET",
    endings: ["/jobs/search", "/jobs/search/"],
    encodings: [{}],
    call: { token, query: `q=${encodeURIComponent(job.name)}`, label: "search?" },
    accept: (answer, body) => ok(answer) && findRows(body, job.name) !== undefined,
  });
  const rows = found && findRows(found.json, job.name);
  if (!found || !rows) {
    prober.contract.missing["search"] = because(prober, "not found at any known path");
    return;
  }
  const three = await threeByTwo(prober, token, found.operation);
  const total = (three && findTotalOf(json(three), rows.pointer, 3)) ?? findTotal(found.json, rows.pointer);
  keep(prober, "search", found, {
    pointers: { rows: rows.pointer, ...(total !== undefined ? { total } : {}) },
    row: rowKeys(rows.row, job.name, job.description),
  });
  if (total !== undefined) return;
  const header = three && findTotalHeader(three, 3);
  prober.deviates(header ? `the search's total is in the header ${header}` : "the search answers without a total");
}

/** An answer whose total is known: three jobs are looked for, two on the page. */
async function threeByTwo(prober: Prober, token: string, search: Operation): Promise<Answer | undefined> {
  const create = prober.contract.operations["createJob"];
  if (!create) return undefined;
  const stem = prober.nonces.next("three");
  for (const letter of ["a", "b", "c"]) {
    const fields = { name: `${stem}${letter}`, description: prober.nonces.next("about") };
    await prober.call(create, { token, fields, label: "one of three jobs" });
  }
  const answer = await prober.call(search, { token, query: `q=${stem}&per_page=2`, label: "how many in all?" });
  return answer && ok(answer) ? answer : undefined;
}

/** The header that tells this total (`X-Total-Count: 3`, `Content-Range: jobs 0-1/3`), where one does. */
export function findTotalHeader({ headers }: Answer, value: number): string | undefined {
  return headers.find(
    ([name, text]) => /total|count|^content-range$/i.test(name) && text.replace(/^.*\//, "") === String(value),
  )?.[0];
}
