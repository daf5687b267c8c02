"""Say a step's exception in the user's terms: their file and line first."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import grpc

from tfx_pipeline.errors import PipelineError, Problem, StepError
from tfx_pipeline.wording import below

_PACKAGE = Path(__file__).resolve().parents[2]
_AROUND_STEPS = ("runners", "patches", "processes")
_TEXT_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')
_NAMED_ERROR = re.compile(r"[\w.]*(Error|Exception): ")
_NO_SPACE = re.compile("No space left|disk I/O error|disk is full|File too large")
_LOST_WORKER = re.compile(r"SDK worker disconnected|SDK harness .*(disconnect|fail)", re.IGNORECASE)
_BEAM_SUFFIX = re.compile(r"\s*\[while running [^\]]*\]")


def explain_failure(step: str, error: BaseException, root: Path, resume: str) -> PipelineError:
    """Turn what a step raised into an error with its place, its cause and the command to resume.

    Code below the project's root, outside of installed packages, is the user's.
    """
    for each in _chain(error):
        if isinstance(each, PipelineError):
            return each
    cause = _deepest(error)
    what = _said(cause)
    problem = Problem(what, _place(error, root), next_step=f"{_remedy(what)}, then: {resume}")
    return StepError([problem], f"{step} failed")


def _said(cause: BaseException) -> str:
    """Give an exception's name and the last line of its message."""
    name, text = type(cause).__name__, str(cause)
    if isinstance(cause, grpc.RpcError) and isinstance(cause, grpc.Call):
        name, text = f"gRPC {cause.code().name}", cause.details() or ""
    elif isinstance(cause, grpc.FutureTimeoutError):
        text = "nothing answers at the address of a service"
    message = _BEAM_SUFFIX.sub("", text).strip()
    last_line = message.splitlines()[-1] if message else ""
    return last_line if _NAMED_ERROR.match(last_line) else f"{name}: {last_line}"


def _remedy(what: str) -> str:
    if _NO_SPACE.search(what):
        return "free space on the disk"
    if _LOST_WORKER.search(what):
        return "see why Beam's worker ended (its pool's log; was it killed for memory?)"
    if what.startswith("gRPC "):
        return "see whether that service still runs"
    return "mend it"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _deepest(error: BaseException) -> BaseException:
    """Give the first exception of the chain that was raised on purpose, not by handling it."""
    current = error
    while current.__cause__ is not None:
        current = current.__cause__
    return current


def _place(error: BaseException, root: Path) -> str | None:
    """Find the innermost frame in the user's files, else in this package's."""
    frames = [
        (frame.filename, frame.lineno or 0, frame.name)
        for link in _chain(error)
        for frame in traceback.extract_tb(link.__traceback__)
    ]
    frames += [(m["file"], int(m["line"]), m["function"]) for m in _TEXT_FRAME.finditer(str(error))]
    users = [frame for frame in frames if _is_users(Path(frame[0]), root)]
    ours = [frame for frame in frames if _is_ours(Path(frame[0]))]
    for file, line, function in (users or ours)[-1:]:
        return f"{below(Path(file), root)}:{line} in {function}"
    return None


def _is_ours(file: Path) -> bool:
    """Tell this package's steps from what runs them, which is in every traceback."""
    if not file.is_relative_to(_PACKAGE):
        return False
    return file.relative_to(_PACKAGE).parts[0] not in _AROUND_STEPS


def _is_users(file: Path, root: Path) -> bool:
    installed = {"site-packages", "dist-packages"} & set(file.parts)
    return file.is_relative_to(root) and not installed and not file.is_relative_to(_PACKAGE)
