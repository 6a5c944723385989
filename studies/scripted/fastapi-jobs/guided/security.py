import hashlib
import hmac
import os
import time

from fastapi.responses import JSONResponse

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TRIES: dict[str, list[float]] = {}


def hash_password(password: str, salt: str | None = None) -> str:
    salt = salt or os.urandom(16).hex()
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=65536, r=8, p=1, maxmem=2**27)
    return f"{salt}:{key.hex()}"


def verify_password(password: str, stored: str) -> bool:
    return hmac.compare_digest(hash_password(password, stored.split(":")[0]), stored)


def protect(app) -> None:
    """Security headers everywhere, and five tries a minute for each address at what signs users in."""

    @app.middleware("http")
    async def guard(request, call_next):
        recent = []
        if request.url.path == "/auth/login":
            address = request.client.host
            recent = [at for at in TRIES.get(address, []) if time.time() - at < 60]
            TRIES[address] = [*recent, time.time()]
        if len(recent) >= 5:
            response = JSONResponse({"detail": "Too many tries"}, 429, {"Retry-After": "60"})
        else:
            response = await call_next(request)
        response.headers.update(HEADERS)
        return response
