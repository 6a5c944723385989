"""Signed messages from the processing service."""

import hashlib
import hmac
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from database import DbSession, Job
from schemas import ProcessingEvent
from settings import settings

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


async def signed_body(request: Request, x_signature: Annotated[str, Header()] = "") -> bytes:
    """The raw body, once its HMAC-SHA256 (64 hex digits) has proven to be right."""
    body = await request.body()
    key = settings.webhook_secret.get_secret_value().encode()
    expected = hmac.new(key, body, hashlib.sha256).hexdigest()
    well_formed = re.fullmatch(r"[0-9a-fA-F]{64}", x_signature)
    if not well_formed or not hmac.compare_digest(x_signature.lower(), expected):
        raise HTTPException(401, "Missing or wrong signature")
    return body


@router.post("/process")
def process(body: Annotated[bytes, Depends(signed_body)], session: DbSession) -> ProcessingEvent:
    try:
        event = ProcessingEvent.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    job = session.get(Job, event.job_id)
    if job is None:
        raise HTTPException(404, "Job not found")
    job.status = event.status
    session.commit()
    return event
