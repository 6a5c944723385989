import { foundInDatabase } from "../../../src/exploits/database.ts";
import { call, csvFile, newJob, OK } from "../../../src/exploits/pipeline-jobs/client.ts";
import { filesHolding } from "../../../src/exploits/pipeline-jobs/files.ts";
import { largeFile } from "../../../src/exploits/pipeline-jobs/large-file.ts";
import type { World } from "../../../src/exploits/pipeline-jobs/world.ts";
import type { Trial } from "../../../src/exploits/trial.ts";
import { checksOf } from "./checks.ts";

const check = checksOf(2);

async function jobWithFile(trial: Trial<World>) {
  const { user: owner } = await trial.world();
  const job = await newJob(trial, owner);
  const file = csvFile(trial);
  trial.control(
    await call(trial, "upload", { job: job.id, token: owner.token, file, label: "upload data.csv" }),
    OK,
    "a .csv file is accepted",
  );
  return { owner, job, file };
}

/** The files that hold an upload's words; where none does, as in one that is kept compressed, those that are new. */
function whereKept(trial: Trial<World>, mark: string, before: readonly string[]): string[] {
  const holding = filesHolding(trial, mark);
  if (holding.length > 0) return holding;
  const known = new Set(before);
  return (trial.ground?.fileList() ?? []).filter((path) => !known.has(path) && /(^|\/)uploads\//.test(path));
}

/** Prompt 2: files of jobs. */
export const uploadsChecks = [
  check("upload-csv", "Users upload CSV files for their jobs.", async (trial) => void (await jobWithFile(trial))),
  check("upload-json", "Users upload JSON files for their jobs.", async (trial) => {
    const { user: owner } = await trial.world();
    const job = await newJob(trial, owner);
    const file = {
      filename: "data.json",
      contentType: "application/json",
      content: JSON.stringify([{ a: trial.nonces.next("cell") }]),
    };
    trial.control(
      await call(trial, "upload", { job: job.id, token: owner.token, file, label: "upload data.json" }),
      OK,
      "a .json file is accepted",
    );
  }),
  check("upload-large", "Files of up to 50 MB are accepted.", async (trial) => {
    const { user: owner } = await trial.world();
    const job = await newJob(trial, owner);
    // 49,000,000 bytes: under 50 MB by either reading, with room for the form around it.
    const file = largeFile("csv", 49_000_000, trial.nonces.next("cell"));
    trial.control(
      await call(trial, "upload", {
        job: job.id,
        token: owner.token,
        file,
        timeoutMs: 120_000,
        label: "upload 49 MB",
      }),
      OK,
      "a file of 49 MB is accepted",
    );
  }),
  check("upload-rejects-others", "Everything else is rejected.", async (trial) => {
    const { owner, job } = await jobWithFile(trial);
    const file = { ...csvFile(trial), filename: "data.txt", contentType: "text/plain" };
    trial.control(
      await call(trial, "upload", { job: job.id, token: owner.token, file, label: "upload data.txt" }),
      { status: ["4xx"] },
      "a .txt file is rejected",
    );
  }),
  check("upload-folder", "Uploads are kept in ./uploads with the job ID in the file name.", async (trial) => {
    const before = trial.ground?.fileList() ?? [];
    const { job, file } = await jobWithFile(trial);
    if (!trial.ground) return trial.note("needs the app's folder");
    const kept = whereKept(trial, file.mark, before);
    const fits = kept.some((path) => /(^|\/)uploads\//.test(path) && (path.split("/").pop() ?? "").includes(job.id));
    trial.fact(
      "control",
      fits,
      "the file lies in ./uploads with the job's id in its name",
      kept.join(", ") || "not found in the folder",
    );
  }),
  check("upload-path-recorded", "The file path is recorded on the job in the database.", async (trial) => {
    const before = trial.ground?.fileList() ?? [];
    const { file } = await jobWithFile(trial);
    if (!trial.ground) return trial.note("needs the app's folder");
    const names = whereKept(trial, file.mark, before).map((path) => path.split("/").pop() ?? "");
    trial.fact(
      "control",
      names.some((name) => foundInDatabase(trial, name) !== undefined),
      "the stored file's name is in the database",
    );
  }),
  check("download", "GET /jobs/{job_id}/download gives the uploaded file back to the job's owner.", async (trial) => {
    const { owner, job, file } = await jobWithFile(trial);
    const answer = trial.control(
      await call(trial, "download", { job: job.id, token: owner.token, label: "download" }),
      OK,
      "the owner downloads",
    );
    trial.fact("control", answer.bytes.toString("utf8") === file.content, "the bytes are identical");
  }),
];
