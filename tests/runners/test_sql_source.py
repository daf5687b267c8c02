from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.config.sections.source import SqlSource
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.runners.sql_source import sql_query

SECRET = "s3cr/e@t"


def loaded(folder: Path, *lines: str) -> LoadedConfig:
    """Load a configuration whose `data.source` has these lines."""
    file = folder / "pipeline.yaml"
    source = "\n".join(f"    {line}" for line in ("kind: sql", *lines))
    rest = "label: {column: y, task: binary}\nfeatures: {x: {kind: numeric}}\n"
    file.write_text(f"name: p\ndata:\n  source:\n{source}\n{rest}", encoding="utf-8")
    return load_config(file)


def query(folder: Path, *lines: str) -> SqlQuery:
    config = loaded(folder, *lines)
    source = config.config.data.source
    assert isinstance(source, SqlSource)
    return sql_query(config, source)


def refusal(folder: Path, *lines: str) -> str:
    with pytest.raises(ConfigError) as raised:
        query(folder, *lines)
    return str(raised.value)


def test_query_of_a_table_selects_all_of_it(tmp_path: Path) -> None:
    made = query(tmp_path, "url: postgresql://u@h/d", 'table: cabs.the "trips"')
    assert made.text == 'SELECT * FROM "cabs"."the ""trips"""'
    assert made.name == 'cabs.the "trips"' and made.place == f"{tmp_path}/pipeline.yaml:6"
    made = query(tmp_path, "url: mysql://u@h/d", "table: trips")
    assert made.text == "SELECT * FROM `trips`"


def test_query_has_the_password_of_its_place_and_does_not_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("url: postgresql://u@h/d", "query: SELECT 1")
    assert query(tmp_path, *lines).password == ""
    monkeypatch.setenv("TRIPS_PASSWORD", SECRET)
    made = query(tmp_path, *lines, "password_env: TRIPS_PASSWORD")
    assert made.password == SECRET and SECRET not in repr(made)
    (tmp_path / "password").write_text(f"{SECRET}\n", encoding="utf-8")
    assert query(tmp_path, *lines, "password_file: password").password == SECRET


def test_password_that_is_not_there_is_refused(tmp_path: Path) -> None:
    lines = ("url: postgresql://u@h/d", "query: SELECT 1")
    said = refusal(tmp_path, *lines, "password_env: NOT_SET")
    assert "this variable is not set" in said and "NOT_SET" in said
    assert "No such file" in refusal(tmp_path, *lines, "password_file: nothing")
    (tmp_path / "password").write_bytes(b"\xff")
    assert "no text in UTF-8" in refusal(tmp_path, *lines, "password_file: password")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@h/d",
        "postgresql://u:s3cret@h/d",
        "postgresql://u@h/d?password=s3cret",
        "postgresql://u@h/d?sslpassword=s3cret&connect_timeout=3",
        "mssql+pyodbc:///?odbc_connect=UID%3Dada%3BPWD%3Ds3cret",
        "mysql+pymysql://u:s3cret@[::1/d",
    ],
)
def test_password_in_the_url_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    said = refusal(tmp_path, f"url: {url}", "table: t")
    assert "a password in a URL is seen by everyone" in said and "password_env" in said
    assert "s3cr" not in said and "e@t" not in said
    config = loaded(tmp_path, "url: postgresql://u@h/d", "table: t")
    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "pipeline.yaml", overrides=[f"data.source.url={url}"])
    assert "s3cr" not in str(raised.value)
    assert config.config.data.source is not None


def test_sqlite_file_is_found_from_the_root_of_the_project_on(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a b.db").close()
    relative = query(tmp_path, "url: sqlite:///a b.db", "table: t")
    assert relative.url == f"sqlite:///{tmp_path}/a%20b.db"
    assert query(tmp_path, f"url: sqlite:///{tmp_path}/a%20b.db", "table: t") == relative


def test_sqlite_file_that_is_not_there_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "trips.db").close()
    assert "did you mean `trips.db`" in refusal(tmp_path, "url: sqlite:///trip.db", "table: t")
    said = refusal(tmp_path, f"url: sqlite://{tmp_path}/trips.db", "table: t")
    assert f"did you mean sqlite:///{tmp_path}/trips.db?" in said
    assert "not the URL of a file" in refusal(tmp_path, "url: 'sqlite://'", "table: t")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("url: sqlite:///x",), "needs either `query` or `table`"),
        (("url: sqlite:///x", "table: t", "query: SELECT 1"), "needs either `query` or `table`"),
        (("url: trips.db", "table: t"), "not a URL, e.g. postgresql://user@host/database"),
        (("url: sqlite:///x", "table: t", "tabel: t"), "did you mean `table`?"),
        (
            ("url: a://b", "table: t", "password_env: A", "password_file: b"),
            "takes either `password_env` or `password_file`",
        ),
    ],
)
def test_source_that_says_too_much_or_too_little_is_refused(
    tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    assert said in refusal(tmp_path, *lines)


def test_table_is_either_files_or_a_query(tmp_path: Path) -> None:
    loaded(tmp_path, "url: sqlite:///x", "table: t")
    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "pipeline.yaml", overrides=["data.path=x.csv"])
    assert "needs either `data.path`, of files, or `data.source`" in str(raised.value)
    load_config(tmp_path / "pipeline.yaml", overrides=["data.path="])
