"""The digest of each file of a table; files that stayed as they are are not read again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.fingerprints.file_state import (
    UNREADABLE,
    FileState,
    gone_problem,
    states_of,
)
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.storage.local_files import write_atomically
from tfx_pipeline.wording import listed

_BLOCK_BYTES = 1 << 20
_TRIES = 3
_MOST_REMEMBERED = 200_000  # files; those of spans that are read no more are forgotten beyond
_LAYOUT = 1


class Fingerprint(NamedTuple):
    """What a file holds.

    Attributes:
        digest: sha256 of its bytes, 64 hexadecimal digits.
        state: what the file was when they were read.
        looked_ns: when it was looked at: what changes from then on may bear the same time.
    """

    digest: str
    state: FileState
    looked_ns: int


def fingerprint_files(paths: Sequence[Path], memory: Path | None = None) -> dict[Path, Fingerprint]:
    """Give the fingerprint of each file, in their order.

    Files are hashed in parallel. `memory` is the file in which digests are remembered, where its
    folder is there; what it says of a file is believed while size, times and inode are the same.

    Raises:
        DataError: a file is not there, cannot be read, or does not stop changing.
    """
    now_ns = time.time_ns()
    states = states_of(paths)
    remembered = _read_memory(memory) if memory else {}
    found: dict[Path, Fingerprint] = {}
    unknown: list[Path] = []
    for path, state in states.items():
        entry = remembered.get(str(path))
        if entry is not None and entry[:-1] == [*state]:
            found[path] = Fingerprint(entry[-1], state, now_ns)
        else:
            unknown.append(path)
    found |= _hash_all(unknown, states)
    if unknown and memory and memory.parent.is_dir():
        remember(memory, found)
    return {path: found[path] for path in paths}


def remember(memory: Path, fingerprints: Mapping[Path, Fingerprint]) -> None:
    """Remember the files that are settled; a memory that cannot be written is none."""
    files = {
        str(path): [*known.state, known.digest]
        for path, known in fingerprints.items()
        if known.state.is_settled(known.looked_ns)
    }
    earlier = _read_memory(memory)
    if len(files) + len(earlier) <= _MOST_REMEMBERED:
        current = {str(path) for path in fingerprints}
        files = {k: v for k, v in earlier.items() if k not in current} | files
    with contextlib.suppress(OSError):
        write_atomically(memory, json.dumps({"layout": _LAYOUT, "files": files}))


def duplicate_problems(
    fingerprints: Mapping[Path, Fingerprint], rows: Mapping[Path, int]
) -> list[Problem]:
    """Name files with the same content; files without rows may be alike."""
    by_digest: dict[str, list[Path]] = {}
    for path, found in fingerprints.items():
        if rows.get(path, 1):
            by_digest.setdefault(found.digest, []).append(path)
    problems = []
    for same in by_digest.values():
        if len(same) > 1:
            names = [shown(path) for path in same]
            what = f"the same content as {listed(names[1:])}: each of its rows would count"
            what += f" {len(same)} times"
            step = "remove all but one, or say that it is meant: data.duplicate_files: note"
            problems.append(Problem(what, names[0], next_step=step))
    return problems


def _hash_all(paths: Sequence[Path], states: Mapping[Path, FileState]) -> dict[Path, Fingerprint]:
    """Hash files in as many threads as there are processors: hashing needs no interpreter lock."""
    waiting = deque(sorted(paths, key=lambda path: -states[path].size))  # the longest begin first
    found: dict[Path, Fingerprint] = {}
    problems: list[Problem] = []

    def work() -> None:
        block = memoryview(bytearray(_BLOCK_BYTES))
        while True:
            try:
                path = waiting.popleft()
            except IndexError:
                return
            try:
                found[path] = _hash(path, block)
            except OSError as error:
                problems.append(gone_problem(path, error))

    workers = max(1, min(len(paths) // 8 + 1, os.cpu_count() or 1))
    with ThreadPoolExecutor(workers) as threads:
        for done in [threads.submit(work) for _ in range(workers)]:
            done.result()
    if problems:
        raise DataError(problems[:5], UNREADABLE)
    return found


def _hash(path: Path, block: memoryview) -> Fingerprint:
    """Hash a file in one of its states: if it changes meanwhile, again.

    Raises:
        OSError: it cannot be read.
        DataError: it does not stop changing.
    """
    for _ in range(_TRIES):
        now_ns = time.time_ns()
        with open(path, "rb", buffering=0) as stream:
            before = FileState.of(os.fstat(stream.fileno()))
            digest = hashlib.sha256()
            while count := stream.readinto(block):
                digest.update(block[:count])
        after = FileState.of(os.stat(path))
        if before == after:
            return Fingerprint(digest.hexdigest(), after, now_ns)
    what, step = "it changes while it is read", "run again when nobody writes to it"
    raise DataError([Problem(what, shown(path), next_step=step)], UNREADABLE)


def _read_memory(memory: Path) -> dict[str, list[Any]]:
    """Read what is remembered; nothing of a file that is none of ours."""
    try:
        known = json.loads(memory.read_bytes())
    except (OSError, ValueError):
        return {}
    if not (isinstance(known, dict) and known.get("layout") == _LAYOUT):
        return {}
    files: dict[str, list[Any]] = known["files"]
    return files
