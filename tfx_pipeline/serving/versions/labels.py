"""Names for versions, such as `stable` and `canary`: from the configuration, for requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument

Labels = Mapping[str, Mapping[str, int]]
"""Model -> label -> version."""


def resolve_labels(
    config: Any,
    current: Labels,
    is_available: Callable[[str, int], bool],
    allow_unavailable: bool,
) -> dict[str, dict[str, int]]:
    """Return the labels of a configuration, if all of them may be given.

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
    labels: dict[str, dict[str, int]] = {}
    for model in config.model_config_list.config:
        old = current.get(model.name, {})
        for label, version in sorted(model.version_labels.items()):
            excused = allow_unavailable and old.get(label, version) == version
            if not excused and not is_available(model.name, version):
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    f"Request to assign label to version {version} of model {model.name}, "
                    "which is not currently available for inference",
                )
            labels.setdefault(model.name, {})[label] = version
    return labels


def labelled_version(labels: Labels, model: str, label: str) -> int:
    """Return the version that a label stands for.

    Raises:
        ServingError: it stands for none.
    """
    try:
        return labels[model][label]
    except KeyError:
        raise invalid_argument(f"Unrecognized servable version label: {label}") from None
