import Database from "better-sqlite3";

export type User = { id: number; name: string; email: string; bio: string };

const seedUsers = [
  ["Alice Martin", "alice@example.com", "Keeps the build green."],
  ["Bob Osei", "bob@example.com", "Writes the release notes."],
  ["Carol Lindqvist", "carol@example.com", "Looks after the customers."],
];

let opened: Database.Database | undefined;

export function db(): Database.Database {
  if (!opened) {
    opened = new Database("users.db");
    opened.exec(
      "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, bio TEXT NOT NULL DEFAULT '')",
    );
    const seed = opened.prepare("INSERT OR IGNORE INTO users (name, email, bio) VALUES (?, ?, ?)");
    for (const user of seedUsers) seed.run(...user);
  }
  return opened;
}
