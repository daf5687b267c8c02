"""A metadata file that is none is named before anything heavy is imported."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.metadata.sqlite_file import check_sqlite_file


def _database(file: Path, version: int | None = 10, rows: int = 0) -> None:
    """Write a database with ML Metadata's tables, as far as they matter here."""
    with sqlite3.connect(file) as database:
        for table in ("Artifact", "Context", "Execution", "Event", "Type"):
            database.execute(f"CREATE TABLE {table} (id INTEGER, text TEXT)")
        if version is not None:
            database.execute("CREATE TABLE MLMDEnv (schema_version INTEGER PRIMARY KEY)")
            database.execute("INSERT INTO MLMDEnv VALUES (?)", (version,))
        database.executemany(
            "INSERT INTO Artifact VALUES (?, ?)", [(n, "x" * 100) for n in range(rows)]
        )
    database.close()


def _foreign(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE customers (id INTEGER)")
    database.close()


def _without_tables(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE x (id INTEGER)")
        database.execute("DROP TABLE x")
    database.close()


def _cut(file: Path, left: float) -> None:
    _database(file, rows=500)
    os.truncate(file, int(file.stat().st_size * left))


def _overwritten(file: Path) -> None:
    _database(file, rows=500)
    with open(file, "r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * 8192)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: file.write_text("a,b\n1,2\n"), "a text that begins with b'a,b"),
        (lambda file: file.write_text("{}"), "a text that begins with b'{}'"),
        (lambda file: file.write_bytes(os.urandom(4) + b"\xff\x00" * 50), "no SQLite database"),
        (lambda file: file.write_bytes(gzip.compress(b"x")), "no SQLite database"),
        (lambda file: file.write_bytes(b"SQLite format 3\0"), "cut off"),
        (lambda file: file.write_bytes(b"SQLite format 2\0" * 20), "no SQLite database"),
        (lambda file: _cut(file, 0.5), "cut off"),
        (lambda file: _cut(file, 0.99), "cut off"),
        (_overwritten, "damaged"),
        (_foreign, "not ML Metadata's: it has the tables customers"),
        (lambda file: _database(file, 11), "a newer version of ML Metadata"),
        (lambda file: _database(file, 6), "an older version of ML Metadata"),
        (lambda file: _database(file, None), "an older version of ML Metadata"),
        (lambda file: file.mkdir(), "a folder, not a file"),
        (os.mkfifo, "no ordinary file"),
        (lambda file: file.symlink_to("/nowhere/x.db"), "a link into a folder that is not there"),
    ],
)
def test_check_sqlite_file_says_what_the_file_is(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    file = tmp_path / "metadata.db"
    make(file)
    with pytest.raises(ConfigError) as caught:
        check_sqlite_file(file, "c.yaml:7")
    (problem,) = caught.value.problems
    assert said in problem.what
    assert (problem.place, problem.received) == ("c.yaml:7", str(file))


@pytest.mark.parametrize(
    "make",
    [
        lambda file: None,
        lambda file: file.touch(),
        _database,
        lambda file: _database(file, rows=500),
        _without_tables,
    ],
    ids=["absent", "empty", "fresh", "used", "no tables"],
)
@pytest.mark.parametrize("name", ["m.db", "50% #1?.db", "[v2] ä.db"])
def test_check_sqlite_file_lets_a_database_pass(
    tmp_path: Path, make: Callable[[Path], object], name: str
) -> None:
    make(tmp_path / name)
    check_sqlite_file(tmp_path / name)
    assert {each.name for each in tmp_path.iterdir()} <= {name}


def test_check_sqlite_file_of_a_store_in_use_passes(tmp_path: Path) -> None:
    file = tmp_path / "m.db"
    _database(file)
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        check_sqlite_file(file)
    finally:
        writer.close()


def test_check_sqlite_file_that_may_not_be_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _database(tmp_path / "m.db")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to everything
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        check_sqlite_file(tmp_path / "m.db")
    assert "may not be written" in caught.value.problems[0].what


@pytest.mark.slow
def test_check_sqlite_file_knows_the_version_of_the_installed_ml_metadata(tmp_path: Path) -> None:
    from tests.runners.metadata.executions import sqlite_store

    sqlite_store(tmp_path / "m.db").get_artifacts()
    check_sqlite_file(tmp_path / "m.db")
    (tmp_path / "empty.db").touch()
    assert sqlite_store(tmp_path / "empty.db").get_artifacts() == []  # an empty file becomes one


@pytest.mark.slow
def test_run_with_a_text_as_metadata_is_refused_before_tensorflow(
    repository: Path, tmp_path: Path
) -> None:
    shutil.copytree(repository / "configs", tmp_path / "configs")
    (tmp_path / "notes.txt").write_text("hello\n")
    code = (
        "import sys\nfrom tfx_pipeline.cli import main\n"
        "status = main(['run', '--config=configs/penguins.yaml',"
        " '--set=environment.metadata.path=notes.txt'])\n"
        "assert not {'tensorflow', 'tfx', 'apache_beam'} & sys.modules.keys()\nsys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "this is no SQLite database, but a text that begins with b'hello" in done.stdout
    assert (tmp_path / "notes.txt").read_text() == "hello\n"
