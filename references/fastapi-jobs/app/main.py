"""Puts the app together: start-up, middleware, error answers, routes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from database import Base, engine
from middleware import (
    BodyLimitMiddleware,
    StrictCORSMiddleware,
    add_security_headers,
    hide_failures,
    log_requests,
)
from routers import admin, auth, files, jobs, webhooks
from settings import settings

logging.basicConfig(
    level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
)
# Our own request log replaces it: uvicorn's would hold query strings.
logging.getLogger("uvicorn.access").disabled = True

JSON_BODY_LIMIT = 1024 * 1024
FORM_OVERHEAD = 64 * 1024


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    settings.upload_dir.mkdir(parents=True, exist_ok=True)
    Base.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(
    title="Data pipeline jobs",
    lifespan=lifespan,
    openapi_url=None,
    redirect_slashes=False,
)

# The last one added is the outermost.
app.add_middleware(
    BodyLimitMiddleware, default=JSON_BODY_LIMIT, uploads=settings.max_upload_bytes + FORM_OVERHEAD
)
app.middleware("http")(hide_failures)
app.add_middleware(
    StrictCORSMiddleware,
    allow_origins=[settings.allowed_origin],
    allow_methods=["GET", "POST", "DELETE"],
    allow_headers=["Authorization", "Content-Type"],
    expose_headers=["Content-Disposition", "Retry-After"],
)
app.middleware("http")(add_security_headers)
app.middleware("http")(log_requests)


@app.exception_handler(HTTPException)
async def http_error(_: Request, error: HTTPException) -> JSONResponse:
    unknown_route = error.status_code == 404 and error.detail == "Not Found"
    content = {"error": "Not found" if unknown_route else error.detail}
    return JSONResponse(content, error.status_code, error.headers)


@app.exception_handler(RequestValidationError)
async def validation_error(_: Request, error: RequestValidationError) -> JSONResponse:
    """Name the fields and the rules; never echo the input, which may be a password."""
    errors = error.errors()
    if any(e["type"] == "json_invalid" for e in errors):
        return JSONResponse({"error": "The body is not valid JSON"}, 400)
    fields = {".".join(map(str, e["loc"])): e["msg"] for e in errors}
    return JSONResponse({"error": "Invalid request", "fields": fields}, 422)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


app.include_router(auth.router)
app.include_router(jobs.router)
app.include_router(files.router)
app.include_router(admin.router)
app.include_router(webhooks.router)
