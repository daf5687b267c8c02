"""A Pusher whose versions appear complete or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from tfx import types
from tfx.components.pusher import executor as pusher_executor
from tfx.components.pusher.component import Pusher
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, component_spec, standard_artifacts
from tfx.types.standard_component_specs import PusherSpec
from tfx.utils import json_utils

from tfx_pipeline.components.artifacts import EXPORTED_FORMATS, PUSHED_FORMATS
from tfx_pipeline.components.exported_model import ExportedModel
from tfx_pipeline.components.pusher.push_to_store import follow_version_labels, publish_to_store
from tfx_pipeline.deployment.publishing import publish
from tfx_pipeline.deployment.pushed_formats import FORMATS_FOLDER
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts
from tfx_pipeline.storage.fileio import explained, is_uri, join, shown


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
            formats = _formats(input_dict)
            version = _push(model, destination.filesystem.base_directory, formats)
            number = version.rpartition("/")[2]
            self._MarkPushed(pushed, version, number)
            if formats is not None:
                base, _, _ = version.rpartition("/")
                place = join(base, FORMATS_FOLDER, str(int(number)))
                pushed.set_string_custom_property(PUSHED_FORMATS, place)


class AtomicPusherSpec(PusherSpec):
    """Contract of `AtomicPusher`."""

    INPUTS = {
        **PusherSpec.INPUTS,
        "exported_model": component_spec.ChannelParameter(type=ExportedModel, optional=True),
    }


class AtomicPusher(Pusher):
    """TFX's Pusher with the executor of this package; it pushes other formats beside a version.

    Args:
        model, model_blessing, infra_blessing, push_destination: as TFX's.
        exported_model: the model in other formats; None: there are none.
    """

    SPEC_CLASS = AtomicPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(AtomicPushExecutor)

    def __init__(
        self,
        *,
        model: types.BaseChannel,
        model_blessing: types.BaseChannel,
        push_destination: pusher_pb2.PushDestination,
        infra_blessing: types.BaseChannel | None = None,
        exported_model: types.BaseChannel | None = None,
    ) -> None:
        spec = AtomicPusherSpec(
            model=model,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            exported_model=exported_model,
            push_destination=push_destination,
            custom_config=json_utils.dumps(None),
            pushed_model=types.Channel(type=standard_artifacts.PushedModel),
        )
        base_component.BaseComponent.__init__(self, spec)  # TFX's own makes a spec without ours


def _formats(inputs: Artifacts) -> Path | None:
    """Give the folder of the model's other formats, if there are any."""
    exported = list(inputs.get("exported_model", ()))
    if not exported:
        return None
    return Path(artifact_utils.get_single_uri(exported), EXPORTED_FORMATS)


def _push(model: Path, base: str, formats: Path | None) -> str:
    """Make the model a version; give its place."""
    if is_uri(base):
        version = publish_to_store(model, base, formats)
        with _version_labels_explained(f"{base}.config"):
            follow_version_labels(base)
        return version
    file = VersionLabelFile(Path(base), Path(base).name)
    with explained("write", base), _version_labels_explained(str(file.path)):
        folder = publish(model, Path(base), formats)
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
