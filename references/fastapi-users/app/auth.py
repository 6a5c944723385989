"""POST /login, GET /me, POST /refresh."""

import sqlite3
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

from database import Db
from passwords import password_matches
from settings import settings
from throttle import Throttle
from tokens import InvalidToken, issue_access, issue_refresh, redeem_refresh, user_of_access

router = APIRouter(tags=["auth"])
bearer = OAuth2PasswordBearer(tokenUrl="login")

# The wider two stop one address from trying many accounts, and many addresses one account.
failures_by_address_and_email = Throttle(limit=5)
failures_by_email = Throttle(limit=15)
failures_by_address = Throttle(limit=30)
refreshes_by_address = Throttle(limit=60)


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"
    expires_in: int


class RefreshRequest(BaseModel):
    refresh_token: str = Field(min_length=1, max_length=4096)


class Profile(BaseModel):
    id: int
    name: str
    email: str
    bio: str


def client_address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


def tokens_for(db: sqlite3.Connection, response: Response, user_id: int, family: str | None = None) -> Tokens:
    response.headers["Cache-Control"] = "no-store"
    refresh_token = issue_refresh(db, user_id, family)
    # The connection's own commit comes after the answer: a quick client would find its token unknown.
    db.commit()
    return Tokens(
        access_token=issue_access(user_id),
        refresh_token=refresh_token,
        expires_in=settings.access_token_minutes * 60,
    )


@router.post("/login")
def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], request: Request, response: Response, db: Db
) -> Tokens:
    address, email = client_address(request), form.username
    attempts = [
        (failures_by_address_and_email, (address, email)),
        (failures_by_email, email),
        (failures_by_address, address),
    ]
    # Counted before the hash is computed, so that parallel guesses do not slip through.
    for throttle, key in attempts:
        throttle.hit(key)
    user = db.execute("SELECT id, password_hash FROM users WHERE email = ?", (email,)).fetchone()
    if not password_matches(form.password, user["password_hash"] if user else None):
        raise unauthorized("Wrong email or password")
    for throttle, key in attempts:
        throttle.forgive(key)
    return tokens_for(db, response, user["id"])


@router.post("/refresh")
def refresh(body: RefreshRequest, request: Request, response: Response, db: Db) -> Tokens:
    refreshes_by_address.hit(client_address(request))
    try:
        user_id, family = redeem_refresh(db, body.refresh_token)
    except InvalidToken:
        raise unauthorized("Invalid refresh token") from None
    if db.execute("SELECT id FROM users WHERE id = ?", (user_id,)).fetchone() is None:
        raise unauthorized("Invalid refresh token")
    return tokens_for(db, response, user_id, family)


@router.get("/me")
def me(token: Annotated[str, Depends(bearer)], db: Db) -> Profile:
    try:
        user_id = user_of_access(token)
    except (InvalidToken, ValueError):
        raise unauthorized("Invalid access token") from None
    # Looked up each time: the token of a deleted user is worth nothing.
    user = db.execute("SELECT id, name, email, bio FROM users WHERE id = ?", (user_id,)).fetchone()
    if user is None:
        raise unauthorized("Invalid access token")
    return Profile(**user)
