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
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfx_pipeline.components.pusher.store_formats import put_formats, remove_formats
from tfx_pipeline.components.pusher.store_versions import (
    DIGEST_DIGITS,
    StoreVersions,
    beginning,
    is_same,
    is_there,
    is_whole,
    remove_version,
    version_of,
)
from tfx_pipeline.deployment.model_versions import model_digest, number_after
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.serving.models.model_files import MODEL_FILES
from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.fileio import FileFacts

_COPY_AT_ONCE = ("s3", "s3a", "gs", "gcs", "memory")
_ABANDONED_S = 6 * 3600
"""After that long without a change, a beginning of another model is a killed push's."""
_BEGUN = "begun"
_TRIES = 20
"""To find a number that no other push takes."""


def publish_to_store(model: Path, uri: str, formats: Path | None = None) -> str:
    """Copy a SavedModel to `<uri>/<version>/`; see the module on how it appears.

    `formats` is a folder of the same model in other formats; None: a version that is there already
    keeps those that it has.

    Returns:
        The version's URI; that of the newest version when it holds this very model.

    Raises:
        PlaceError: the store cannot be read or written.
    """
    for _ in range(_TRIES - 1):
        # Another push of this model may give up the beginning that both had.
        with contextlib.suppress(fileio.NoSuchPlaceError):
            return _publish(model, uri, formats)
    return _publish(model, uri, formats)


def _publish(model: Path, uri: str, formats: Path | None) -> str:
    base = StoreVersions.read(uri)
    files = fileio.list_files(str(model))
    digest = model_digest(model)[:DIGEST_DIGITS]
    version = _known_version(base, digest, model, files)
    complete = base.complete()
    if version is None and complete:
        newest = complete[-1]
        if is_same(base.place(newest), base.versions[newest], model, files):
            put_formats(formats, uri, newest)
            return base.place(newest)
    if version is None:
        version = _claim(uri, digest)
    put_formats(formats, uri, version)
    if version not in complete:  # else it was killed when all but its beginning was done
        _push(model, StoreVersions.read(uri), version, digest)
    _tidy(uri, beginning(version, digest))
    return base.place(version)


def follow_version_labels(uri: str) -> None:
    """Let the version label file beside a model's folder, if there is one, list the newest version.

    Raises:
        PlaceError: it cannot be read or written.
        ServingError: it is none.
    """
    for _ in range(_TRIES):
        seen = StoreVersions.read(uri).complete()
        if not _follow(uri, seen) or StoreVersions.read(uri).complete() == seen:
            return  # else another push came in between, and may have been overwritten


def _follow(uri: str, versions: Sequence[int]) -> bool:
    """Write the version label file for some versions; say whether there is one."""
    parent, _, name = uri.rpartition("/")
    with tempfile.TemporaryDirectory(prefix="tfx-labels-") as folder:
        file = VersionLabelFile(Path(folder, name), name, served_from=uri)
        paths = (file.history_path, file.path)
        if not fileio.exists(fileio.join(parent, file.path.name)):
            return False
        for path in paths:
            with contextlib.suppress(fileio.NoSuchPlaceError):
                path.write_bytes(fileio.read_bytes(fileio.join(parent, path.name)))
        for version in versions:
            (file.base / str(version)).mkdir(parents=True)
            (file.base / str(version) / MODEL_FILES[0]).touch()
        file.follow()
        for path in paths:
            fileio.write_bytes(fileio.join(parent, path.name), path.read_bytes())
    return True


def _claim(uri: str, digest: str) -> int:
    """Begin with a number that no other push has; give it."""
    above = 0
    for _ in range(_TRIES):
        base = StoreVersions.read(uri)
        version = max(above, number_after(base.numbers(), uri))
        claim = base.place(beginning(version, digest))
        fileio.write_bytes(fileio.join(claim, _BEGUN), b"")
        base = StoreVersions.read(uri)
        if version not in base.versions and not base.rivals(version, digest):
            return version
        fileio.remove_tree(claim)
        above = version + random.randrange(1, 2 * _TRIES)
        time.sleep(random.uniform(0, 0.2))
    what = f"other pushes took the same number {_TRIES} times"
    next_step = "the same command again, with fewer pushes at once"
    raise fileio.PlaceError([Problem(what, fileio.shown(uri), next_step=next_step)])


def _push(model: Path, base: StoreVersions, version: int, digest: str) -> None:
    """Send the files, those that make it a version last; leave nothing when that fails."""
    destination, source = base.place(version), base.place(beginning(version, digest))
    files = fileio.list_files(str(model))
    last = [name for name in files if name in MODEL_FILES]
    others = [name for name in files if name not in MODEL_FILES]
    try:
        if base.uri.partition("://")[0] in _COPY_AT_ONCE:
            there = base.beginnings.get(beginning(version, digest), {})
            missing = [x for x, facts in files.items() if not is_there(x, facts, there)]
            fileio.upload_files(model, source, missing)
            fileio.copy_in_store(source, destination, others)
            fileio.copy_in_store(source, destination, last)
        else:
            fileio.write_bytes(fileio.join(source, _BEGUN), b"")
            fileio.upload_files(model, destination, others)
            fileio.upload_files(model, destination, last)
    except BaseException as error:
        if isinstance(error, Exception) and is_whole(destination, files):
            return  # another push of the same model was faster
        with contextlib.suppress(PipelineError):
            remove_version(destination)
            remove_formats(base.uri, version)
            fileio.remove_tree(source)
        raise
    if not is_whole(destination, files):
        remove_version(destination)
        remove_formats(base.uri, version)
        what = "files vanished while the model was pushed"
        next_step = "see who else writes there; then the same command again"
        problem = Problem(what, fileio.shown(destination), next_step=next_step)
        raise fileio.PlaceError([problem], "the model was not pushed")


def _tidy(uri: str, done: str) -> None:
    """Remove this push's beginning, and what other pushes left that were killed long ago."""
    long_ago = (time.time() - _ABANDONED_S) * 10**9
    base = StoreVersions.read(uri)
    for name, files in base.beginnings.items():
        if name != done:
            if not 0 < max(facts.mtime_nsec for facts in files.values()) < long_ago:
                continue
            version, digest = version_of(name), name.split(".")[2]
            if version not in base.complete() and not base.rivals(version, digest):
                fileio.remove_tree(base.place(version))
                remove_formats(uri, version)
        fileio.remove_tree(base.place(name))


def _known_version(
    base: StoreVersions, digest: str, model: Path, files: Mapping[str, FileFacts]
) -> int | None:
    """Find the version that a killed push of this very model had begun, if it may go on."""
    for name in [name for name in base.beginnings if digest in name]:
        version = version_of(name)
        if version in base.complete():
            is_ours = is_same(base.place(version), base.versions[version], model, files)
        else:
            is_ours = not base.rivals(version, digest)
        if is_ours:
            return version
        fileio.remove_tree(base.place(name))  # killed before it took another number
    return None
