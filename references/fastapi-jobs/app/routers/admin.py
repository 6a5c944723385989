"""For admins only: the router itself demands the role, so no route can forget it."""

from pathlib import Path

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import func, select

from database import DbSession, Job, User
from schemas import Id, Stats, UserOut
from security import AdminUser, require_admin

router = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(require_admin)])


@router.get("/users", response_model=list[UserOut])
def list_users(session: DbSession):
    return session.scalars(select(User).order_by(User.id)).all()


@router.delete("/users/{user_id}", status_code=204)
def delete_user(user_id: Id, admin: AdminUser, session: DbSession) -> None:
    # Without this an admin could empty the table, and the next stranger would become admin.
    if user_id == admin.id:
        raise HTTPException(409, "Admins cannot delete themselves")
    user = session.get(User, user_id)
    if user is None:
        raise HTTPException(404, "User not found")
    files = session.scalars(
        select(Job.file_path).where(Job.owner_id == user_id, Job.file_path.is_not(None))
    ).all()
    session.delete(user)
    session.commit()
    for file_path in files:
        Path(file_path).unlink(missing_ok=True)


@router.get("/stats")
def stats(session: DbSession) -> Stats:
    by_status = session.execute(select(Job.status, func.count()).group_by(Job.status)).tuples()
    files, stored_bytes = session.execute(
        select(func.count(Job.file_path), func.coalesce(func.sum(Job.file_size), 0))
    ).one()
    return Stats(
        users=session.scalar(select(func.count(User.id))),
        jobs=session.scalar(select(func.count(Job.id))),
        jobs_by_status=dict(by_status.all()),
        files=files,
        stored_bytes=stored_bytes,
    )
