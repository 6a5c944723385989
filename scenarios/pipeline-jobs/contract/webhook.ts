import { createHmac } from "node:crypto";
import { complaintsOf, type Prober, valuesFor } from "../../../src/contract/index.ts";
import { WEBHOOK_STATUS_WORDS, webhookBody } from "../../../src/exploits/pipeline-jobs/client.ts";
import { type Answer, at, matchesStatus, textBody } from "../../../src/http/index.ts";
import { Operation } from "../../../src/model/contract.ts";
import { json, keep, ok, text } from "./finding.ts";
import type { Job } from "./jobs.ts";

/** Payloads that an app is likely to want; `{job}` is the job's id, `{status}` a status word. */
const PAYLOADS: readonly Record<string, unknown>[] = [
  { job_id: "{job}", status: "{status}" },
  { jobId: "{job}", status: "{status}" },
  { id: "{job}", status: "{status}" },
  { event: "job.{status}", job_id: "{job}", status: "{status}" },
  { event: "job.{status}", data: { job_id: "{job}", status: "{status}" } },
  { event: "job.{status}", data: { jobId: "{job}", status: "{status}" } },
  { event: "job.{status}", data: { jobId: "{job}", state: "{status}" } },
  { event: "job.{status}", data: { id: "{job}", status: "{status}" } },
  { type: "job.{status}", job_id: "{job}", status: "{status}" },
  { type: "job.{status}", data: { job_id: "{job}", status: "{status}" } },
  { event: "job.status", payload: { job_id: "{job}", status: "{status}" } },
  { job: { id: "{job}", status: "{status}" } },
  { job_id: "{job}", state: "{status}" },
  { jobId: "{job}", state: "{status}" },
  { event: "status_changed", job_id: "{job}", status: "{status}", data: {} },
  { event_type: "job.{status}", job_id: "{job}", status: "{status}" },
];

const letIn = (answer: Answer) => !matchesStatus(answer.status, ["401", "403", "404", "405", "5xx"]);

export async function findWebhook(
  prober: Prober,
  token: string,
  job: Job | undefined,
  secret: string | undefined,
): Promise<void> {
  if (secret === undefined) {
    prober.contract.missing["webhook"] = "the webhook's secret is not known here";
    return;
  }
  const status = prober.contract.operations["getJob"]?.row["status"];
  const statusNow = async () => {
    const read = prober.contract.operations["getJob"];
    if (!read || !job || !status) return undefined;
    const answer = await prober.call(read, { token, job: job.id, label: "the job's status" });
    return answer ? at(json(answer), `${read.pointers["job"] ?? ""}/${status}`) : undefined;
  };
  const words = [...WEBHOOK_STATUS_WORDS].sort(
    (a, b) => Number(prober.hints.words.has(b)) - Number(prober.hints.words.has(a)),
  );
  const numeric = job !== undefined && /^\d+$/.test(job.id);
  const send = async (path: string, payload: Record<string, unknown>, word: string, format: string, style: string) => {
    const operation = Operation.parse({
      method: "POST",
      path,
      encoding: "json",
      extra: { payload },
      fields: { signature: format },
      row: { status: word, style, ...(numeric ? { jobIsNumber: "true" } : {}) },
    });
    const body = webhookBody(operation, job?.id ?? "1", word);
    const digest = createHmac("sha256", secret).update(body).digest("hex");
    const answer = await prober.call(operation, {
      body: { bytes: textBody(body), contentType: "application/json" },
      headers: [["X-Signature", `${format}${digest}`]],
      label: "webhook?",
    });
    return { operation, answer };
  };
  for (const prefix of prober.prefixes) {
    const path = `${prefix}/webhooks/process`;
    const unsigned = await prober.call(Operation.parse({ method: "POST", path, encoding: "json" }), {
      label: "a webhook?",
    });
    if (!unsigned || matchesStatus(unsigned.status, ["404", "405"])) continue;
    // An app that signs what it re-serialised lets in only bodies that look like its own serialiser's.
    for (const [format, style] of [
      ["", "compact"],
      ["sha256=", "compact"],
      ["", "spaced"],
      ["sha256=", "spaced"],
    ] as const) {
      const first = await send(path, PAYLOADS[0] ?? {}, words[0] ?? "completed", format, style);
      if (!first.answer || matchesStatus(first.answer.status, ["401", "403"])) continue;
      const sendThis = (payload: Record<string, unknown>, word: string) => send(path, payload, word, format, style);
      const best = (await bestPayload(words, sendThis, statusNow)) ?? (await grownPayload(words, sendThis, statusNow));
      if (!best && !letIn(first.answer)) continue;
      const chosen = best ?? { operation: first.operation, answer: first.answer };
      keep(prober, "webhook", { ...chosen, json: undefined }, { row: chosen.operation.row });
      prober.learnt(
        best?.effect
          ? "a signed webhook changes the job's status"
          : "no payload that was tried has an effect that can be looked at",
      );
      if (format !== "") prober.deviates("the signature needs the prefix sha256=");
      if (style !== "compact") prober.deviates("compact JSON is refused under a right signature");
      return;
    }
  }
}

type Sent = { operation: Operation; answer: Answer | undefined };

/** The first payload with an effect on the job, else the first that gets 2xx, else none. */
async function bestPayload(
  words: readonly string[],
  send: (payload: Record<string, unknown>, word: string) => Promise<Sent>,
  statusNow: () => Promise<unknown>,
): Promise<{ operation: Operation; answer: Answer; effect: boolean } | undefined> {
  let accepted: { operation: Operation; answer: Answer; effect: boolean } | undefined;
  for (const payload of PAYLOADS) {
    for (const word of words) {
      const { operation, answer } = await send(payload, word);
      if (!answer) continue;
      if (!ok(answer)) {
        // A refusal that does not speak of the status will not change with another word.
        if (!/status|state|one of|enum|allowed|literal|choice/i.test(text(answer))) break;
        continue;
      }
      if ((await statusNow()) === word)
        return { operation: { ...operation, row: { ...operation.row, effect: "status" } }, answer, effect: true };
      accepted ??= { operation, answer, effect: false };
      break;
    }
  }
  return accepted;
}

/** Values for members that an app demands of a webhook, by their names. */
const PAYLOAD_MEMBERS: readonly (readonly [RegExp, unknown])[] = [
  [/job|^id$/i, "{job}"],
  [/status|state|result/i, "{status}"],
  [/event|type|action/i, "job.{status}"],
];

/** A payload that grows by what its refusals ask for, with the status words in turn. */
async function grownPayload(
  words: readonly string[],
  send: (payload: Record<string, unknown>, word: string) => Promise<Sent>,
  statusNow: () => Promise<unknown>,
): Promise<{ operation: Operation; answer: Answer; effect: boolean } | undefined> {
  let payload: Record<string, unknown> = { job_id: "{job}", status: "{status}" };
  for (let round = 0; round < 8; round++) {
    let refused: Answer | undefined;
    for (const word of words) {
      const { operation, answer } = await send(payload, word);
      if (!answer) return undefined;
      if (ok(answer)) {
        const effect = (await statusNow()) === word;
        const row = { ...operation.row, ...(effect ? { effect: "status" } : {}) };
        return { operation: { ...operation, row }, answer, effect };
      }
      refused = answer;
      if (!complaintsOf(answer).some(({ name }) => name === "status")) break;
    }
    if (!refused || !matchesStatus(refused.status, ["400", "422"])) return undefined;
    const missing = complaintsOf(refused).filter(({ name }) => !(name in payload));
    const sure = missing.filter((one) => one.sure);
    const wanted = sure.length > 0 ? sure : missing;
    if (wanted.length === 0) return undefined;
    payload = { ...payload };
    for (const one of wanted) {
      const rule = PAYLOAD_MEMBERS.find(([shape]) => shape.test(one.name));
      payload[one.name] = rule ? rule[1] : valuesFor(one)[0];
    }
  }
  return undefined;
}
