import { findOwner, findRows, idKeyOf, type Prober } from "../../../src/contract/index.ts";
import { at } from "../../../src/http/index.ts";
import { because, keep, ok } from "./finding.ts";

export interface Job {
  id: string;
  name: string;
  description: string;
  nameKey: string;
}

export async function findCreateJob(prober: Prober, token: string): Promise<Job | undefined> {
  const name = prober.nonces.next("job");
  const description = prober.nonces.next("about");
  for (const scheme of ["Bearer", "", "Token", "JWT"]) {
    prober.contract.auth.scheme = scheme;
    const found = await prober.find({
      method: "POST",
      endings: ["/jobs", "/jobs/"],
      encodings: [
        { encoding: "json", fields: { name: "name", description: "description" } },
        { encoding: "json", fields: { name: "title", description: "description" } },
        { encoding: "form", fields: { name: "name", description: "description" } },
      ],
      call: { token, fields: { name, description }, label: "create a job?" },
      supply: [
        [/^name$|title/i, name],
        [/status|state/i, "pending"],
        [/type|kind/i, "csv"],
        [/config|param|option|meta/i, {}],
        [/source|input|url/i, "https://example.com/data.csv"],
        [/tags/i, []],
      ],
      accept: (answer, body) =>
        ok(answer) &&
        (findOwner(body, name) !== undefined ||
          (body !== null && typeof body === "object" && idKeyOf(flat(body)) !== undefined)),
    });
    if (!found) continue;
    const owner = findOwner(found.json, name);
    const object = owner?.object ?? flat(found.json);
    const idKey = idKeyOf(object);
    if (idKey === undefined) continue;
    const pointer = owner?.pointer ?? (at(found.json, "/data") === object ? "/data" : "");
    keep(prober, "createJob", found, {
      pointers: { id: `${pointer}/${idKey}`, job: pointer },
      row: rowKeys(object, name, description),
    });
    if (scheme !== "Bearer")
      prober.deviates(`the Authorization header takes ${scheme === "" ? "the bare token" : `the scheme ${scheme}`}`);
    prober.preferParentsOf(found.operation.path);
    return { id: String(object[idKey]), name, description, nameKey: owner?.key ?? "name" };
  }
  prober.contract.auth.scheme = "Bearer";
  return undefined;
}

const flat = (body: unknown): Record<string, unknown> => {
  const outer = (body ?? {}) as Record<string, unknown>;
  for (const key of ["job", "data", "result", "item"]) {
    const inner = outer[key];
    if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) return inner as Record<string, unknown>;
  }
  return outer;
};

/** What the app calls the parts of a job. */
export function rowKeys(object: Record<string, unknown>, name: string, description: string): Record<string, string> {
  const out: Record<string, string> = {};
  const idKey = idKeyOf(object);
  if (idKey) out["id"] = idKey;
  for (const [key, value] of Object.entries(object)) {
    if (value === name) out["name"] = key;
    else if (value === description) out["description"] = key;
    else if (/^(status|state)$/i.test(key)) out["status"] = key;
    else if (/^(created|created_?at|date_?created|creation_?date|createdon)$/i.test(key)) out["createdAt"] = key;
    else if (/^shared(_?with|_?emails|_?to)?$/i.test(key)) out["sharedWith"] = key;
  }
  return out;
}

export async function findJobReads(prober: Prober, token: string, job: Job): Promise<void> {
  const jobs = prober.contract.operations["createJob"]?.path.replace(/\/$/, "") ?? "/jobs";
  const prefix = jobs.replace(/\/jobs$/, "");
  prober.prefixes = [...new Set([prefix, ...prober.prefixes])];
  const get = await prober.find({
    method: "GET",
    endings: ["/jobs/{}", "/jobs/{}/"],
    encodings: [{}],
    call: { token, job: job.id, label: "read the job?" },
    accept: (answer, body) => ok(answer) && findOwner(body, job.name) !== undefined,
  });
  const owner = get && findOwner(get.json, job.name);
  if (get && owner)
    keep(prober, "getJob", get, {
      pointers: { job: owner.pointer },
      row: rowKeys(owner.object, job.name, job.description),
    });
  else prober.contract.missing["getJob"] = because(prober, "not found at any known path");
  const list = await prober.find({
    method: "GET",
    endings: ["/jobs", "/jobs/"],
    encodings: [{}],
    call: { token, label: "list the jobs?" },
    accept: (answer, body) => ok(answer) && findRows(body, job.name) !== undefined,
  });
  const rows = list && findRows(list.json, job.name);
  if (list && rows)
    keep(prober, "listJobs", list, {
      pointers: { rows: rows.pointer },
      row: rowKeys(rows.row, job.name, job.description),
    });
  else prober.contract.missing["listJobs"] = because(prober, "not found at any known path");
}
