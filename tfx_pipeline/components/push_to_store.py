"""Versions of a model in an object store, which has no folders that could be renamed.

A version is complete when it has the file that a server looks for first (`MODEL_FILES`): it is
written last. A server that lists the versions tries any numeric one at once, though, and gives a
version up after some failures. So the files are sent under another name, and the store copies them
to the version by itself, in a moment; a store that may take its time for that gets them directly.

Terms:
    beginning: `.<version>.<digest of the model>.incomplete`, what says that a push has begun. It
        is removed at the end, so a retry knows its own beginning, and goes on with it.
"""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline import places
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.places import FileFacts
from tfx_pipeline.serving.labels import LabelFile

MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt", "model.tflite")
"""One of these makes a folder a version."""

_COPY_AT_ONCE = ("s3", "s3a", "gs", "gcs", "memory")
_BEGINNING = re.compile(r"\.(\d+)\.([0-9a-f]{16})\.incomplete")
_ABANDONED_S = 6 * 3600
"""After that long without a change, a beginning of another model is a killed push's."""


@dataclass
class _Base:
    """What lies in a model's folder: files by version, and by beginning."""

    uri: str
    versions: dict[int, dict[str, FileFacts]] = field(default_factory=dict)
    beginnings: dict[str, dict[str, FileFacts]] = field(default_factory=dict)

    @classmethod
    def read(cls, uri: str) -> _Base:
        folders: defaultdict[str, dict[str, FileFacts]] = defaultdict(dict)
        for path, facts in places.list_files(uri).items():
            folder, _, name = path.partition("/")
            folders[folder][name] = facts
        versions = {int(name): files for name, files in folders.items() if name.isdecimal()}
        beginnings = {name: x for name, x in folders.items() if _BEGINNING.fullmatch(name)}
        return cls(uri, dict(sorted(versions.items())), beginnings)

    def complete(self) -> list[int]:
        """List the complete versions, the newest last."""
        return [x for x, files in self.versions.items() if files.keys() & set(MODEL_FILES)]

    def place(self, name: object) -> str:
        return places.join(self.uri, str(name))


def publish_to_store(model: Path, uri: str) -> str:
    """Copy a SavedModel to `<uri>/<version>/`; see the module on how it appears.

    Args:
        model: folder of the SavedModel, on this machine.
        uri: folder whose numeric children are versions.

    Returns:
        The version's URI; that of the newest version when it holds this very model.

    Raises:
        PlaceError: the store cannot be read or written.
    """
    base = _Base.read(uri)
    files = places.list_files(str(model))
    digest = _digest(model, files)
    version = _known_version(base, digest)
    complete = base.complete()
    if version is None and complete:
        newest = complete[-1]
        if _is_same(base.place(newest), base.versions[newest], model, files):
            return base.place(newest)
    if version is None:
        numbers = [*base.versions, *map(_version_of, base.beginnings)]
        version = max(int(time.time()), max(numbers, default=0) + 1)
    if version not in complete:  # else it was killed when all but its beginning was done
        _push(model, base, version, digest)
    _tidy(base, digest)
    return base.place(version)


def follow_labels(uri: str) -> None:
    """Let the label file beside a model's folder list the newest version, where there is one."""
    parent, _, name = uri.rpartition("/")
    with tempfile.TemporaryDirectory(prefix="tfx-labels-") as folder:
        file = LabelFile(Path(folder, name), name, served_from=uri)
        paths = (file.history_path, file.path)
        if not places.exists(places.join(parent, file.path.name)):
            return
        for path in paths:
            with contextlib.suppress(places.NoSuchPlaceError):
                path.write_bytes(places.read_bytes(places.join(parent, path.name)))
        for version in _Base.read(uri).complete():
            (file.base / str(version)).mkdir(parents=True)
            (file.base / str(version) / MODEL_FILES[0]).touch()
        file.follow()
        for path in paths:
            places.write_bytes(places.join(parent, path.name), path.read_bytes())


def _push(model: Path, base: _Base, version: int, digest: str) -> None:
    """Send the files, those that make it a version last; leave nothing when that fails."""
    target, beginning = base.place(version), base.place(_beginning(version, digest))
    files = places.list_files(str(model))
    last = [name for name in files if name in MODEL_FILES]
    others = [name for name in files if name not in MODEL_FILES]
    try:
        if uri_scheme(base.uri) in _COPY_AT_ONCE:
            there = base.beginnings.get(_beginning(version, digest), {})
            missing = [x for x, facts in files.items() if not _is_there(x, facts, there)]
            places.upload_files(model, beginning, missing)
            places.copy_in_store(beginning, target, others)
            places.copy_in_store(beginning, target, last)
        else:
            places.write_bytes(places.join(beginning, "begun"), b"")
            places.upload_files(model, target, others)
            places.upload_files(model, target, last)
    except BaseException:
        for place in (target, beginning):
            with contextlib.suppress(PipelineError):
                places.remove_tree(place)
        raise


def _tidy(base: _Base, digest: str) -> None:
    """Remove this push's beginning, and what killed pushes of other models left long ago."""
    long_ago = (time.time() - _ABANDONED_S) * 10**9
    for name, files in _Base.read(base.uri).beginnings.items():
        version = _version_of(name)
        if digest not in name:
            if not 0 < max(facts.mtime_nsec for facts in files.values()) < long_ago:
                continue
            if version not in base.complete():
                places.remove_tree(base.place(version))
        places.remove_tree(base.place(name))


def uri_scheme(uri: str) -> str:
    """Give `s3` for `s3://bucket`."""
    return uri.partition("://")[0]


def _beginning(version: int, digest: str) -> str:
    return f".{version}.{digest}.incomplete"


def _version_of(beginning: str) -> int:
    return int(beginning.split(".")[1])


def _known_version(base: _Base, digest: str) -> int | None:
    """Find the version that a killed push of this very model had begun."""
    return next((_version_of(name) for name in base.beginnings if digest in name), None)


def _is_there(name: str, facts: FileFacts, there: Mapping[str, FileFacts]) -> bool:
    return name in there and there[name].length == facts.length


def _is_same(
    version: str, there: Mapping[str, FileFacts], model: Path, files: Mapping[str, FileFacts]
) -> bool:
    """Compare names and sizes, then contents, the small files first: one will differ."""
    if {x: facts.length for x, facts in there.items()} != {
        x: facts.length for x, facts in files.items()
    }:
        return False
    with tempfile.TemporaryDirectory(prefix="tfx-version-") as folder:
        for name in sorted(files, key=lambda name: files[name].length):
            places.download_tree(places.join(version, name), Path(folder))
            copy = Path(folder, name.rpartition("/")[2])
            if not filecmp.cmp(copy, model / name, shallow=False):
                return False
            copy.unlink()
    return True


def _digest(model: Path, files: Mapping[str, FileFacts]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode())
        with (model / name).open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]
