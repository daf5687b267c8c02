"""Checking a `ModelServerConfig`, and reading from it the models to look for and version labels.

The texts and the order of the checks are those of TensorFlow Serving (model_servers/server_core.cc
there). It finds `logging_config` and a wrong platform only after some models have changed; here a
configuration that is refused has changed nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.versions.source import ModelSource, VersionPolicy

VersionLabels = Mapping[str, Mapping[str, int]]
"""Model -> version label -> version."""

_PLATFORM = "tensorflow"
_URI = re.compile(r"([a-zA-Z][0-9a-zA-Z.]*)://")
_TENSORFLOW_TYPE = 1  # ModelType.TENSORFLOW, deprecated


def check_transition(old: Any, new: Any) -> None:
    """Refuse a `ModelServerConfig` that may not follow the one in force, if there is one.

    ServingError: it is of another kind, lists a model twice or with a relative path, or changes the
    platform of a model.
    """
    kind = new.WhichOneof("config")
    if old is not None and kind != "model_config_list":
        raise ServingError(
            Code.FAILED_PRECONDITION,
            "Cannot transition to requested config. It is only legal to transition from one "
            "ModelConfigList to another.",
        )
    if kind == "custom_model_config":
        raise invalid_argument("ModelServer does not yet support custom model config.")
    names = set()
    for model in new.model_config_list.config:
        if model.name in names:
            raise invalid_argument(
                f"Illegal to list model {model.name} multiple times in config list"
            )
        names.add(model.name)
    for model in new.model_config_list.config:
        if not model.base_path.startswith("/") and not _URI.match(model.base_path):
            raise invalid_argument(
                f"Expected model {model.name} to have an absolute path or URI; "
                f"got base_path()={model.base_path}"
            )
    if old is not None:
        _check_platforms(old, new)


def model_sources(config: Any) -> dict[str, ModelSource]:
    """Return the models of a configuration that `check_transition` lets pass, by name.

    ServingError: a platform is not `tensorflow`, a file system is not this machine's, or requests
    are to be logged.
    """
    models = config.model_config_list.config
    for model in models:
        platform = _platform(model)
        if platform != _PLATFORM:
            raise invalid_argument(f"Model {model.name} requests unsupported platform {platform}")
    sources = {
        model.name: ModelSource(model.name, _local_path(model.base_path), _policy(model))
        for model in models
    }
    if any(model.HasField("logging_config") for model in models):
        raise invalid_argument("No request-logger-creator provided.")
    return sources


def resolve_version_labels(
    config: Any,
    current: VersionLabels,
    is_available: Callable[[str, int], bool],
    allow_unavailable: bool,
) -> dict[str, dict[str, int]]:
    """Return the version labels of a configuration, if all of them may be given.

    It is asked before the models of that configuration load: one for a version that is not there
    yet is refused at start-up too, unless the flag allows it.

    With `allow_unavailable` a new one may name any version; an old one still moves only to a
    version that answers.

    Raises:
        ServingError: a version does not answer.
    """
    version_labels: dict[str, dict[str, int]] = {}
    for model in config.model_config_list.config:
        old = current.get(model.name, {})
        for version_label, version in sorted(model.version_labels.items()):
            excused = allow_unavailable and old.get(version_label, version) == version
            if not excused and not is_available(model.name, version):
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    f"Request to assign label to version {version} of model {model.name}, "
                    "which is not currently available for inference",
                )
            version_labels.setdefault(model.name, {})[version_label] = version
    return version_labels


def labelled_version(version_labels: VersionLabels, model: str, version_label: str) -> int:
    """Return the version that a version label stands for; ServingError if it stands for none."""
    try:
        return version_labels[model][version_label]
    except KeyError:
        text = f"Unrecognized servable version label: {version_label}"
        raise invalid_argument(text) from None


def _check_platforms(old: Any, new: Any) -> None:
    platforms = {model.name: _platform(model) for model in old.model_config_list.config}
    for model in new.model_config_list.config:
        was = platforms.get(model.name)
        if was is not None and was != _platform(model):
            raise invalid_argument(
                f"Illegal to change a model's platform. For model {model.name} platform was "
                f"{was} and new platform requested is {_platform(model)}"
            )


def _platform(model: Any) -> str:
    if model.model_type:
        if model.model_platform:
            raise invalid_argument(
                "Illegal setting both ModelServerConfig::model_type (deprecated) and "
                f"ModelServerConfig::model_platform, model name is {model.name}"
            )
        if model.model_type != _TENSORFLOW_TYPE:
            raise invalid_argument(
                f"ModelServerConfig::model_type choice {model.model_type} not supported."
            )
        return _PLATFORM
    if not model.model_platform:
        raise invalid_argument(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {model.name}"
        )
    return str(model.model_platform)


def _local_path(base_path: str) -> Path:
    uri = _URI.match(base_path)
    if uri is None:
        return Path(base_path)
    if uri[1] != "file":
        raise ServingError(
            Code.UNIMPLEMENTED,
            f"File system scheme '{uri[1]}' not implemented (file: '{base_path}')",
        )
    return Path("/" + base_path[uri.end() :].lstrip("/"))


def _policy(model: Any) -> VersionPolicy:
    policy = model.model_version_policy
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return VersionPolicy(latest=None)
    if choice == "specific":
        return VersionPolicy(specific=frozenset(policy.specific.versions))
    return VersionPolicy(latest=max(policy.latest.num_versions, 1))
