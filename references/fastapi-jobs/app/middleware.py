"""What happens to every request, whatever its route."""

import json
import logging
import time
from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Next = Callable[[Request], Awaitable[Response]]

logger = logging.getLogger("pipeline")

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


async def log_requests(request: Request, call_next: Next) -> Response:
    started = time.perf_counter()
    response = await call_next(request)
    # No query string: it holds what people search for. JSON escapes line breaks, so that a
    # path cannot forge a log line.
    record = {
        "client": request.client.host if request.client else None,
        "method": request.method,
        "path": request.url.path,
        "status": response.status_code,
        "ms": round((time.perf_counter() - started) * 1000, 1),
    }
    logger.info(json.dumps(record))
    return response


async def add_security_headers(request: Request, call_next: Next) -> Response:
    response = await call_next(request)
    response.headers.update(SECURITY_HEADERS)
    return response


async def hide_failures(request: Request, call_next: Next) -> Response:
    """Not an exception handler: one for Exception runs outside the header middleware."""
    try:
        return await call_next(request)
    except Exception:
        logger.exception("Unhandled exception")
        return JSONResponse({"error": "Internal server error"}, 500)


class StrictCORSMiddleware(CORSMiddleware):
    """Starlette tells foreign preflights which methods and headers exist; this does not."""

    def preflight_response(self, request_headers: Headers) -> Response:
        if not self.is_allowed_origin(request_headers["origin"]):
            return JSONResponse({"error": "Origin not allowed"}, 403, {"Vary": "Origin"})
        return super().preflight_response(request_headers)


class BodyLimitMiddleware:
    """Caps bodies as they are read, declared or chunked.

    FastAPI's max_body_size answers in plain text past the error handlers, hence our own.
    """

    def __init__(self, app: ASGIApp, default: int, uploads: int) -> None:
        self.app = app
        self.default = default
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.uploads if scope["path"].endswith("/upload") else self.default
        declared = int(Headers(scope=scope).get("content-length", "0"))
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive() if declared <= limit else {}
            received += len(message.get("body", b""))
            if max(declared, received) > limit:
                raise HTTPException(413, "The request body is too large")
            return message

        await self.app(scope, limited_receive, send)
