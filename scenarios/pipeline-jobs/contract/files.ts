import type { Prober } from "../../../src/contract/index.ts";
import { linkIn } from "../../../src/exploits/pipeline-jobs/client.ts";
import { Operation } from "../../../src/model/contract.ts";
import { because, json, keep, ok } from "./finding.ts";
import type { Job } from "./jobs.ts";

export async function findFiles(prober: Prober, token: string, job: Job): Promise<void> {
  const content = `name,value\n${prober.nonces.next("cell")},1\n`;
  const fields = [
    ...new Set([
      "file",
      ...prober.hints.uploadFields,
      "upload",
      "data",
      "document",
      "files",
      "attachment",
      "csv",
      "jobFile",
    ]),
  ].slice(0, 12);
  const found = await prober.find({
    method: "POST",
    endings: ["/jobs/{}/upload", "/jobs/{}/uploads", "/jobs/{}/file", "/jobs/{}/files", "/jobs/{}/upload/"],
    encodings: fields.map((field) => ({ encoding: "multipart" as const, fields: { file: field } })),
    call: {
      token,
      job: job.id,
      file: { filename: "data.csv", contentType: "text/csv", content },
      label: "upload a file?",
    },
    supply: [],
    accept: (answer) => ok(answer),
  });
  if (found) {
    keep(prober, "upload", found);
    if (found.operation.fields["file"] !== "file")
      prober.deviates(`the upload's form field is called ${found.operation.fields["file"]}`);
  } else {
    const why = because(prober, "not found at any known path");
    await findRawUpload(prober, token, job, content);
    if (!prober.contract.operations["upload"]) prober.contract.missing["upload"] = why;
  }
  const download = await prober.find({
    method: "GET",
    endings: ["/jobs/{}/download", "/jobs/{}/file", "/jobs/{}/download/"],
    encodings: [{}],
    call: { token, job: job.id, label: "download the file?" },
    accept: (answer) => ok(answer) && answer.bytes.toString("utf8") === content,
  });
  if (download) keep(prober, "download", download);
  else if (await findLinkedDownload(prober, token, job, content)) return;
  else prober.contract.missing["download"] = because(prober, "not found at any known path");
}

/** A download that answers with a link within the app, such as a signed one that ends soon. */
async function findLinkedDownload(prober: Prober, token: string, job: Job, content: string): Promise<boolean> {
  const found = await prober.find({
    method: "GET",
    endings: ["/jobs/{}/download"],
    encodings: [{}],
    call: { token, job: job.id, label: "a link to the file?" },
    accept: (answer) => linkIn(answer) !== undefined,
  });
  const link = found && linkIn(found.answer);
  if (!found || link === undefined) return false;
  const { answer } = await prober.conversation.ask({ method: "GET", path: link, label: "follow the link" });
  if (!answer || !ok(answer) || answer.bytes.toString("utf8") !== content) return false;
  keep(prober, "download", found, { row: { answers: "link" } });
  prober.deviates("the download answers with a link to the file, not with the file");
  return true;
}

async function findRawUpload(prober: Prober, token: string, job: Job, content: string): Promise<void> {
  for (const query of ["?filename=data.csv", "?name=data.csv", ""]) {
    const operation = Operation.parse({
      method: "POST",
      path: `${prober.prefixes[0] ?? ""}/jobs/{job}/upload${query}`,
      encoding: "raw",
    });
    const answer = await prober.call(operation, {
      token,
      job: job.id,
      file: { filename: "data.csv", contentType: "text/csv", content },
      headers: [
        ["X-Filename", "data.csv"],
        ["Content-Disposition", 'attachment; filename="data.csv"'],
      ],
      label: "upload raw bytes?",
    });
    if (!answer || !ok(answer)) continue;
    keep(prober, "upload", { operation, answer, json: json(answer) });
    prober.deviates("the upload takes raw bytes, not a form");
    return;
  }
}
