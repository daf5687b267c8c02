"""Artifacts of an object store, as an executor that knows only paths sees them: local folders.

Inputs are brought here before the executor runs. What it writes goes to a folder of this machine,
and to the store only after it succeeded: a step that fails or is killed leaves nothing there.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx import types
from tfx.types.value_artifact import ValueArtifact

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.storage import fileio

_LOG = logging.getLogger(__name__)

INPUT_BASE = "input_base"
"""Execution property that names a folder which an ExampleGen reads: no artifact, and no path of it
is written down, so it is brought here as the inputs are."""

Artifacts = Mapping[str, Sequence[types.Artifact]]


@dataclass
class Staging:
    """Where the artifacts of a step are while its executor runs: in a folder of this machine."""

    folder: Path
    uris: dict[str, str] = field(default_factory=dict)  # by local path, of all, to and fro
    outputs: list[str] = field(default_factory=list)  # local paths that will be brought back

    def uri_of(self, text: str) -> str:
        """Give the URI for a path in the local folders; other texts as they are."""
        for local, uri in self.uris.items():
            if text == local or text.startswith(f"{local}/"):
                return uri + text[len(local) :]
        return text

    def restore(self, artifact: Any) -> None:
        """Put URIs into an artifact of ML Metadata where local paths stand, properties included."""
        artifact.uri = self.uri_of(artifact.uri)
        self.restore_values(artifact.properties)
        self.restore_values(artifact.custom_properties)

    def restore_values(self, values: Mapping[str, Any]) -> None:
        """Put URIs into values of ML Metadata where local paths stand."""
        for value in values.values():
            if value.WhichOneof("value") == "string_value":
                value.string_value = self.uri_of(value.string_value)

    def upload(self) -> None:
        """Bring the outputs to their URIs, in the place of what an earlier attempt left there."""
        begun: list[str] = []
        try:
            for local in self.outputs:
                begun.append(self.uris[local])
                _upload(Path(local), self.uris[local])
        except BaseException:
            for uri in begun:
                with contextlib.suppress(PipelineError):
                    fileio.remove_tree(uri)
            raise


_ACTIVE: ContextVar[tuple[Staging, ...]] = ContextVar("active", default=())


def uri_of(path: str) -> str:
    """Give the URI that a path stands for within `local_artifacts`, to show it; or the path."""
    for staging in _ACTIVE.get():
        path = staging.uri_of(path)
    return path


@contextlib.contextmanager
def local_artifacts(
    inputs: Artifacts, outputs: Artifacts, properties: dict[str, Any] | None = None
) -> Iterator[Staging | None]:
    """Let the artifacts be folders of this machine within the block.

    Their URIs are changed in place, and restored at the end; so are paths that the executor writes
    into the properties of outputs. Outputs go to the store when the block ends without an error.

    Args:
        inputs: brought here; those on this machine stay where they are.
        outputs: each gets an empty folder here (a file, for a value).
        properties: of the execution; see `INPUT_BASE`.

    Raises:
        PlaceError: an input cannot be read, or an output not be written.
    """
    staged_inputs, staged_outputs = list(_remote(inputs)), list(_remote(outputs))
    base = (properties or {}).get(INPUT_BASE)
    base = base if isinstance(base, str) and fileio.is_uri(base) else None
    if not (staged_inputs or staged_outputs or base):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="tfx-artifacts-") as name:
        staging = Staging(Path(name))
        token = _ACTIVE.set((*_ACTIVE.get(), staging))
        try:
            for artifact in staged_inputs:
                is_value = isinstance(artifact, ValueArtifact)
                artifact.uri = _download(staging, artifact.uri, is_value=is_value)
            if base and properties is not None:
                properties[INPUT_BASE] = _download(staging, base)
            for artifact in staged_outputs:
                artifact.uri = _make_output(staging, artifact)
            yield staging
            staging.upload()
        finally:
            _ACTIVE.reset(token)
            for artifact in (*staged_inputs, *staged_outputs, *_remote_by_now(outputs, staging)):
                staging.restore(artifact.mlmd_artifact)
            if base and properties is not None:
                properties[INPUT_BASE] = base


def _remote(artifacts: Artifacts) -> Iterable[types.Artifact]:
    for each in artifacts.values():
        for artifact in each:
            if fileio.is_uri(artifact.uri) and not artifact.is_external:
                yield artifact


def _remote_by_now(outputs: Artifacts, staging: Staging) -> Iterable[types.Artifact]:
    """Find outputs that the executor has added, in the folders that it was given."""
    for each in outputs.values():
        for artifact in each:
            if staging.uri_of(artifact.uri) != artifact.uri:
                yield artifact


def _download(staging: Staging, uri: str, *, is_value: bool = False) -> str:
    """Bring a folder here, or the file of a value, once; give its path."""
    uri = uri.rstrip("/")
    for local, known in staging.uris.items():
        if known == uri:
            return local
    path = staging.folder / f"input-{len(staging.uris)}"
    _LOG.info("bringing %s here", fileio.shown(uri))
    if is_value:
        path.write_bytes(fileio.read_bytes(uri))
    else:
        fileio.download_tree(uri, path)
    staging.uris[str(path)] = uri
    return str(path)


def _make_output(staging: Staging, artifact: types.Artifact) -> str:
    local = staging.folder / f"output-{len(staging.uris)}"
    if isinstance(artifact, ValueArtifact):
        local.touch()
    else:
        local.mkdir()
    staging.uris[str(local)] = artifact.uri.rstrip("/")
    staging.outputs.append(str(local))
    return str(local)


def _upload(local: Path, uri: str) -> None:
    _LOG.info("bringing the results to %s", fileio.shown(uri))
    if local.is_dir():
        fileio.remove_tree(uri)
        fileio.upload_tree(local, uri)
    else:
        fileio.write_bytes(uri, local.read_bytes())
