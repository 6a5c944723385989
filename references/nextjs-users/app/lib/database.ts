import { randomBytes } from "node:crypto";
import Database from "better-sqlite3";
import { config } from "./config";
import { hashPassword } from "./passwords";

export type Profile = { id: number; name: string; email: string; bio: string };

const seedUsers = [
  ["Alice Martin", "alice@example.com", "Keeps the build green."],
  ["Bob Osei", "bob@example.com", "Writes the release notes."],
  ["Carol Lindqvist", "carol@example.com", "Looks after the customers."],
];

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    bio TEXT NOT NULL DEFAULT '',
    password_hash TEXT NOT NULL
  );
  -- One row for each refresh token ever issued, until it expires. A family is all that came of one login.
  CREATE TABLE IF NOT EXISTS refresh_tokens (
    id TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS refresh_tokens_by_family ON refresh_tokens (family);
`;

// Next bundles the instrumentation hook apart from the routes; the global makes them share one connection.
const shared = globalThis as { directory?: Database.Database };

export function db(): Database.Database {
  return (shared.directory ??= open(config().DATABASE_PATH));
}

function open(path: string): Database.Database {
  const database = new Database(path, { timeout: 2_000 });
  database.pragma("foreign_keys = ON");
  database.exec(SCHEMA);
  return database;
}

/** Gives a fresh database its users. Their passwords are shown once, on the console of whoever starts the app. */
export async function seed(database: Database.Database): Promise<void> {
  if (database.prepare("SELECT 1 FROM users").get()) return;
  const insert = database.prepare("INSERT INTO users (name, email, bio, password_hash) VALUES (?, ?, ?, ?)");
  for (const [name, email, bio] of seedUsers) {
    const password = randomBytes(9).toString("base64url");
    insert.run(name, email, bio, await hashPassword(password));
    console.log(`Initial password of ${email}: ${password}`);
  }
}

export const profileOf = (id: number): Profile | undefined =>
  db().prepare<[number], Profile>("SELECT id, name, email, bio FROM users WHERE id = ?").get(id);
