"""Names for versions, such as `stable` and `canary`: from the configuration, for requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument

VersionLabels = Mapping[str, Mapping[str, int]]
"""Model -> version label -> version."""


def resolve_version_labels(
    config: Any,
    current: VersionLabels,
    is_available: Callable[[str, int], bool],
    allow_unavailable: bool,
) -> dict[str, dict[str, int]]:
    """Return the version labels of a configuration, if all of them may be given.

    It is asked before the models of that configuration load: a label for a version that is not
    there yet is refused at start-up too, unless the flag allows it.

    Args:
        config: `ModelServerConfig`.
        current: the labels in force.
        is_available: whether a version of a model answers.
        allow_unavailable: let a new label name any version; an old one still moves only to a
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
    """Return the version that a version label stands for.

    Raises:
        ServingError: it stands for none.
    """
    try:
        return version_labels[model][version_label]
    except KeyError:
        text = f"Unrecognized servable version label: {version_label}"
        raise invalid_argument(text) from None
