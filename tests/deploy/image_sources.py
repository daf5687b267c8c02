"""What the shipped Dockerfile reads and does, for whoever builds the image and looks at it.

Terms:
    recipe: the Dockerfile and all files that it copies, but the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.deploy.dockerfile import Stage, context_files, copied, mounts, read_dockerfile
from tests.deploy.image_layers import content_of, digest_of

DOCKERFILE = "deploy/image/Dockerfile"
IGNORE_FILE = f"{DOCKERFILE}.dockerignore"

_PACKAGE = "tfx_pipeline"
_LONGEST = 76


def digests(context: Path) -> dict[str, str]:
    """Return the digests of a checkout's `recipe` and of its `package`.

    An image of the same digests is the same image: a file that the Dockerfile does not copy, or the
    date of one, changes nothing.
    """
    names = {
        source
        for stage in read_dockerfile(context / DOCKERFILE)
        for word, rest in stage.steps
        if word == "COPY"
        for from_stage, sources, _ in [copied(rest)]
        if from_stage is None
        for source in sources
    }
    copies = [
        file
        for name in sorted(names - {_PACKAGE})
        for file in context_files(context, name, context / IGNORE_FILE)
    ]
    files = [context / DOCKERFILE, context / IGNORE_FILE, *copies]
    return {"recipe": _digest(context, files), "package": package_digest(context / _PACKAGE)}


def package_digest(package: Path) -> str:
    """Return the digest of a checkout's package, a folder that its ignore file lies beside."""
    ignore = package.parent / IGNORE_FILE
    return _digest(package, context_files(package.parent, package.name, ignore))


def base_image(context: Path) -> str:
    """Return the name of the image that the first stage begins with."""
    return read_dockerfile(context / DOCKERFILE)[0].base


def arguments(context: Path) -> set[str]:
    """Return the names of the build arguments that stages take."""
    stages = read_dockerfile(context / DOCKERFILE)
    return {rest for stage in stages for word, rest in stage.steps if word == "ARG"}


def instructions(context: Path) -> list[str]:
    """Return what made the last stage, in order, without what it takes from a base image."""
    stages = {stage.name: stage for stage in read_dockerfile(context / DOCKERFILE)}
    stage: Stage | None = [*stages.values()][-1]
    found: list[str] = []
    while stage is not None:
        found = [f"{word} {_short(word, rest)}" for word, rest in stage.steps] + found
        stage = stages.get(stage.base)
    return found


def layers(
    history: Sequence[Mapping[str, Any]], sizes: Sequence[int], made_by: Sequence[str], base: str
) -> list[tuple[str, int]]:
    """Return the instruction and the bytes of each layer, the lowest first.

    Args:
        history: of the image's configuration: an entry an instruction, and those of the base.
        sizes: of the layers, in bytes.
        made_by: the instructions of the Dockerfile, as `instructions` gives them.
        base: the name of the base image.
    """
    # Labels are no part of the Dockerfile: they came by the command line.
    entries = [entry for entry in history if "LABEL" not in entry.get("created_by", "").split()]
    below = len(entries) - len(made_by)
    names = [f"FROM {base}"] * below + [*made_by]
    filled = [
        name
        for name, entry in zip(names, entries, strict=True)
        if not entry.get("empty_layer", False)
    ]
    return [*zip(filled, sizes, strict=True)]


def _digest(folder: Path, files: Sequence[Path]) -> str:
    return digest_of(*(f"{file.relative_to(folder)}={content_of(file)}" for file in files))


def _short(word: str, rest: str) -> str:
    if word == "RUN":
        rest = mounts(rest)[2]
        rest = rest.rpartition(" fi && ")[2]  # after it is said whom to trust
    return rest if len(rest) <= _LONGEST else f"{rest[: _LONGEST - 1]}…"
