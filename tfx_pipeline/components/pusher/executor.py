"""A Pusher whose versions appear complete or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from tfx.components.pusher import executor as pusher_executor
from tfx.components.pusher.component import Pusher
from tfx.dsl.components.base import executor_spec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils

from tfx_pipeline.components.pusher.push_to_store import follow_version_labels, publish_to_store
from tfx_pipeline.deployment.publishing import publish
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts
from tfx_pipeline.storage.fileio import explained, is_uri, shown


class AtomicPushExecutor(pusher_executor.Executor):
    """Copies a blessed model aside, then renames it to its numeric version.

    TFX's executor copies in place: a server that polls the folder can meet half a version, and
    two pushes within one second lose the second without a word. A model that is already the
    latest version is not pushed twice, so a run killed after the rename can be repeated.
    """

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Push the model when it is blessed; mark the artifact as not pushed otherwise."""
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        destination = json_format.Parse(
            exec_properties["push_destination"], pusher_pb2.PushDestination()
        )
        with local_artifacts(input_dict, output_dict):
            model = Path(self.GetModelPath(input_dict))
            version = _push(model, destination.filesystem.base_directory)
            self._MarkPushed(pushed, version, version.rpartition("/")[2])


class AtomicPusher(Pusher):
    """TFX's Pusher with the executor of this package."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(AtomicPushExecutor)


def _push(model: Path, base: str) -> str:
    """Make the model a version; give its place."""
    if is_uri(base):
        version = publish_to_store(model, base)
        with _version_labels_explained(f"{base}.config"):
            follow_version_labels(base)
        return version
    file = VersionLabelFile(Path(base), Path(base).name)
    with explained("write", base), _version_labels_explained(str(file.path)):
        folder = publish(model, Path(base))
        file.follow_if_used()
    return str(folder)


@contextlib.contextmanager
def _version_labels_explained(place: str) -> Iterator[None]:
    """Say what to do about a version label file that is none; the version is in place by then."""
    try:
        yield
    except ServingError as error:
        next_step = "mend the file, or remove it; then the same command again"
        problem = Problem(error.message, shown(place), next_step=next_step)
        raise PipelineError([problem], "the label file cannot be used") from error
