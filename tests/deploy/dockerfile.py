"""Reading a Dockerfile: as much of its language as `deploy/image/Dockerfile` uses.

So that the image is built on a machine without Docker, by `image_layers.py`, from the very file
that Docker builds it from. What is not known here is an error.

Terms:
    stage: what stands between one FROM and the next.
    context: the folder that COPY takes files from.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_KNOWN = ("ARG", "FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "ENTRYPOINT", "CMD")
_MOUNT = re.compile(r"--mount=type=cache,target=(\S+)\s+")
_SECRET = re.compile(r"--mount=type=secret,id=([\w-]+),mode=0444\s+")


@dataclass
class Stage:
    """One stage.

    Attributes:
        name: as other stages call it.
        base: name of a stage, or of an image.
        steps: the other instructions, each its word and the rest.
    """

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)


def read_dockerfile(file: Path) -> list[Stage]:
    """Read all stages; a stage without a name is called by its number.

    Raises:
        ValueError: an instruction, or one of its options, is not known here.
    """
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for word, rest in _instructions(file.read_text(encoding="utf-8")):
        if word not in _KNOWN:
            raise ValueError(f"{file}: not known here: {word} {rest}")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            for argument, value in arguments.items():
                base = base.replace(f"${{{argument}}}", value)
            stages.append(Stage(name or str(len(stages)), base))
        elif stages:
            stages[-1].steps.append((word, rest))
        elif word == "ARG":
            name, _, value = rest.partition("=")
            arguments[name] = value
        else:
            raise ValueError(f"{file}: {word} before the first FROM")
    return stages


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Give each instruction on one line; lines that begin with # are no part of any."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        yield word.upper(), rest.strip()


def mounts(rest: str) -> tuple[list[str], list[str], str]:
    """Divide RUN's words: folders that are kept between builds, names of secrets, the command."""
    targets, secrets = _MOUNT.findall(rest), _SECRET.findall(rest)
    command = _SECRET.sub("", _MOUNT.sub("", rest))
    if command.startswith("--"):
        raise ValueError(f"not known here: RUN {command}")
    return targets, secrets, command


def copied(rest: str) -> tuple[str | None, list[str], str]:
    """Give COPY's stage (none: the context), sources and target."""
    words = shlex.split(rest)
    stage = None
    while words[0].startswith("--"):
        option, _, stage = words.pop(0).partition("=")
        if option != "--from":
            raise ValueError(f"not known here: COPY {option}")
    return stage, words[:-1], words[-1]


def settings(rest: str) -> dict[str, str]:
    """Give what an ENV sets."""
    return dict(word.split("=", 1) for word in shlex.split(rest))


def exec_form(rest: str) -> list[str]:
    """Give the words of an ENTRYPOINT or CMD, which stand there as JSON."""
    words: list[str] = json.loads(rest)
    return words


def context_files(context: Path, source: str, ignore_file: Path) -> list[Path]:
    """List the files of a source in the context, in order, without what is ignored.

    Raises:
        ValueError: nothing is left: Docker would refuse it.
    """
    rules = [
        line.strip()
        for line in ignore_file.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    place = context / source
    candidates = sorted(place.rglob("*")) if place.is_dir() else [place]
    files = [
        file
        for file in candidates
        if file.is_file() and not _is_ignored(str(file.relative_to(context)), rules)
    ]
    if not files:
        raise ValueError(f"COPY {source}: there is no such file, or it is ignored")
    return files


def _is_ignored(path: str, rules: list[str]) -> bool:
    """Apply the rules in their order; the last that fits the path, or a folder above it, counts."""
    parts = path.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        if any(_fits(each, pattern) for each in above):
            ignored = not rule.startswith("!")
    return ignored


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(path.rpartition("/")[2], pattern[3:])
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)
