"""Configuration of a table that is not in files."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, model_validator

from tfx_pipeline.config.sections.section import EnvironmentVariable, Section, TextForm

_SECRETS = ("password", "passwd", "pwd", "secret", "token")
_NAMES = re.compile(r"(\w+)\s*=")
_EXAMPLES = "e.g. postgresql://user@host/database, sqlite:///file"


def _without_password(url: str) -> str:
    refused = (
        "a password in a URL is seen by everyone who sees the configuration;"
        " name its variable in password_env, or its file in password_file"
    )
    try:
        parts = urlsplit(url)
        has_password = parts.password is not None
        _ = parts.port
    except ValueError:
        raise ValueError(refused if "@" in url else f"not a URL, {_EXAMPLES}") from None
    options = parse_qsl(parts.query, keep_blank_values=True)
    # `odbc_connect` has options of its own in its value: `UID=ada;PWD=…`.
    names = [name for option, value in options for name in (option, *_NAMES.findall(value))]
    if has_password or any(secret in name.lower() for name in names for secret in _SECRETS):
        raise ValueError(refused)
    if not parts.scheme or "://" not in url:
        raise ValueError(f"not a URL, {_EXAMPLES}")
    return url


class SqlSource(Section):
    """Rows of a database, asked for once before each run."""

    kind: Literal["sql"]
    """Any database; PostgreSQL and SQLite are read fastest."""
    url: Annotated[str, AfterValidator(_without_password)]
    """Where it is, as SQLAlchemy writes it and without a password: `postgresql://user@host/name`,
    `sqlite:///file` (from the project's root on) or `sqlite:////folder/file`,
    `mysql://user@host/name`."""
    query: str | None = Field(default=None, min_length=1)
    """One statement that gives the rows; `ORDER BY` makes equal data equal rows."""
    table: str | None = Field(default=None, min_length=1)
    """Instead of a query: all rows of this table, or view; `schema.table` too."""
    password_env: EnvironmentVariable | None = None
    """Environment variable that holds the password of the user in the URL."""
    password_file: str | None = None
    """File that holds it."""

    @model_validator(mode="after")
    def _one_of_each(self) -> SqlSource:
        if (self.query is None) == (self.table is None):
            raise ValueError("needs either `query` or `table`")
        if self.password_env and self.password_file:
            raise ValueError("takes either `password_env` or `password_file`")
        return self

    @property
    def name(self) -> str:
        """What messages call the rows."""
        return f"{self.table or 'the query'} of {self.url}"


class BigQuerySource(Section):
    """Rows of BigQuery, read in the cluster by TFX's own component."""

    kind: Literal["bigquery"]
    """Only for pipelines that are compiled for Kubeflow Pipelines or Vertex AI."""
    query: str = Field(min_length=1)
    """One statement of GoogleSQL that gives the rows."""
    project: Annotated[str, TextForm(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "the id of a project")]
    """Google Cloud project that the query is run, and paid, in."""
    temp_location: Annotated[
        str | None, TextForm(r"gs://[^/]+(/.*)?", "a place of Cloud Storage: gs://bucket/folder")
    ] = None
    """Where BigQuery exports the rows to, before they are read; unsaid: in the pipeline root."""

    @property
    def name(self) -> str:
        """What messages call the rows."""
        return f"BigQuery, project {self.project}"


Source = Annotated[SqlSource | BigQuerySource, Field(discriminator="kind")]
"""Where a table is that is not in files."""
