import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { config } from "./config";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
    created_at TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    file_path TEXT,
    file_name TEXT,
    file_size INTEGER
  );
  CREATE INDEX IF NOT EXISTS jobs_by_owner ON jobs (owner_id, created_at);
  CREATE TABLE IF NOT EXISTS job_shares (
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    email TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (job_id, email)
  );
`;

// Next bundles the instrumentation hook apart from the routes; the global makes them share one connection.
const shared = globalThis as { pipelineDatabase?: Database.Database };

export function db(): Database.Database {
  return (shared.pipelineDatabase ??= open(config().DATABASE_PATH));
}

function open(path: string): Database.Database {
  mkdirSync(dirname(path), { recursive: true });
  const database = new Database(path, { timeout: 2_000 });
  database.pragma("foreign_keys = ON");
  database.exec(SCHEMA);
  return database;
}
