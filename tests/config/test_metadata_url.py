"""Stores of ML Metadata as URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.metadata_url import address, parse_url
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///data/metadata.db", {"kind": "sqlite", "path": "/data/metadata.db"}),
        ("sqlite:////data/meta%20data.db", {"kind": "sqlite", "path": "/data/meta data.db"}),
        (
            "mysql://keeper@db.example:3307/ml",
            {
                "kind": "mysql",
                "host": "db.example",
                "port": 3307,
                "user": "keeper",
                "database": "ml",
            },
        ),
        ("mariadb://a%40b@db/ml", {"kind": "mysql", "host": "db", "user": "a@b", "database": "ml"}),
        (
            "postgres://keeper@[::1]/ml",
            {"kind": "postgresql", "host": "::1", "user": "keeper", "database": "ml"},
        ),
        ("grpc://metadata:8080", {"kind": "grpc", "host": "metadata", "port": 8080}),
    ],
)
def test_parse_url_gives_the_store(url: str, expected: dict[str, object]) -> None:
    assert parse_url(url) == MetadataConfig(**expected)


def test_parse_url_keeps_where_the_password_is() -> None:
    base = MetadataConfig(password_env="OTHER", password_file="/run/secret", path="/elsewhere")
    parsed = parse_url("mysql://keeper@db/ml", base)
    assert (parsed.password_env, parsed.password_file) == ("OTHER", "/run/secret")
    assert parsed.path == MetadataConfig().path


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://keeper@db:99999/ml", "cannot be read as a URL"),
        ("mysql://keeper@db:port/ml", "cannot be read as a URL"),
        ("mysql://keeper@[::1/ml", "cannot be read as a URL"),
        ("oracle://keeper@db/ml", "unknown kind of store"),
        ("metadata.db", "unknown kind of store"),
        ("", "unknown kind of store"),
        ("sqlite://metadata.db", "absolute path"),
        ("sqlite:metadata.db", "absolute path"),
        ("sqlite:///", "a folder"),
        ("sqlite:////tmp", "a folder"),
        ("mysql://db/ml", "needs `user`"),
        ("mysql://keeper@/ml", "needs `host`"),
        ("mysql://keeper@db", "name of the database"),
        ("mysql://keeper@db/m-l", "database: letters, digits and `_`, no digit first"),
        ("mysql://keeper@db/ml?ssl=1", "nothing may follow"),
        ("mysql://keeper@db/ml#x", "nothing may follow"),
        ("grpc://db:1/ml", "neither user nor database"),
        ("grpc://", "needs `host`"),
        ("mysql://keeper@db:0/ml", "greater than or equal to 1"),
    ],
)
def test_parse_url_when_wrong_says_what(url: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url(url)
    assert said in str(caught.value)
    assert "--metadata-url" in str(caught.value) and "mysql://USER@HOST" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://keeper:hunter2@db/ml",
        "postgresql://:hunter2@db/ml",
        "mysql://keeper@db/ml?password=hunter2",
        "oracle://keeper:hunter2@db/ml",
    ],
)
def test_parse_url_with_password_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url(url)
    assert "hunter2" not in str(caught.value)
    assert "password_env" in str(caught.value)


def test_address_names_the_store_in_full(tmp_path: Path) -> None:
    assert address(parse_url("mysql://keeper@db/ml")) == "mysql://keeper@db:3306/ml"
    assert address(parse_url("postgresql://keeper@db/ml")) == "postgresql://keeper@db:5432/ml"
    assert address(parse_url("grpc://db")) == "grpc://db:8080"
    assert address(parse_url(f"sqlite://{tmp_path}/x.db")) == f"{tmp_path}/x.db"
