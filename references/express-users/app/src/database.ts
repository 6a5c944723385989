import { randomBytes } from "node:crypto";
import Database from "better-sqlite3";
import { config } from "./config.ts";
import { hashPassword } from "./passwords.ts";

export type Profile = { id: number; name: string; email: string; bio: string };

const seedUsers = [
  ["Alice Martin", "alice@example.com", "Keeps the build green."],
  ["Bob Osei", "bob@example.com", "Writes the release notes."],
  ["Carol Lindqvist", "carol@example.com", "Looks after the customers."],
];

export const db = new Database(config.DATABASE_PATH);
db.pragma("foreign_keys = ON");
db.exec(`
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
`);

if (!db.prepare("SELECT 1 FROM users").get()) {
  const insert = db.prepare("INSERT INTO users (name, email, bio, password_hash) VALUES (?, ?, ?, ?)");
  for (const [name, email, bio] of seedUsers) {
    // Shown once, on the console of whoever starts the app for the first time.
    const password = randomBytes(9).toString("base64url");
    insert.run(name, email, bio, await hashPassword(password));
    console.log(`Initial password of ${email}: ${password}`);
  }
}
