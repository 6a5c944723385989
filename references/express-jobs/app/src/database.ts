import Database from "better-sqlite3";
import { config } from "./config.ts";

export type User = { id: number; email: string; password_hash: string; role: "user" | "admin"; created_at: string };

export type Job = {
  id: number;
  user_id: number;
  name: string;
  description: string;
  status: JobStatus;
  created_at: string;
  file_path: string | null;
  file_name: string | null;
  file_size: number | null;
  shared_with: string;
};

export const jobStatuses = ["pending", "processing", "completed", "failed"] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const db = new Database(config.DATABASE_PATH);
db.pragma("foreign_keys = ON");

// AUTOINCREMENT never hands out an id again, so a deleted user's token can never name somebody else.
db.exec(`
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
    created_at TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    created_at TEXT NOT NULL,
    file_path TEXT,
    file_name TEXT,
    file_size INTEGER,
    shared_with TEXT NOT NULL DEFAULT '[]'
  );
  CREATE INDEX IF NOT EXISTS jobs_by_user ON jobs (user_id, created_at);
`);
