"""The one data file of a job: upload and download."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import Annotated, BinaryIO
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse
from starlette.datastructures import UploadFile

from database import DbSession
from routers.jobs import OwnedJob
from schemas import JobOut
from settings import settings

router = APIRouter(prefix="/jobs", tags=["files"])

MEDIA_TYPES = {".csv": "text/csv", ".json": "application/json"}


async def uploaded_file(request: Request, _: OwnedJob) -> AsyncIterator[UploadFile]:
    """Read the form only once the caller is known to own the job; it spools to disk."""
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422, "Send the file as multipart form field 'file'")
        yield file


def original_name(upload: UploadFile) -> str:
    """The client's name for the file, for showing only: never part of a path on disk."""
    name = PurePosixPath((upload.filename or "").replace("\\", "/")).name
    if len(name) > 255 or any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise HTTPException(422, "The file name is not acceptable")
    if PurePosixPath(name).suffix.lower() not in MEDIA_TYPES:
        raise HTTPException(415, "Only .csv and .json files are accepted")
    return name


def check_content(file: BinaryIO, suffix: str) -> None:
    """A cheap look: parsing 50 MB of JSON would cost many times that in memory."""
    start = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise HTTPException(422, "The file is empty")
    if suffix == ".json" and not start.startswith((b"{", b"[")):
        raise HTTPException(422, "The file is not a JSON object or array")
    file.seek(0)
    while chunk := file.read(1024 * 1024):
        if b"\0" in chunk:
            raise HTTPException(422, "The file is not text")
    file.seek(0)


@router.post("/{job_id}/upload", status_code=201, response_model=JobOut)
def upload_file(
    job: OwnedJob, upload: Annotated[UploadFile, Depends(uploaded_file)], session: DbSession
):
    name = original_name(upload)
    if upload.size is None or upload.size > settings.max_upload_bytes:
        raise HTTPException(413, f"Files may have at most {settings.max_upload_bytes} bytes")
    suffix = PurePosixPath(name).suffix.lower()
    check_content(upload.file, suffix)

    previous = job.file_path
    path = settings.upload_dir / f"{job.id}-{uuid4().hex}{suffix}"
    try:
        with path.open("xb") as target:
            shutil.copyfileobj(upload.file, target)
        job.file_path, job.file_name, job.file_size = str(path), name, upload.size
        session.commit()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if previous:
        Path(previous).unlink(missing_ok=True)
    return job


@router.get("/{job_id}/download")
def download_file(job: OwnedJob) -> FileResponse:
    if job.file_path is None or not Path(job.file_path).is_file():
        raise HTTPException(404, "This job has no file")
    path = Path(job.file_path)
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], filename=job.file_name)
