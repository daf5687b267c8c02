"""Which folders are versions of a model, how the next is numbered, when two are one model."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.serving.models.model_files import MODEL_FILES
from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.storage.local_files import files_below

_BLOCK_BYTES = 1 << 20


def versions_on_disk(base: Path) -> dict[int, Path]:
    """Find the complete versions in a model's folder, by number, ascending."""
    if not base.is_dir():
        return {}
    found = {}
    for child in sorted(base.iterdir()):  # of `7` and `007`, servers take the last
        number = parse_version(child.name)
        if number is not None and any((child / name).is_file() for name in MODEL_FILES):
            found[number] = child
    return dict(sorted(found.items()))


def number_after(numbers: Iterable[int], place: str) -> int:
    """Give the number of a new version: the time in seconds, above all others.

    Args:
        numbers: of all that a server would take for a version, complete or not, here or gone.
        place: their folder, for the message.

    Raises:
        PipelineError: there is none.
    """
    greatest = max(numbers, default=0)
    number = max(int(time.time()), greatest + 1)
    if parse_version(str(number)) is None:
        problem = Problem(
            "no number is left for a new version",
            f"{place}/{greatest}",
            allowed=f"numbers up to {2**63 - 1}, the greatest that servers know",
            next_step="remove that folder, or rename it",
        )
        raise PipelineError([problem], "the model cannot be pushed")
    return number


def model_digest(model: Path) -> str:
    """Digest the names and the contents of a model's files: SHA-256, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in sorted(files_below(model)):
        digest.update(str(file.relative_to(model)).encode(errors="surrogateescape"))
        content = hashlib.sha256()
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                content.update(block)
        digest.update(content.digest())
    return digest.hexdigest()
