import sqlite3
from collections.abc import Iterator

DATABASE = "users.db"

SEED_USERS = [
    ("Alice Martin", "alice@example.com", "Keeps the build green."),
    ("Bob Osei", "bob@example.com", "Writes the release notes."),
    ("Carol Lindqvist", "carol@example.com", "Looks after the customers."),
]


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(DATABASE, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def get_db() -> Iterator[sqlite3.Connection]:
    connection = connect()
    try:
        yield connection
    finally:
        connection.close()


def init_db() -> None:
    connection = connect()
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS users ("
            "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, bio TEXT NOT NULL DEFAULT '')"
        )
        connection.executemany("INSERT OR IGNORE INTO users (name, email, bio) VALUES (?, ?, ?)", SEED_USERS)
    connection.close()
