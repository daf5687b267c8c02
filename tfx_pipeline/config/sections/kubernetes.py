"""Configuration of what only Kubernetes knows: volumes, secrets, and the machines of a step.

Texts have the forms that the API server of Kubernetes asks for (k8s.io/apimachinery,
`pkg/util/validation`), so that a pod is not refused when the pipeline runs already.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import (
    EnvironmentVariable,
    OneOrMore,
    Section,
    TextForm,
)

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_PART = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_SUBDOMAIN = rf"(?=.{{1,253}}$){_PART}(\.{_PART})*"
_WORD = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_KEY = rf"((?=[^/]{{1,253}}/){_PART}(\.{_PART})*/)?{_WORD}"

LABEL_KEY = TextForm(
    _KEY,
    "63 letters, digits, `-`, `_`, `.` that begin and end with a letter or a digit; before them,"
    " if wanted, a domain and `/`",
)
LABEL_VALUE = TextForm(
    rf"({_WORD})?",
    "63 letters, digits, `-`, `_`, `.` that begin and end with a letter or a digit; or nothing",
)
NAME = TextForm(
    _SUBDOMAIN,
    "lower-case letters, digits, `-` and `.`, with a letter or digit at both ends and beside each"
    " `.`; 253 at most",
)
VOLUME_NAME = TextForm(
    _LABEL, "lower-case letters, digits and `-`, with a letter or digit at both ends; 63 at most"
)

KubernetesName = Annotated[str, NAME]
LabelKey = Annotated[str, LABEL_KEY]
LabelValue = Annotated[str, LABEL_VALUE]
Namespace = Annotated[str, VOLUME_NAME]
Quantity = Annotated[
    str,
    TextForm(
        r"(?=[^a-zA-Z]*[1-9])[0-9]+(\.[0-9]+)?(Mi|Gi|Ti|M|G|T)",
        "a number above 0 and a unit, one of Mi, Gi, Ti, M, G and T, e.g. 8Gi",
    ),
]
_BYTES = {"M": 1e6, "G": 1e9, "T": 1e12, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
_DataKey = Annotated[
    str,
    TextForm(
        r"(?!\.\.?$|\.\.)[A-Za-z0-9._-]{1,253}",
        "letters, digits, `.`, `_` and `-`, not `.` and no `..` first; 253 at most",
    ),
]
_MountPath = Annotated[
    str,
    TextForm(
        r"(?!.*/\.{1,2}(/|$))/[^\[*?\\:]+",
        "an absolute path below `/`, without brackets, `*`, `?`, `:`, backslashes, and parts `.` or"
        " `..`",
    ),
]


def quantity_bytes(quantity: str) -> float:
    """Give the bytes of a quantity, e.g. of `8Gi`."""
    digits = quantity.rstrip("GMTi")
    return float(digits) * _BYTES[quantity.removeprefix(digits)]


class SecretConfig(Section):
    """A Kubernetes Secret that each step gets: a value as variable, or all of them as files."""

    name: KubernetesName
    """Of the Secret."""
    key: _DataKey | None = None
    """Within the Secret, for `env`."""
    env: EnvironmentVariable | None = None
    """The variable that gets the value of `key`."""
    mount_path: _MountPath | None = None
    """Folder with a file for each key, instead of a variable."""

    @model_validator(mode="after")
    def _check_use(self) -> SecretConfig:
        as_variable = self.env is not None and self.key is not None
        if (self.mount_path is None and not as_variable) or (
            self.mount_path is not None and (self.env or self.key)
        ):
            raise ValueError("give either `key` and `env`, or `mount_path` alone")
        return self


class ConfigMapConfig(Section):
    """A value of a Kubernetes ConfigMap that each step gets as an environment variable."""

    name: KubernetesName
    """Of the ConfigMap."""
    key: _DataKey
    """Within the ConfigMap."""
    env: EnvironmentVariable
    """The variable."""


class VolumeConfig(Section):
    """A volume that every step has at the same place."""

    claim: KubernetesName
    """Name of the PersistentVolumeClaim."""
    mount_path: _MountPath
    """Where it appears; paths below it count as shared."""


class TolerationConfig(Section):
    """A taint of machines that a step puts up with."""

    key: LabelKey | None = None
    """Of the taint; none, with `operator: Exists`: every taint."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """`Equal`: the taint has this value; `Exists`: it has any."""
    value: LabelValue = ""
    """Of the taint, for `Equal`."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Of the taint; none: every effect."""
    toleration_seconds: int | None = Field(default=None, ge=0)
    """For `NoExecute`: how long the step may stay there; none: to its end."""

    @model_validator(mode="after")
    def _check_together(self) -> TolerationConfig:
        if self.key is None and self.operator != "Exists":
            raise ValueError("without a `key`, say `operator: Exists`")
        if self.operator == "Exists" and self.value:
            raise ValueError("`operator: Exists` takes no `value`")
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            raise ValueError("`toleration_seconds` goes with `effect: NoExecute`")
        return self


class MachineLabelConfig(Section):
    """What a label of a machine must be."""

    key: LabelKey
    """Of the label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = "In"
    """How it compares with `values`; `Gt` and `Lt` compare whole numbers."""
    values: Annotated[tuple[LabelValue, ...], OneOrMore()] = ()
    """None for `Exists` and `DoesNotExist`, one for `Gt` and `Lt`, else some."""

    @model_validator(mode="after")
    def _check_values(self) -> MachineLabelConfig:
        count = len(self.values)
        if self.operator in ("In", "NotIn") and not count:
            raise ValueError(f"`operator: {self.operator}` needs `values`")
        if self.operator in ("Exists", "DoesNotExist") and count:
            raise ValueError(f"`operator: {self.operator}` takes no `values`")
        is_number = count == 1 and re.fullmatch(r"[0-9]{1,18}", self.values[0])
        if self.operator in ("Gt", "Lt") and not is_number:  # which Go's int64 can hold
            what = "one whole number in `values`, of 18 digits at most"
            raise ValueError(f"`operator: {self.operator}` needs {what}")
        return self


class NodeAffinityConfig(Section):
    """Machines that a step must have, or would rather have; one of several terms is enough."""

    match_expressions: Annotated[tuple[MachineLabelConfig, ...], OneOrMore()] = Field(min_length=1)
    """Labels of the machine, all of which must fit."""
    weight: int | None = Field(default=None, ge=1, le=100)
    """Makes it a wish of this weight; none: a must."""


class EphemeralStorageConfig(Section):
    """Room of a step for files of its own, which go when it ends."""

    size: Quantity
    """Of the room, e.g. `20Gi`; a step that takes more of its machine's disk is ended."""
    mount_path: _MountPath = "/tmp"
    """Where it appears."""
    storage_class: KubernetesName | None = None
    """Class of the volume that is made for the step, which the image's user must be able to write
    to; none: the disk of the machine."""
