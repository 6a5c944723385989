"""Access and refresh tokens: both JWTs, told apart by `typ`; refresh tokens also have a row each."""

import sqlite3
import time
from typing import Any
from uuid import uuid4

from jose import JWTError, jwt

from settings import settings

ALGORITHM = "HS256"
ACCESS, REFRESH = "access", "refresh"


class InvalidToken(Exception):
    pass


def _sign(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), ALGORITHM)


def _verified(token: str, kind: str) -> dict[str, Any]:
    try:
        claims = jwt.decode(
            token,
            settings.jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],
            options={"require_exp": True, "require_sub": True, "require_jti": kind == REFRESH},
        )
    except JWTError as error:
        raise InvalidToken from error
    if claims.get("typ") != kind:
        raise InvalidToken
    return claims


def issue_access(user_id: int) -> str:
    now = int(time.time())
    expires = now + settings.access_token_minutes * 60
    return _sign({"sub": str(user_id), "typ": ACCESS, "iat": now, "exp": expires})


def user_of_access(token: str) -> int:
    return int(_verified(token, ACCESS)["sub"])


def issue_refresh(db: sqlite3.Connection, user_id: int, family: str | None = None) -> str:
    now = int(time.time())
    expires = now + settings.refresh_token_days * 86_400
    token_id = str(uuid4())
    db.execute("DELETE FROM refresh_tokens WHERE expires_at < ?", (now,))
    db.execute(
        "INSERT INTO refresh_tokens (id, family, user_id, expires_at) VALUES (?, ?, ?, ?)",
        (token_id, family or str(uuid4()), user_id, expires),
    )
    return _sign({"sub": str(user_id), "typ": REFRESH, "jti": token_id, "iat": now, "exp": expires})


def redeem_refresh(db: sqlite3.Connection, token: str) -> tuple[int, str]:
    """Uses a refresh token up; returns its user and family. A second use ends the whole family (RFC 9700, 4.14.2)."""
    claims = _verified(token, REFRESH)
    row = db.execute(
        "SELECT family, user_id FROM refresh_tokens WHERE id = ? AND user_id = ?",
        (claims["jti"], int(claims["sub"])),
    ).fetchone()
    if row is None:
        raise InvalidToken
    # One statement decides who used it first, also when two requests race.
    used = db.execute("UPDATE refresh_tokens SET used = 1 WHERE id = ? AND used = 0", (claims["jti"],))
    if used.rowcount == 0:
        db.execute("DELETE FROM refresh_tokens WHERE family = ?", (row["family"],))
        db.commit()
        raise InvalidToken
    return row["user_id"], row["family"]
