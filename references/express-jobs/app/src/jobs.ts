import { Router, type Request } from "express";
import { z } from "zod";
import { currentUser } from "./access.ts";
import { db, jobStatuses, type Job } from "./database.ts";
import { HttpError } from "./errors.ts";
import { removeUpload, sendUpload, storeUpload } from "./uploads.ts";

const newJob = z.object({
  name: z.string().max(200).regex(/\S/, "must not be blank"),
  description: z.string().max(5000).default(""),
});

const shareRequest = z.object({ email: z.email().max(254) });

/** `?status=` and a missing parameter mean the same. */
const query = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === "" ? undefined : value), schema);
const count = (fallback: number, most: number) =>
  query(z.string().regex(/^\d{1,7}$/).transform(Number).pipe(z.number().min(1).max(most)).default(fallback));

const searchRequest = z.object({
  q: query(z.string().max(200).default("")),
  status: query(z.enum(jobStatuses).optional()),
  sort: query(z.enum(["name", "created_at"]).default("created_at")),
  order: query(z.enum(["asc", "desc"]).default("desc")),
  page: count(1, 1_000_000),
  per_page: count(20, 100),
});

const insertJob = db.prepare<[number, string, string, string], Job>(
  "INSERT INTO jobs (user_id, name, description, created_at) VALUES (?, ?, ?, ?) RETURNING *",
);
const jobsOfUser = db.prepare<[number], Job>("SELECT * FROM jobs WHERE user_id = ? ORDER BY id");
const jobOfUser = db.prepare<[number, number], Job>("SELECT * FROM jobs WHERE id = ? AND user_id = ?");
const setFile = db.prepare<[string, string, number, number], Job>(
  "UPDATE jobs SET file_path = ?, file_name = ?, file_size = ? WHERE id = ? RETURNING *",
);
const setSharedWith = db.prepare<[string, number], Job>("UPDATE jobs SET shared_with = ? WHERE id = ? RETURNING *");

const sharedWith = (job: Job): string[] => JSON.parse(job.shared_with);

const present = (job: Job) => ({
  id: job.id,
  name: job.name,
  description: job.description,
  status: job.status,
  created_at: job.created_at,
  file_name: job.file_name,
  file_size: job.file_size,
  shared_with: sharedWith(job),
});

/** Somebody else's job and a job that does not exist look the same. */
function ownJob(req: Request<{ id: string }>): Job {
  const id = /^\d{1,15}$/.test(req.params.id) ? Number(req.params.id) : 0;
  const job = jobOfUser.get(id, currentUser(req).id);
  if (!job) throw new HttpError(404, "Job not found");
  return job;
}

export const jobs = Router();

jobs.get("/", (req, res) => {
  res.json(jobsOfUser.all(currentUser(req).id).map(present));
});

jobs.post("/", (req, res) => {
  const { name, description } = newJob.parse(req.body);
  const job = insertJob.get(currentUser(req).id, name, description, new Date().toISOString());
  res.status(201).json(present(job!));
});

jobs.get("/search", (req, res) => {
  const { q, status, sort, order, page, per_page } = searchRequest.parse(req.query);
  const filter = {
    userId: currentUser(req).id,
    status: status ?? null,
    pattern: `%${q.replace(/[\\%_]/g, "\\$&")}%`,
  };
  const where = String.raw`user_id = @userId AND (@status IS NULL OR status = @status)
    AND (name LIKE @pattern ESCAPE '\' OR description LIKE @pattern ESCAPE '\')`;
  const total = db.prepare<[object], number>(`SELECT count(*) FROM jobs WHERE ${where}`).pluck().get(filter);
  // sort and order are one of the words listed in searchRequest; values cannot stand for them in SQL.
  const found = db
    .prepare<[object], Job>(`SELECT * FROM jobs WHERE ${where} ORDER BY ${sort} ${order}, id ${order} LIMIT @limit OFFSET @offset`)
    .all({ ...filter, limit: per_page, offset: (page - 1) * per_page });
  res.json({ jobs: found.map(present), total, page, per_page });
});

jobs.get("/:id", (req, res) => {
  res.json(present(ownJob(req)));
});

jobs.post("/:id/upload", async (req, res) => {
  const { id } = ownJob(req);
  const file = await storeUpload(req, id);
  // Read again: the upload took a while, and another one may have finished meanwhile.
  const before = jobOfUser.get(id, currentUser(req).id);
  const job = before && setFile.get(file.path, file.name, file.size, id);
  await removeUpload(job ? before.file_path : file.path);
  if (!job) throw new HttpError(404, "Job not found");
  res.json(present(job));
});

jobs.get("/:id/download", (req, res) => {
  sendUpload(res, ownJob(req));
});

jobs.post("/:id/share", (req, res) => {
  const job = ownJob(req);
  const { email } = shareRequest.parse(req.body);
  const list = sharedWith(job);
  if (!list.some((other) => other.toLowerCase() === email.toLowerCase())) list.push(email);
  res.json(present(setSharedWith.get(JSON.stringify(list), job.id)!));
});
