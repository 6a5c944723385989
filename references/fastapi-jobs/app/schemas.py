"""What clients send and receive."""

from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _address(value: str) -> str:
    # Not pydantic's EmailStr: that also takes "Name <address>".
    try:
        return validate_email(value, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("not a valid email address") from None


def _strong_password(value: str) -> str:
    if len(set(value)) < 5:
        raise ValueError("uses too few different characters")
    return value


MAX_ID = 2**63 - 1  # SQLite's largest integer

Email = Annotated[str, Field(max_length=254), AfterValidator(_address)]
Id = Annotated[int, Path(ge=1, le=MAX_ID)]
Status = Literal["pending", "processing", "completed", "failed"]


class Credentials(BaseModel):
    email: Email
    password: str = Field(max_length=256)


class Registration(BaseModel):
    email: Email
    password: Annotated[str, Field(min_length=12, max_length=256), AfterValidator(_strong_password)]


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"
    expires_in: int


class JobIn(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=5_000)


class JobOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    description: str
    status: Status
    created_at: str
    file_path: str | None
    file_name: str | None
    file_size: int | None
    shared_with: list[str]


class JobQuery(BaseModel):
    q: str = Field("", max_length=200)
    status: Status | None = None
    sort: Literal["name", "created_at"] = "created_at"
    order: Literal["asc", "desc"] = "desc"
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(20, ge=1, le=100)


class JobPage(BaseModel):
    jobs: list[JobOut]
    total: int
    page: int
    per_page: int


class ShareIn(BaseModel):
    email: Email


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    role: str
    created_at: str


class Stats(BaseModel):
    users: int
    jobs: int
    jobs_by_status: dict[str, int]
    files: int
    stored_bytes: int


class ProcessingEvent(BaseModel):
    job_id: int = Field(ge=1, le=MAX_ID)
    status: Status
