"""Tables, seeded users, and a connection per request."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

from fastapi import Depends

from passwords import hash_password
from settings import settings

SEED_USERS = [
    ("Alice Martin", "alice@example.com", "Keeps the build green."),
    ("Bob Osei", "bob@example.com", "Writes the release notes."),
    ("Carol Lindqvist", "carol@example.com", "Looks after the customers."),
]

SCHEMA = """
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
"""


def connect() -> sqlite3.Connection:
    # Handlers run in a pool of threads, but each request has its connection to itself.
    connection = sqlite3.connect(settings.database_path, check_same_thread=False, timeout=10)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def get_db() -> Iterator[sqlite3.Connection]:
    connection = connect()
    try:
        with connection:
            yield connection
    finally:
        connection.close()


Db = Annotated[sqlite3.Connection, Depends(get_db)]


def init_db() -> None:
    with closing(connect()) as connection, connection:
        connection.executescript(SCHEMA)
        if connection.execute("SELECT EXISTS (SELECT 1 FROM users)").fetchone()[0]:
            return
        for name, email, bio in SEED_USERS:
            # Shown once, on the console of whoever starts the app for the first time.
            password = secrets.token_urlsafe(12)
            connection.execute(
                "INSERT INTO users (name, email, bio, password_hash) VALUES (?, ?, ?, ?)",
                (name, email, bio, hash_password(password)),
            )
            print(f"Initial password of {email}: {password}", flush=True)
