"""What a compiled pipeline says of its metadata."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.metadata_url import metadata_of, parse_url
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline.metadata_connection import connection_config


def test_connection_config_of_sqlite_is_the_file() -> None:
    connection = connection_config(parse_url("sqlite:///data/metadata.db"))
    assert connection.sqlite.filename_uri == "/data/metadata.db"


def test_connection_config_of_servers_has_all_but_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TFX_METADATA_PASSWORD", "hunter2")
    mysql = connection_config(parse_url("mysql://keeper@localhost/ml")).mysql
    assert (mysql.host, mysql.port, mysql.user, mysql.database) == (
        "127.0.0.1",  # `localhost` would be a socket
        3306,
        "keeper",
        "ml",
    )
    postgresql = connection_config(parse_url("postgresql://keeper@localhost:5433/ml")).postgresql
    assert (postgresql.host, postgresql.port, postgresql.user, postgresql.dbname) == (
        "localhost",
        "5433",
        "keeper",
        "ml",
    )
    assert mysql.skip_db_creation and postgresql.skip_db_creation  # it needs rights of its own
    assert not mysql.HasField("password") and not postgresql.HasField("password")
    grpc = connection_config(parse_url("grpc://metadata"))
    assert (grpc.host, grpc.port) == ("metadata", 8080)


def test_metadata_of_makes_paths_absolute(tmp_path: Path) -> None:
    config = PipelineConfig.model_validate(
        {
            "name": "trips",
            "data": {"path": "x.csv"},
            "label": {"column": "y", "task": "regression"},
            "features": {"x": {"kind": "numeric"}},
            "environment": {"metadata": {"password_file": "secret"}},
        }
    )
    config._root = tmp_path
    metadata = metadata_of(config)
    assert metadata.path == str(tmp_path / "tfx_metadata/trips/metadata.db")
    assert metadata.password_file == str(tmp_path / "secret")
