"""Registration and login."""

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import case, exists, select
from sqlalchemy.exc import IntegrityError

from database import DbSession, User
from schemas import Credentials, Registration, Token
from security import hash_password, issue_token, password_matches
from throttle import Throttle

router = APIRouter(prefix="/auth", tags=["auth"])

registrations = Throttle(limit=20)
# The wider two stop one address from trying many accounts, and many addresses one account.
failures_by_address_and_email = Throttle(limit=5)
failures_by_email = Throttle(limit=15)
failures_by_address = Throttle(limit=30)


def client_address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


@router.post("/register", status_code=201)
def register(body: Registration, request: Request, session: DbSession) -> Token:
    registrations.hit(client_address(request))
    # The role is decided inside the INSERT: two first users at once cannot both become admin.
    role = case((exists(select(User.id)), "user"), else_="admin")
    user = User(email=body.email, password_hash=hash_password(body.password), role=role)
    session.add(user)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "This email address is already registered") from None
    return issue_token(user)


@router.post("/login")
def login(body: Credentials, request: Request, session: DbSession) -> Token:
    address = client_address(request)
    attempts = [
        (failures_by_address_and_email, (address, body.email)),
        (failures_by_email, body.email),
        (failures_by_address, address),
    ]
    # Counted before the hash is computed, so that parallel guesses do not slip through.
    for throttle, key in attempts:
        throttle.hit(key)
    user = session.scalar(select(User).where(User.email == body.email))
    if not password_matches(body.password, user):
        raise HTTPException(401, "Wrong email or password", {"WWW-Authenticate": "Bearer"})
    for throttle, key in attempts:
        throttle.forgive(key)
    return issue_token(user)
