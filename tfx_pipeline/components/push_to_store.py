"""Versions of a model in an object store, which has no folders that could be renamed.

A version is complete when it has the file that a server looks for first (`MODEL_FILES`): it is
written last. A server that lists the versions tries any numeric one at once, though, and gives a
version up after some failures. So the files are sent under another name, and the store copies them
to the version by itself, in a moment; a store that may take its time for that gets them directly.

Terms:
    beginning: `.<version>.<digest of the model>.incomplete`, what says that a push has begun. It
        is removed at the end, so a retry knows its own beginning, and goes on with it.

A store has no locks. Of pushes of several models at once, each writes its beginning and then looks
for others of the same number: who sees one takes another number, so that at most one stays. Pushes
of the same model write the same bytes to the same names.
"""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline import places
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.places import FileFacts
from tfx_pipeline.serving.labels import LabelFile
from tfx_pipeline.serving.publishing import number_after
from tfx_pipeline.serving.version_source import parse_version

MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt", "model.tflite")
"""One of these makes a folder a version."""

_COPY_AT_ONCE = ("s3", "s3a", "gs", "gcs", "memory")
_BEGINNING = re.compile(r"\.(\d{1,19})\.([0-9a-f]{16})\.incomplete", re.ASCII)
_ABANDONED_S = 6 * 3600
"""After that long without a change, a beginning of another model is a killed push's."""
_BEGUN = "begun"
_TRIES = 20
"""To find a number that no other push takes."""


@dataclass
class _Base:
    """What lies in a model's folder: files by version, and by beginning."""

    uri: str
    versions: dict[int, dict[str, FileFacts]] = field(default_factory=dict)
    beginnings: dict[str, dict[str, FileFacts]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, uri: str) -> _Base:
        folders: defaultdict[str, dict[str, FileFacts]] = defaultdict(dict)
        for path, facts in places.list_files(uri).items():
            folder, _, name = path.partition("/")
            folders[folder][name] = facts
        numbers = {name: parse_version(name) for name in sorted(folders)}
        names = {number: name for name, number in numbers.items() if number is not None}
        versions = {number: folders[name] for number, name in sorted(names.items())}
        beginnings = {name: x for name, x in folders.items() if _BEGINNING.fullmatch(name)}
        return cls(uri, versions, beginnings, names)

    def numbers(self) -> list[int]:
        """List the numbers that are taken."""
        return [*self.versions, *map(_version_of, self.beginnings)]

    def rivals(self, version: int, digest: str) -> list[str]:
        """List the beginnings of other models with this number."""
        return [x for x in self.beginnings if _version_of(x) == version and digest not in x]

    def complete(self) -> list[int]:
        """List the complete versions, the newest last."""
        return [x for x, files in self.versions.items() if files.keys() & set(MODEL_FILES)]

    def place(self, name: object) -> str:
        """Give the place of a version, by its number, or of another folder."""
        known = self.names.get(name) if isinstance(name, int) else None
        return places.join(self.uri, known or str(name))


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
    version = _known_version(base, digest, model, files)
    complete = base.complete()
    if version is None and complete:
        newest = complete[-1]
        if _is_same(base.place(newest), base.versions[newest], model, files):
            return base.place(newest)
    if version is None:
        version = _claim(uri, digest)
    if version not in complete:  # else it was killed when all but its beginning was done
        _push(model, _Base.read(uri), version, digest)
    _tidy(uri, _beginning(version, digest))
    return base.place(version)


def follow_labels(uri: str) -> None:
    """Let the label file beside a model's folder list the newest version, where there is one.

    Raises:
        PlaceError: it cannot be read or written.
        ServingError: it is none.
    """
    for _ in range(_TRIES):
        seen = _Base.read(uri).complete()
        if not _follow(uri, seen) or _Base.read(uri).complete() == seen:
            return  # else another push came in between, and may have been overwritten


def _follow(uri: str, versions: Sequence[int]) -> bool:
    """Write the label file for some versions; say whether there is one."""
    parent, _, name = uri.rpartition("/")
    with tempfile.TemporaryDirectory(prefix="tfx-labels-") as folder:
        file = LabelFile(Path(folder, name), name, served_from=uri)
        paths = (file.history_path, file.path)
        if not places.exists(places.join(parent, file.path.name)):
            return False
        for path in paths:
            with contextlib.suppress(places.NoSuchPlaceError):
                path.write_bytes(places.read_bytes(places.join(parent, path.name)))
        for version in versions:
            (file.base / str(version)).mkdir(parents=True)
            (file.base / str(version) / MODEL_FILES[0]).touch()
        file.follow()
        for path in paths:
            places.write_bytes(places.join(parent, path.name), path.read_bytes())
    return True


def _claim(uri: str, digest: str) -> int:
    """Begin with a number that no other push has; give it."""
    above = 0
    for _ in range(_TRIES):
        base = _Base.read(uri)
        version = max(above, number_after(base.numbers(), uri))
        beginning = base.place(_beginning(version, digest))
        places.write_bytes(places.join(beginning, _BEGUN), b"")
        base = _Base.read(uri)
        if version not in base.versions and not base.rivals(version, digest):
            return version
        places.remove_tree(beginning)
        above = version + random.randrange(1, 2 * _TRIES)
        time.sleep(random.uniform(0, 0.2))
    what = f"other pushes took the same number {_TRIES} times"
    next_step = "the same command again, with fewer pushes at once"
    raise places.PlaceError([Problem(what, places.shown(uri), next_step=next_step)])


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
            places.write_bytes(places.join(beginning, _BEGUN), b"")
            places.upload_files(model, target, others)
            places.upload_files(model, target, last)
    except BaseException as error:
        if isinstance(error, Exception) and _is_whole(target, files):
            return  # another push of the same model was faster
        with contextlib.suppress(PipelineError):
            remove_version(target)
            places.remove_tree(beginning)
        raise
    if not _is_whole(target, files):
        remove_version(target)
        what = "files vanished while the model was pushed"
        next_step = "see who else writes there; then the same command again"
        problem = Problem(what, places.shown(target), next_step=next_step)
        raise places.PlaceError([problem], "the model was not pushed")


def remove_version(place: str) -> None:
    """Remove a version, the files that make it one first."""
    for name in MODEL_FILES:
        if places.exists(places.join(place, name)):
            places.remove_tree(places.join(place, name))
    places.remove_tree(place)


def _is_whole(target: str, files: Mapping[str, FileFacts]) -> bool:
    """Say whether all files of a model are there."""
    try:
        there = places.list_files(target)
    except PipelineError:
        return False
    return all(_is_there(name, facts, there) for name, facts in files.items())


def _tidy(uri: str, done: str) -> None:
    """Remove this push's beginning, and what other pushes left that were killed long ago."""
    long_ago = (time.time() - _ABANDONED_S) * 10**9
    base = _Base.read(uri)
    for name, files in base.beginnings.items():
        if name != done:
            if not 0 < max(facts.mtime_nsec for facts in files.values()) < long_ago:
                continue
            version, digest = _version_of(name), _digest_of(name)
            if version not in base.complete() and not base.rivals(version, digest):
                places.remove_tree(base.place(version))
        places.remove_tree(base.place(name))


def uri_scheme(uri: str) -> str:
    """Give `s3` for `s3://bucket`."""
    return uri.partition("://")[0]


def _beginning(version: int, digest: str) -> str:
    return f".{version}.{digest}.incomplete"


def _version_of(beginning: str) -> int:
    return int(beginning.split(".")[1])


def _digest_of(beginning: str) -> str:
    return beginning.split(".")[2]


def _known_version(
    base: _Base, digest: str, model: Path, files: Mapping[str, FileFacts]
) -> int | None:
    """Find the version that a killed push of this very model had begun, if it may go on."""
    for name in [name for name in base.beginnings if digest in name]:
        version = _version_of(name)
        if version in base.complete():
            is_ours = _is_same(base.place(version), base.versions[version], model, files)
        else:
            is_ours = not base.rivals(version, digest)
        if is_ours:
            return version
        places.remove_tree(base.place(name))  # killed before it took another number
    return None


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
