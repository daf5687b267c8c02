"""Digests are right whatever happens to the files, and files that stayed are not read again."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.fingerprints import file_state, fingerprints
from tfx_pipeline.ingestion.fingerprints.file_state import FileState, check_unchanged
from tfx_pipeline.ingestion.fingerprints.fingerprints import (
    duplicate_problems,
    fingerprint_files,
)

Hashed = Callable[[], list[str]]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    """Give the names of the files that were read since the last time."""
    names: list[str] = []
    original = fingerprints._hash

    def noted(path: Path, block: memoryview) -> fingerprints.Fingerprint:
        names.append(path.name)
        return original(path, block)

    monkeypatch.setattr(fingerprints, "_hash", noted)

    def give() -> list[str]:
        found = sorted(names)
        names.clear()
        return found

    return give


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Files that were last changed long ago."""
    (tmp_path / "table").mkdir()
    found = [tmp_path / "table" / f"{name}.csv" for name in "abc"]
    for file in found:
        file.write_text(f"x\n{file.name}\n", encoding="utf-8")
    return found


def digests(files: list[Path], memory: Path | None = None) -> list[str]:
    return [found.digest for found in fingerprint_files(files, memory).values()]


def true_digests(files: list[Path]) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def let_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let changes of a moment ago count as old ones."""
    monkeypatch.setattr(file_state, "SETTLED_NS", -1_000_000_000)


def test_fingerprints_are_sha256_of_the_bytes(files: list[Path]) -> None:
    files[0].write_bytes(os.urandom(5_000_001))  # of several blocks
    files[1].write_bytes(b"")
    assert digests(files) == true_digests(files)


def test_unchanged_files_are_not_read_again(
    files: list[Path], tmp_path: Path, hashed: Hashed, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_settle(monkeypatch)
    memory = tmp_path / "memory.json"
    digests(files, memory)
    assert hashed() == ["a.csv", "b.csv", "c.csv"]
    assert digests(files, memory) == true_digests(files)
    assert hashed() == []


def _same_size_and_time(file: Path) -> None:
    status = file.stat()
    file.write_bytes(file.read_bytes()[::-1])
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def _replaced_by_one_of_the_same_size_and_time(file: Path) -> None:
    status = file.stat()
    other = file.with_name("other")
    other.write_bytes(file.read_bytes()[::-1])
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_text("longer than before", encoding="utf-8"),
        lambda file: file.write_bytes(file.read_bytes()[::-1]),
        _same_size_and_time,
        _replaced_by_one_of_the_same_size_and_time,
    ],
)
def test_changed_file_alone_is_read_again(
    files: list[Path],
    tmp_path: Path,
    hashed: Hashed,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
) -> None:
    let_settle(monkeypatch)
    memory = tmp_path / "memory.json"
    digests(files, memory)
    hashed()
    time.sleep(0.02)  # a tick of ext4
    change(files[1])
    assert digests(files, memory) == true_digests(files)
    assert hashed() == ["b.csv"]


def test_file_changed_a_moment_before_it_was_looked_at_is_read_again(
    files: list[Path], tmp_path: Path, hashed: Hashed
) -> None:
    memory = tmp_path / "memory.json"
    digests(files, memory)
    hashed()
    digests(files, memory)
    assert hashed() == ["a.csv", "b.csv", "c.csv"]


def test_settled_is_what_changed_longer_ago_than_a_clock_ticks() -> None:
    now = 10_000_000_000
    old, fresh = now - file_state.SETTLED_NS - 1, now - file_state.SETTLED_NS
    assert FileState(1, old, old, 1).is_settled(now)
    assert not FileState(1, fresh, old, 1).is_settled(now)
    assert not FileState(1, old, fresh, 1).is_settled(now)
    assert not FileState(1, now + 10**12, old, 1).is_settled(now)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"layout": 0, "files": {}}', b"\xff"])
def test_memory_that_is_none_is_passed_over(
    files: list[Path], tmp_path: Path, content: bytes
) -> None:
    memory = tmp_path / "memory.json"
    memory.write_bytes(content)
    assert digests(files, memory) == true_digests(files)


def test_memory_of_other_files_is_kept(
    files: list[Path], tmp_path: Path, hashed: Hashed, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_settle(monkeypatch)
    memory = tmp_path / "memory.json"
    digests(files[:1], memory)
    digests(files[1:], memory)
    hashed()
    digests(files, memory)
    assert hashed() == []


def test_file_that_vanished_is_named(files: list[Path]) -> None:
    files[1].unlink()
    with pytest.raises(DataError, match="the table cannot be read") as caught:
        fingerprint_files(files)
    (problem,) = caught.value.problems
    assert problem.what == "it vanished while it was read"
    assert (problem.place or "").endswith("b.csv")


def grow_once_read(file: Path, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file grow between its reading and the look at its state, so many times."""
    fstat, stat, left, is_read = os.fstat, os.stat, [times], []

    def opened(descriptor: int) -> os.stat_result:
        is_read.append(True)
        return fstat(descriptor)

    def looked_at(*arguments: Any, **options: Any) -> os.stat_result:
        if is_read and left[0]:
            is_read.clear()
            left[0] -= 1
            with file.open("ab") as stream:
                stream.write(b"x" * 100)
        return stat(*arguments, **options)

    monkeypatch.setattr(fingerprints.os, "fstat", opened)
    monkeypatch.setattr(fingerprints.os, "stat", looked_at)


def test_file_that_does_not_stop_changing_is_refused(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    grow_once_read(files[0], 1000, monkeypatch)
    with pytest.raises(DataError) as caught:
        fingerprint_files(files[:1])
    assert caught.value.problems[0].what == "it changes while it is read"


def test_file_that_changes_once_is_read_again(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    grow_once_read(files[0], 1, monkeypatch)
    assert digests(files[:1]) == true_digests(files[:1])


def test_check_unchanged_names_what_changed(files: list[Path]) -> None:
    before = {path: found.state for path, found in fingerprint_files(files).items()}
    check_unchanged(before)
    files[2].write_text("another\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        check_unchanged(before)
    (problem,) = caught.value.problems
    assert problem.what == "it changed while it was read" and "c.csv" in str(problem.place)


def test_duplicates_are_named_unless_they_have_no_rows(files: list[Path]) -> None:
    files[2].write_bytes(files[0].read_bytes())
    found = fingerprint_files(files)
    (problem,) = duplicate_problems(found, dict.fromkeys(files, 5))
    assert (problem.place or "").endswith("a.csv") and "c.csv" in problem.what
    assert "2 times" in problem.what
    assert duplicate_problems(found, dict.fromkeys(files, 0)) == []


def test_ten_thousand_unchanged_files_take_less_than_half_of_the_time(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    files = [folder / f"{number}.csv" for number in range(10_000)]
    made = random.Random(0)
    for file in files:
        file.write_bytes(made.randbytes(20))
    time.sleep(file_state.SETTLED_NS / 1e9 + 0.1)
    memory = tmp_path / "memory.json"
    seconds, found = [], []
    for _ in range(4):
        started = time.process_time()
        found.append(digests(files, memory))
        seconds.append(time.process_time() - started)
    assert found[1:] == found[:1] * 3
    assert min(seconds[1:]) < seconds[0] / 2
