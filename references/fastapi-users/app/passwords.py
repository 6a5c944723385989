"""bcrypt, and nothing else."""

import secrets

import bcrypt

# bcrypt reads 72 bytes; what is longer would be cut, and newer versions refuse it.
MAX_BYTES = 72
# OWASP Password Storage Cheat Sheet: 10 or more, as high as the server bears.
ROUNDS = 10


def hash_password(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=ROUNDS)).decode()


# Checked when the account is unknown, so that the time taken does not name accounts.
_DECOY = hash_password(secrets.token_urlsafe())


def password_matches(password: str, stored: str | None) -> bool:
    given = password.encode()
    if len(given) > MAX_BYTES or b"\0" in given:
        given, stored = b"-", None
    matches = bcrypt.checkpw(given, (stored or _DECOY).encode())
    return matches and stored is not None
