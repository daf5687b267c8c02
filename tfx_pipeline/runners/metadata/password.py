"""The password of ML Metadata's database: read where a step runs, and never shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ConfigError, Problem


def password_of(metadata: MetadataConfig) -> str:
    """Read the password where the configuration says; empty when there is none.

    Raises:
        ConfigError: its file cannot be read.
    """
    if not metadata.password_file:
        return os.environ.get(metadata.password_env, "")
    try:
        text = Path(metadata.password_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text in UTF-8"
        field = "environment.metadata.password_file"
        problem = Problem(f"cannot be read: {reason}", field, metadata.password_file)
        raise ConfigError([problem], "the metadata store's password is missing") from None
    return text.rstrip("\r\n")


def without_password(metadata: MetadataConfig, said: str) -> str:
    """Take the password out of what a library or a server said."""
    password = password_of(metadata)
    return said.replace(password, "…") if password else said


def add_password(connection: Any, metadata: MetadataConfig) -> None:
    """Add it to a `ConnectionConfig` of a database.

    PostgreSQL's client gets all in one text, in which ML Metadata quotes nothing: without quotes,
    a space in the password would end it and show the rest of it in the log.
    """
    password = password_of(metadata)
    if metadata.kind == "mysql":
        connection.mysql.password = password
        return
    server = connection.postgresql
    for name in ("host", "user", "dbname"):
        setattr(server, name, _quoted(getattr(server, name)))
    if password:
        server.password = _quoted(password)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
