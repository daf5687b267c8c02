"""Which versions of a model its folder asks for.

Terms:
    base path: folder of a model; its children whose names are numbers are the versions.
    aspired: a version that the folder and the policy ask for, loaded or not.
    policy: how many, or which, of the versions found are aspired.
    skipped: a poll in which something could not be read. It says nothing: as a base path that is
        away for a moment must not unload models, nothing changes until the next poll.

Nothing in a folder says that it is complete: write it elsewhere and rename it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_INTEGER = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+[ \t\n\v\f\r]*", re.ASCII)
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True)
class VersionPolicy:
    """Which versions are aspired.

    Attributes:
        latest: this many of the highest; none: all that are found.
        specific: only these; not none: `latest` does not count.
    """

    latest: int | None = 1
    specific: frozenset[int] | None = None


@dataclass(frozen=True)
class ModelSource:
    """A model to look for; `base_path` is absolute."""

    name: str
    base_path: Path
    policy: VersionPolicy = VersionPolicy()


@dataclass(frozen=True)
class Aspired:
    """What a poll found for a model: paths by version, and what its owner should know."""

    versions: Mapping[int, Path]
    warnings: tuple[str, ...] = ()


class PollError(Exception):
    """Something could not be read; the message says what."""


def poll(sources: Iterable[ModelSource]) -> dict[str, Aspired]:
    """Find the aspired versions of all models, by name. It blocks on the file system.

    PollError: a base path is not there or cannot be read. All models are then to be left as they
    are, as TensorFlow Serving does.
    """
    return {source.name: _aspired(source) for source in sources}


def parse_version(child: str) -> int | None:
    """Return the version that a child's name stands for (`00000123`: 123); none: it is no version.

    As absl's SimpleAtoi: a 64-bit integer with sign and white space.
    """
    if _INTEGER.fullmatch(child) is None or len(child) > 64:
        return None
    number = int(child)
    return number if number in _INT64 else None


def _aspired(source: ModelSource) -> Aspired:
    base_path, policy = source.base_path, source.policy
    try:
        base_path.stat()
    except (OSError, ValueError) as error:
        raise PollError(
            f"Could not find base path {base_path} for servable {source.name} with error {error}"
        ) from error
    if policy.specific is not None:
        paths = {number: base_path / str(number) for number in policy.specific}
        if all(os.access(path, os.F_OK) for path in paths.values()):
            warnings = () if paths else (f"No specific versions requested for {source.name}.",)
            return Aspired(paths, warnings)
    try:
        children = sorted(os.listdir(base_path))
    except OSError as error:
        raise PollError(
            f"Could not list {base_path} for servable {source.name} with error {error}"
        ) from error
    return _chosen(source, children)


def _chosen(source: ModelSource, children: Sequence[str]) -> Aspired:
    found: dict[int, str] = {}
    warnings = []
    for child in children:
        number = parse_version(child)
        if number is None:
            continue
        if number in found:
            warnings.append(
                f"Duplicate version directories detected. Version {number} will be loaded from "
                f"{child}, {found[number]} will be ignored."
            )
        found[number] = child
    policy = source.policy
    if policy.specific is not None:
        warnings += [
            f"Version {number} of servable {source.name} is asked for and is not there"
            for number in sorted(policy.specific.difference(found))
        ]
        numbers = [number for number in found if number in policy.specific]
    else:
        numbers = sorted(found, reverse=True)[: policy.latest]
    if not numbers:
        warnings.append(
            f"No versions of servable {source.name} found under base path {source.base_path}. "
            "Did you forget to name your leaf directory as a number (eg. '/1/')?"
        )
    return Aspired(
        {number: source.base_path / found[number] for number in numbers}, tuple(warnings)
    )
