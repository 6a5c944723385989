import time

import pytest
from jose import jwt

import database
from settings import settings
from tokens import ALGORITHM


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def resigned(token, **claims):
    key = settings.jwt_secret.get_secret_value()
    return jwt.encode({**jwt.get_unverified_claims(token), **claims}, key, ALGORITHM)


def altered(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def test_login_answers_with_both_tokens(login):
    response = login()
    assert response.status_code == 200
    assert {"access_token", "refresh_token", "token_type", "expires_in"} == set(response.json())
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("credentials", [("alice@example.com", "wrong"), ("nobody@example.com", "wrong")])
def test_login_refuses_without_naming_accounts(login, credentials):
    response = login(*credentials)
    assert response.status_code == 401
    assert response.json() == {"detail": "Wrong email or password"}


@pytest.mark.parametrize("password", ["x" * 73, "a\0b", ""])
def test_login_survives_odd_passwords(login, password):
    assert login(password=password).status_code in (401, 422)


def test_login_is_throttled(login):
    statuses = [login(password="wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_me_answers_with_own_profile(client, tokens):
    response = client.get("/me", headers=bearer(tokens["access_token"]))
    assert response.status_code == 200
    assert response.json()["email"] == "alice@example.com"
    assert "password_hash" not in response.json()


def test_me_needs_a_token(client):
    response = client.get("/me")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_me_refuses_a_refresh_token(client, tokens):
    assert client.get("/me", headers=bearer(tokens["refresh_token"])).status_code == 401


def test_me_refuses_expired_and_altered_tokens(client, tokens):
    expired = resigned(tokens["access_token"], exp=int(time.time()) - 10)
    for token in (expired, altered(tokens["access_token"])):
        assert client.get("/me", headers=bearer(token)).status_code == 401


def test_me_refuses_a_deleted_user(client, tokens):
    with database.connect() as connection:
        connection.execute("DELETE FROM users WHERE email = 'alice@example.com'")
    assert client.get("/me", headers=bearer(tokens["access_token"])).status_code == 401


def refresh(client, token):
    return client.post("/refresh", json={"refresh_token": token})


def test_refresh_answers_with_usable_tokens(client, tokens):
    response = refresh(client, tokens["refresh_token"])
    assert response.status_code == 200
    assert client.get("/me", headers=bearer(response.json()["access_token"])).status_code == 200
    assert refresh(client, response.json()["refresh_token"]).status_code == 200


def test_refresh_refuses_an_access_token(client, tokens):
    assert refresh(client, tokens["access_token"]).status_code == 401


def test_refresh_refuses_expired_and_altered_tokens(client, tokens):
    expired = resigned(tokens["refresh_token"], exp=int(time.time()) - 10)
    for token in (expired, altered(tokens["refresh_token"])):
        assert refresh(client, token).status_code == 401


def test_reuse_of_a_refresh_token_ends_its_family(client, tokens):
    newer = refresh(client, tokens["refresh_token"]).json()["refresh_token"]
    assert refresh(client, tokens["refresh_token"]).status_code == 401
    assert refresh(client, newer).status_code == 401


def test_users_show_no_hash(client):
    assert all(set(user) == {"id", "name", "email", "bio"} for user in client.get("/users").json())
