"""Tables and the per-request session."""

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Annotated

from fastapi import Depends
from sqlalchemy import ForeignKey, NullPool, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from settings import settings

engine = create_engine(
    f"sqlite:///{settings.database_path}",
    # A pool would let a few slow uploads hold every connection.
    poolclass=NullPool,
    # Parameters hold password hashes and must not reach the logs with a traceback.
    hide_parameters=True,
)


@event.listens_for(engine, "connect")
def _enforce_foreign_keys(connection, _record) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


def _now() -> str:
    # Microseconds are always written out, so that the text sorts by time.
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


class Base(DeclarativeBase):
    # Ids are never reused: an old token or file cannot fall to a later user or job.
    __table_args__ = {"sqlite_autoincrement": True}


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[str] = mapped_column(default=_now)


class Job(Base):
    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    description: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    created_at: Mapped[str] = mapped_column(default=_now)
    file_path: Mapped[str | None]
    file_name: Mapped[str | None]
    file_size: Mapped[int | None]
    shares: Mapped[list["JobShare"]] = relationship(
        lazy="selectin", order_by="JobShare.email", passive_deletes=True
    )

    @property
    def shared_with(self) -> list[str]:
        return [share.email for share in self.shares]


class JobShare(Base):
    __tablename__ = "job_shares"
    __table_args__ = {"sqlite_autoincrement": False}

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(primary_key=True)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


DbSession = Annotated[Session, Depends(get_session)]
