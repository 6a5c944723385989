import sqlite3
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException

from database import get_db, init_db


@asynccontextmanager
async def lifespan(_: FastAPI):
    init_db()
    yield


app = FastAPI(title="Team directory", lifespan=lifespan)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/users")
def list_users(db: sqlite3.Connection = Depends(get_db)):
    return [dict(row) for row in db.execute("SELECT * FROM users ORDER BY id")]


@app.get("/users/{user_id}")
def get_user(user_id: int, db: sqlite3.Connection = Depends(get_db)):
    row = db.execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "User not found")
    return dict(row)
