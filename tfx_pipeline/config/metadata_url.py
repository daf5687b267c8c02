"""Where ML Metadata is kept, as a URL: as `--metadata-url` takes it, and as messages name it.

The URL holds no password: a process's arguments are there for everyone to read.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import ValidationError

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ConfigError, Problem

USUAL_PORTS = {"mysql": 3306, "postgresql": 5432, "grpc": 8080}
_OPTION = "--metadata-url"
_ALLOWED = "sqlite:///FILE, mysql://USER@HOST:PORT/DATABASE, postgresql://…, or grpc://HOST:PORT"
_SCHEMES = {"mariadb": "mysql", "postgres": "postgresql"}


def metadata_of(config: PipelineConfig) -> MetadataConfig:
    """Say where a pipeline keeps its metadata, with the paths of its files made absolute."""
    metadata = config.environment.metadata
    paths = {"path": str(config.path(metadata.path))}
    if metadata.password_file:
        paths["password_file"] = str(config.path(metadata.password_file))
    return metadata.model_copy(update=paths)


def parse_url(url: str, base: MetadataConfig | None = None) -> MetadataConfig:
    """Read such a URL.

    Args:
        url: e.g. `mysql://keeper@db.example:3306/tfx_metadata`, or `sqlite:////tmp/metadata.db`.
        base: says where the password is.

    Raises:
        ConfigError: the URL cannot be used, or it holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refuse("cannot be read as a URL", None) from None
    if parts.password is not None or "password" in parts.query.lower():
        raise _refuse("a password in a URL is seen by everyone who sees the process", None)
    kind = _SCHEMES.get(parts.scheme, parts.scheme)
    if kind not in get_args(MetadataConfig.model_fields["kind"].annotation):
        raise _refuse("unknown kind of store", url)
    if parts.query or parts.fragment:
        raise _refuse("nothing may follow the database's name", url.split("?")[0].split("#")[0])
    values = _file(parts) if kind == "sqlite" else _server(kind, parts)
    try:
        secret = {"password_env", "password_file"}
        kept = base.model_dump(include=secret, exclude_unset=True) if base else {}
        return MetadataConfig(**{"kind": kind, "port": port, **values, **kept})
    except ValidationError as error:
        said = (
            "".join(f"{key}: " for key in each["loc"])
            + str(each["msg"]).removeprefix("Value error, ")
            for each in error.errors()
        )
        raise _refuse("; ".join(said), url) from None


def address(metadata: MetadataConfig) -> str:
    """Name where metadata is kept in a message; a password is not part of it."""
    if metadata.kind == "sqlite":
        return metadata.path
    port = metadata.port or USUAL_PORTS[metadata.kind]
    if metadata.kind == "grpc":
        return f"grpc://{metadata.host}:{port}"
    return f"{metadata.kind}://{metadata.user}@{metadata.host}:{port}/{metadata.database}"


def password_place(metadata: MetadataConfig) -> str:
    """Say where the password of the metadata is looked for."""
    if metadata.password_file:
        return f"the file {metadata.password_file}"
    return f"the environment variable {metadata.password_env}"


def _file(parts: SplitResult) -> dict[str, object]:
    path = unquote(parts.path)
    if parts.netloc or not path.startswith("/"):
        raise _refuse("an SQLite file needs an absolute path, after three slashes", parts.geturl())
    clean = "/" + path.lstrip("/")  # SQLAlchemy's way has four slashes
    if clean == "/" or Path(clean).is_dir():
        raise _refuse("a folder, not a file", parts.geturl())
    return {"path": clean, "port": None}


def _server(kind: str, parts: SplitResult) -> dict[str, object]:
    user = unquote(parts.username) if parts.username else None
    database = unquote(parts.path.strip("/"))
    if kind == "grpc":
        if user or database:
            raise _refuse("a server of ML Metadata has neither user nor database", parts.geturl())
        return {"host": parts.hostname}
    if not database:
        raise _refuse("the name of the database is missing", parts.geturl())
    return {"host": parts.hostname, "user": user, "database": database}


def _refuse(what: str, received: str | None) -> ConfigError:
    next_step = None
    if "password" in what:
        next_step = "give the password by environment.metadata.password_env or password_file"
    problem = Problem(what, _OPTION, received, _ALLOWED, next_step)
    return ConfigError([problem], "the metadata store cannot be used")
