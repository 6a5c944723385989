"""All configuration, read from the environment and checked before the app can serve."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


def _strong(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if len(value.encode()) < 32 or len(set(value)) < 8:
        raise ValueError("must be a random value of at least 32 bytes")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_strong)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    jwt_secret: Secret
    webhook_secret: Secret
    allowed_origin: str = Field("https://app.datapipeline.io", pattern=r"^https?://[^/*\s]+$")
    database_path: Path = Path("pipeline.db")
    upload_dir: Path = Path("uploads")
    max_upload_bytes: int = Field(50 * 1024 * 1024, gt=0)
    token_ttl_minutes: int = Field(60, ge=1, le=24 * 60)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


try:
    settings = Settings()
except ValidationError as error:
    problems = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
    raise SystemExit(f"Invalid configuration. {problems}") from None
