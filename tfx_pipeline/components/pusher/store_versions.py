"""What lies in a model's folder of an object store; `push_to_store` says what a beginning is.

Versions are removed here that a push left half-written; withdrawn ones by `deployment.publishing`.
"""

from __future__ import annotations

import filecmp
import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.serving.models.model_files import MODEL_FILES
from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.fileio import FileFacts

DIGEST_DIGITS = 16  # of the model, in the name of a beginning
_BEGINNING = re.compile(rf"\.(\d{{1,19}})\.([0-9a-f]{{{DIGEST_DIGITS}}})\.incomplete", re.ASCII)


@dataclass
class StoreVersions:
    """What lies in a model's folder: files by version, and by beginning."""

    uri: str
    versions: dict[int, dict[str, FileFacts]] = field(default_factory=dict)
    beginnings: dict[str, dict[str, FileFacts]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, uri: str) -> StoreVersions:
        """List the files, and sort them."""
        folders: defaultdict[str, dict[str, FileFacts]] = defaultdict(dict)
        for path, facts in fileio.list_files(uri).items():
            folder, _, name = path.partition("/")
            folders[folder][name] = facts
        numbers = {name: parse_version(name) for name in sorted(folders)}
        names = {number: name for name, number in numbers.items() if number is not None}
        versions = {number: folders[name] for number, name in sorted(names.items())}
        beginnings = {name: x for name, x in folders.items() if _BEGINNING.fullmatch(name)}
        return cls(uri, versions, beginnings, names)

    def numbers(self) -> list[int]:
        """List the numbers that are taken."""
        return [*self.versions, *map(version_of, self.beginnings)]

    def rivals(self, version: int, digest: str) -> list[str]:
        """List the beginnings of other models with this number."""
        return [x for x in self.beginnings if version_of(x) == version and digest not in x]

    def complete(self) -> list[int]:
        """List the complete versions, the newest last."""
        return [x for x, files in self.versions.items() if files.keys() & set(MODEL_FILES)]

    def place(self, name: object) -> str:
        """Give the place of a version, by its number, or of another folder."""
        known = self.names.get(name) if isinstance(name, int) else None
        return fileio.join(self.uri, known or str(name))


def beginning(version: int, digest: str) -> str:
    """Name the beginning of a version."""
    return f".{version}.{digest}.incomplete"


def version_of(beginning: str) -> int:
    """Give the number in a beginning's name."""
    return int(beginning.split(".")[1])


def remove_version(place: str) -> None:
    """Remove a version, the files that make it one first."""
    for name in MODEL_FILES:
        if fileio.exists(fileio.join(place, name)):
            fileio.remove_tree(fileio.join(place, name))
    fileio.remove_tree(place)


def is_whole(destination: str, files: Mapping[str, FileFacts]) -> bool:
    """Say whether all files of a model are there."""
    try:
        there = fileio.list_files(destination)
    except PipelineError:
        return False
    return all(is_there(name, facts, there) for name, facts in files.items())


def is_there(name: str, facts: FileFacts, there: Mapping[str, FileFacts]) -> bool:
    """Say whether a file is there, as long as it should be."""
    return name in there and there[name].length == facts.length


def is_same(
    version: str, there: Mapping[str, FileFacts], model: Path, files: Mapping[str, FileFacts]
) -> bool:
    """Compare names and sizes, then contents, the small files first: one will differ."""
    if {x: facts.length for x, facts in there.items()} != {
        x: facts.length for x, facts in files.items()
    }:
        return False
    with tempfile.TemporaryDirectory(prefix="tfx-version-") as folder:
        for name in sorted(files, key=lambda name: files[name].length):
            fileio.download_tree(fileio.join(version, name), Path(folder))
            copy = Path(folder, name.rpartition("/")[2])
            if not filecmp.cmp(copy, model / name, shallow=False):
                return False
            copy.unlink()
    return True
