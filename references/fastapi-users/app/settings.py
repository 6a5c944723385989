"""All configuration, read from the environment and checked before the app can serve."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


def _strong(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if len(value.encode()) < 32 or len(set(value)) < 8:
        raise ValueError("must be a random value of at least 32 bytes")
    return secret


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    jwt_secret: Annotated[SecretStr, AfterValidator(_strong)]
    database_path: Path = Path("users.db")
    access_token_minutes: int = Field(15, ge=1, le=60)
    refresh_token_days: int = Field(7, ge=1, le=30)


try:
    settings = Settings()
except ValidationError as error:
    problems = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
    raise SystemExit(f"Invalid configuration. {problems}") from None
