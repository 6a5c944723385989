import os
import secrets
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ["JWT_SECRET"] = secrets.token_urlsafe(48)

from fastapi.testclient import TestClient  # noqa: E402

import auth  # noqa: E402
import database  # noqa: E402
from main import app  # noqa: E402
from passwords import hash_password  # noqa: E402
from settings import settings  # noqa: E402

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)


@pytest.fixture
def client(tmp_path):
    settings.database_path = tmp_path / "users.db"
    for throttle in (
        auth.failures_by_address_and_email,
        auth.failures_by_email,
        auth.failures_by_address,
        auth.refreshes_by_address,
    ):
        throttle._hits.clear()
    with TestClient(app) as client:
        with database.connect() as connection:
            connection.execute("UPDATE users SET password_hash = ?", (HASH,))
        yield client


@pytest.fixture
def login(client):
    def _login(email="alice@example.com", password=PASSWORD):
        return client.post("/login", data={"username": email, "password": password})

    return _login


@pytest.fixture
def tokens(login):
    return login().json()
