"""This process: the commands it can be typed as, the memory it may use, where its output goes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

_SCRIPT = "run_local.py"
_PROGRAM = "tfx-pipeline"
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def program() -> str:
    """Give the word that starts the program: `make setup` puts it beside the Python it makes."""
    beside = Path(sys.executable).with_name(_PROGRAM)
    if shutil.which(_PROGRAM) or not beside.is_file():
        return _PROGRAM
    return _from_here(beside)


def run_words() -> tuple[str, str]:
    """Give the two words that start a run, as this process was started."""
    started_as = Path(sys.argv[0])
    if started_as.name == _PROGRAM:
        return program(), "run"
    return "python", _from_here(started_as) if started_as.name == _SCRIPT else _SCRIPT


def words_without(
    words: Sequence[str], valued: Collection[str], switches: Collection[str] = ()
) -> list[str]:
    """Leave out some options of a command line, and the values of those that have one."""
    kept: list[str] = []
    is_value = False
    for word in words:
        name, equals, _ = word.partition("=")
        if is_value:
            is_value = False
        elif name in valued:
            is_value = not equals
        elif name not in switches and word[:2] not in valued:  # `-oFILE`
            kept.append(word)
    return kept


def _from_here(file: Path) -> str:
    return str(file).removeprefix(f"{Path.cwd()}/")


def memory_bytes() -> int:
    """Return the memory of this machine, or of the container if it may use less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(machine, int(_CONTAINER_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no such file, or `max`
        return machine


@contextlib.contextmanager
def signals_handled(
    handler: Callable[[int, Any], None] | signal.Handlers, *signals: signal.Signals
) -> Iterator[None]:
    """Let a handler have these signals within the block; call it in the main thread."""
    before = {each: signal.signal(each, handler) for each in signals}
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)


@contextlib.contextmanager
def redirected(*descriptors: int, to: int) -> Iterator[Sequence[int]]:
    """Let descriptors lead where another one does; give new ones to where they led before.

    What Python, C++ and children write goes there; `contextlib.redirect_stdout` would move what
    Python writes and nothing else. The single place where descriptors are swapped.

    They are 1, the standard output, or 2, the standard error, or both; the other one may be closed
    within the block.
    """
    _flush(descriptors)
    before = [os.dup(descriptor) for descriptor in descriptors]
    redirect(*descriptors, to=to)
    try:
        yield before
    finally:
        _flush(descriptors)
        for descriptor, earlier in zip(descriptors, before, strict=True):
            os.dup2(earlier, descriptor)
            os.close(earlier)


def redirect(*descriptors: int, to: int) -> None:
    """Let descriptors lead where another one does, for good."""
    for descriptor in descriptors:
        os.dup2(to, descriptor)


def _flush(descriptors: Sequence[int]) -> None:
    """Send what Python holds back where it was written to."""
    for descriptor in descriptors:
        {1: sys.stdout, 2: sys.stderr}[descriptor].flush()
