"""Passwords, tokens and the dependencies that say who is asking."""

import secrets
from datetime import datetime, timedelta, timezone
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pwdlib import PasswordHash

from database import DbSession, User
from schemas import Token
from settings import settings

ALGORITHM = "HS256"

_hasher = PasswordHash.recommended()
_DUMMY_HASH = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def password_matches(password: str, user: User | None) -> bool:
    # Unknown accounts cost the same hash, so that the time taken does not name them.
    matches = _hasher.verify(password, user.password_hash if user else _DUMMY_HASH)
    return matches and user is not None


def issue_token(user: User) -> Token:
    now = datetime.now(timezone.utc)
    life = timedelta(minutes=settings.token_ttl_minutes)
    claims = {"sub": str(user.id), "iat": now, "exp": now + life}
    token = jwt.encode(claims, settings.jwt_secret.get_secret_value(), ALGORITHM)
    return Token(access_token=token, expires_in=int(life.total_seconds()))


def current_user(
    session: DbSession,
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> User:
    try:
        claims = jwt.decode(
            credentials.credentials,
            settings.jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],
            options={"require": ["exp", "sub"]},
        )
        # Looked up each time: the token of a deleted user is worth nothing.
        user = session.get(User, int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError, OverflowError):
        user = None
    if user is None:
        raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def require_admin(user: CurrentUser) -> User:
    if user.role != "admin":
        raise HTTPException(403, "Admins only")
    return user


AdminUser = Annotated[User, Depends(require_admin)]
