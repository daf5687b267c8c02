"""Accepted changes: schema and changelog, together, once, and from two at the same time."""

from __future__ import annotations

import errno
import multiprocessing
from datetime import date
from pathlib import Path

import pytest

from tests.schemas.conftest import schema_of
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.schemas import acceptance
from tfx_pipeline.schemas.acceptance import AcceptedChange, Reason, accept
from tfx_pipeline.schemas.differences import Change

TEXT = '# kept\nfeature { name: "a" type: BYTES domain: "d" }\nstring_domain { name: "d" }\n'
REASON = Reason("Ada", "a new\n  partner", date(2031, 2, 3))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "schema.pbtxt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "schema.pbtxt"


def value(text: str) -> AcceptedChange:
    return AcceptedChange(Change("breaking", "a", "domain", "", limit=[text]), f"'{text}' is new")


def test_accept_writes_schema_and_changelog(file: Path) -> None:
    assert accept(file, [value("x")], REASON) == ["domain/a"]
    assert file.read_text() == TEXT.replace('"d" }\n', '"d" value: "x" }\n', 2).replace(
        'domain: "d" value: "x" }', 'domain: "d" }'
    )
    later = Reason("Bob", "another", date(2031, 3, 1))
    accept(file, [value("y")], later)
    assert (file.parent / "CHANGELOG.md").read_text(encoding="utf-8") == (
        "# Changes of the curated schema\n\n"
        "## 2031-03-01, Bob\n\nanother\n\n- `domain/a`: 'y' is new\n\n"
        "## 2031-02-03, Ada\n\na new partner\n\n- `domain/a`: 'x' is new\n"
    )


def test_accept_of_what_is_allowed_writes_nothing(file: Path) -> None:
    accept(file, [value("x")], REASON)
    before = {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in file.parent.iterdir()}
    assert accept(file, [value("x")], REASON) == []
    after = {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in file.parent.iterdir()}
    assert after == before


def test_accept_of_a_change_that_is_none_leaves_all_as_it_was(file: Path) -> None:
    wrong = AcceptedChange(Change("breaking", "b", "column", ""), "")
    with pytest.raises(ConfigError, match="nothing was accepted"):
        accept(file, [value("x"), wrong], REASON)
    assert file.read_text() == TEXT and list(file.parent.iterdir()) == [file]


def test_accept_where_nothing_can_be_written_says_that(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, text: str) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(acceptance, "write_atomically", refuse)
    with pytest.raises(ConfigError, match=r"schema\.pbtxt: it cannot be written") as error:
        accept(file, [value("x")], REASON)
    assert "Read-only file system" in str(error.value)


def _accept_many(file: Path, name: str, barrier: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    for number in range(20):
        accept(file, [value(f"{name}{number}")], REASON)


def test_accepts_at_once_lose_none(file: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(3)
    workers = [
        context.Process(target=_accept_many, args=(file, name, barrier)) for name in ("p", "q", "r")
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    values = schema_of(file.read_text()).string_domain[0].value
    assert sorted(values) == sorted(f"{name}{i}" for name in "pqr" for i in range(20))
    changelog = (file.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.count("is new") == 60
    assert file.read_text().startswith("# kept\n")
