"""A Pusher whose versions appear complete or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from tfx import types
from tfx.components.pusher import executor as pusher_executor
from tfx.components.pusher.component import Pusher
from tfx.dsl.components.base import executor_spec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils

from tfx_pipeline.components.artifact_staging import local_artifacts
from tfx_pipeline.components.push_to_store import follow_labels, publish_to_store
from tfx_pipeline.places import is_uri
from tfx_pipeline.serving.labels import LabelFile


class AtomicPushExecutor(pusher_executor.Executor):
    """Copies a blessed model aside, then renames it to its numeric version.

    TFX's executor copies in place: a server that polls the folder can meet half a version, and
    two pushes within one second lose the second without a word. A model that is already the
    latest version is not pushed twice, so a run killed after the rename can be repeated.
    """

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
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
    """TFX's Pusher with the executor above."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(AtomicPushExecutor)


def _push(model: Path, base: str) -> str:
    """Make the model a version; give its place."""
    if is_uri(base):
        version = publish_to_store(model, base)
        follow_labels(base)
        return version
    folder = publish(model, Path(base))
    LabelFile(Path(base), Path(base).name).follow_if_used()
    return str(folder)


def publish(model: Path, base: Path) -> Path:
    """Copy a SavedModel to `base/<version>/`, visible only when complete.

    The version is the time in seconds, or one more than the latest when that is not greater.

    Args:
        model: folder of the SavedModel.
        base: folder whose numeric children are versions; made when absent.

    Returns:
        The version's folder; the latest one, untouched, when it holds this very model.
    """
    base.mkdir(parents=True, exist_ok=True)
    versions = sorted(int(child.name) for child in base.iterdir() if child.name.isdecimal())
    if versions and _tree_digest(base / str(versions[-1])) == _tree_digest(model):
        return base / str(versions[-1])
    version = max(int(time.time()), versions[-1] + 1 if versions else 0)
    aside = base / f".{version}.incomplete"
    for leftover in base.glob(".*.incomplete"):
        shutil.rmtree(leftover)
    try:
        shutil.copytree(model, aside)
        _sync(aside)
        aside.rename(base / str(version))
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    _sync_folder(base)
    return base / str(version)


def _tree_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(folder)).encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    """Force the copied files to disk, so that a power cut leaves no empty file behind a rename."""
    for path in folder.rglob("*"):
        _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
