"""Puts the app together."""

from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException

import auth
from auth import Profile
from database import Db, init_db


@asynccontextmanager
async def lifespan(_: FastAPI):
    init_db()
    yield


app = FastAPI(title="Team directory", lifespan=lifespan)
app.include_router(auth.router)


@app.get("/health")
def health():
    return {"status": "ok"}


# Columns are named: the table also holds what nobody may see.
@app.get("/users")
def list_users(db: Db) -> list[Profile]:
    return [Profile(**row) for row in db.execute("SELECT id, name, email, bio FROM users ORDER BY id")]


@app.get("/users/{user_id}")
def get_user(user_id: int, db: Db) -> Profile:
    row = db.execute("SELECT id, name, email, bio FROM users WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "User not found")
    return Profile(**row)
