"""Configuration of where ML Metadata is kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import Section
from tfx_pipeline.config.sections.text_form import EnvironmentVariable, TextForm


class MetadataConfig(Section):
    """Where ML Metadata is kept: a file, a database server, or a server of ML Metadata."""

    kind: Literal["sqlite", "mysql", "postgresql", "grpc"] = "sqlite"
    """Kind of store; `mysql` is MariaDB as well, `grpc` a server of ML Metadata itself."""
    path: str = "tfx_metadata/{pipeline}/metadata.db"
    """SQLite file; `{pipeline}` stands for the pipeline's name."""
    host: str | None = None
    """Of the server, for every kind but `sqlite`."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Of the server; none: the usual one of its kind."""
    database: Annotated[
        str,
        TextForm(
            r"[A-Za-z_][A-Za-z0-9_]{0,62}", "letters, digits and `_`, no digit first; 63 at most"
        ),
    ] = "tfx_metadata"
    """Name of the database, which is there already; for `mysql` and `postgresql`."""
    user: str | None = None
    """Of the database."""
    password_env: EnvironmentVariable = "TFX_METADATA_PASSWORD"
    """Environment variable that holds the password where a step runs."""
    password_file: str | None = None
    """File that holds the password where a step runs; it is used before the variable."""

    @model_validator(mode="after")
    def _check_server(self) -> MetadataConfig:
        if self.kind != "sqlite" and not self.host:
            raise ValueError(f"kind `{self.kind}` needs `host`")
        if self.kind in ("mysql", "postgresql") and not self.user:
            raise ValueError(f"kind `{self.kind}` needs `user`")
        return self
