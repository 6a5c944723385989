"""Jobs: create, list, search, read and share. Every query is bound to the signed-in owner."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from sqlalchemy import asc, desc, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from database import DbSession, Job, JobShare
from schemas import Id, JobIn, JobOut, JobPage, JobQuery, ShareIn
from security import CurrentUser

router = APIRouter(prefix="/jobs", tags=["jobs"])

SORT_COLUMNS = {"name": Job.name, "created_at": Job.created_at}


def owned_job(job_id: Id, user: CurrentUser, session: DbSession) -> Job:
    job = session.scalar(select(Job).where(Job.id == job_id, Job.owner_id == user.id))
    if job is None:
        raise HTTPException(404, "Job not found")
    return job


OwnedJob = Annotated[Job, Depends(owned_job)]


@router.get("", response_model=list[JobOut])
def list_jobs(user: CurrentUser, session: DbSession):
    return session.scalars(select(Job).where(Job.owner_id == user.id).order_by(Job.id)).all()


@router.post("", status_code=201, response_model=JobOut)
def create_job(body: JobIn, user: CurrentUser, session: DbSession):
    job = Job(owner_id=user.id, name=body.name, description=body.description)
    session.add(job)
    session.commit()
    return job


@router.get("/search", response_model=JobPage)
def search_jobs(query: Annotated[JobQuery, Query()], user: CurrentUser, session: DbSession):
    matching = select(Job).where(Job.owner_id == user.id)
    if query.q:
        matching = matching.where(
            or_(
                Job.name.icontains(query.q, autoescape=True),
                Job.description.icontains(query.q, autoescape=True),
            )
        )
    if query.status:
        matching = matching.where(Job.status == query.status)
    direction = asc if query.order == "asc" else desc
    ordered = matching.order_by(direction(SORT_COLUMNS[query.sort]), direction(Job.id))
    page = ordered.limit(query.per_page).offset((query.page - 1) * query.per_page)
    return {
        "jobs": session.scalars(page).all(),
        "total": session.scalar(select(func.count()).select_from(matching.subquery())),
        "page": query.page,
        "per_page": query.per_page,
    }


@router.get("/{job_id}", response_model=JobOut)
def get_job(job: OwnedJob):
    return job


@router.post("/{job_id}/share", response_model=JobOut)
def share_job(job: OwnedJob, body: ShareIn, session: DbSession):
    session.execute(
        insert(JobShare).values(job_id=job.id, email=body.email).on_conflict_do_nothing()
    )
    session.commit()
    session.refresh(job)
    return job
