import base64
import hashlib
import hmac
import json
import os
import sqlite3
import time
from datetime import datetime, timezone
from itertools import count

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

from security import hash_password, protect, verify_password

SECRET = os.environ["JWT_SECRET"].encode()
app = FastAPI(title="Data pipeline jobs")
protect(app)

database = sqlite3.connect("users.db", check_same_thread=False)
database.execute("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, password TEXT)")
_ids = count(1)
JOBS: dict[int, dict] = {}


class Credentials(BaseModel):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)
    password: str = Field(min_length=8, max_length=128)


class JobIn(BaseModel):
    name: str
    description: str = ""


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def sign(text: str) -> str:
    return encode(hmac.new(SECRET, text.encode(), hashlib.sha256).digest())


def token_for(user: int) -> dict:
    claims = {"sub": str(user), "exp": int(time.time()) + 86400}
    head = {"alg": "HS256", "typ": "JWT"}
    text = ".".join(encode(json.dumps(part).encode()) for part in (head, claims))
    return {"token": f"{text}.{sign(text)}"}


def current_user(authorization: str = Header("")) -> int:
    try:
        head, body, signature = authorization.removeprefix("Bearer ").split(".")
        if not hmac.compare_digest(signature.encode(), sign(f"{head}.{body}").encode()):
            raise ValueError
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if claims["exp"] < time.time():
            raise ValueError
        return int(claims["sub"])
    except (ValueError, KeyError):
        raise HTTPException(401, "A valid token is needed") from None


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/auth/register", status_code=201)
def register(body: Credentials):
    try:
        with database:
            added = database.execute(
                "INSERT INTO users (email, password) VALUES (?, ?)", (body.email, hash_password(body.password))
            )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "Email is taken") from None
    return token_for(added.lastrowid)


@app.post("/auth/login")
def login(body: Credentials):
    found = database.execute("SELECT id, password FROM users WHERE email = ?", (body.email,)).fetchone()
    if not found or not verify_password(body.password, found[1]):
        raise HTTPException(401, "Wrong email or password")
    return token_for(found[0])


@app.get("/jobs")
def list_jobs(user: int = Depends(current_user)):
    return [job for job in JOBS.values() if job["owner"] == user]


@app.post("/jobs", status_code=201)
def create_job(body: JobIn, user: int = Depends(current_user)):
    job = {
        "id": next(_ids),
        "owner": user,
        "name": body.name,
        "description": body.description,
        "status": "pending",
        "created_at": datetime.now(timezone.utc).isoformat(),
    }
    JOBS[job["id"]] = job
    return job


@app.get("/jobs/{job_id}")
def get_job(job_id: int, user: int = Depends(current_user)):
    job = JOBS.get(job_id)
    if not job or job["owner"] != user:
        raise HTTPException(404, "Job not found")
    return job


@app.post("/jobs/{job_id}/upload")
def upload(job_id: int, user: int = Depends(current_user)):
    raise HTTPException(501, "Not implemented")
