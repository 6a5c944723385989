import { z } from "zod";
import type { User } from "./auth";
import { db } from "./database";
import { HttpError } from "./http";

export const STATUSES = ["pending", "processing", "completed", "failed"] as const;

export const newJob = z.object({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(5_000).default(""),
});

export type JobRow = {
  id: number;
  owner_id: number;
  name: string;
  description: string;
  status: string;
  created_at: string;
  file_path: string | null;
  file_name: string | null;
  file_size: number | null;
};

export function createJob(owner: User, { name, description }: z.infer<typeof newJob>): JobRow {
  return db()
    .prepare("INSERT INTO jobs (owner_id, name, description, status, created_at) VALUES (?, ?, ?, 'pending', ?) RETURNING *")
    .get(owner.id, name, description, new Date().toISOString()) as JobRow;
}

/** Somebody else's job answers exactly like one that does not exist. */
export function ownedJob(owner: User, id: string | undefined): JobRow {
  const job = /^\d{1,15}$/.test(id ?? "") && db().prepare("SELECT * FROM jobs WHERE id = ? AND owner_id = ?").get(Number(id), owner.id);
  if (!job) throw new HttpError(404, "Job not found");
  return job as JobRow;
}

export function jobJson(job: JobRow) {
  const shares = db().prepare("SELECT email FROM job_shares WHERE job_id = ? ORDER BY rowid").pluck().all(job.id);
  return {
    id: job.id,
    name: job.name,
    description: job.description,
    status: job.status,
    created_at: job.created_at,
    file: job.file_path === null ? null : { name: job.file_name, size: job.file_size },
    shared_with: shares as string[],
  };
}
