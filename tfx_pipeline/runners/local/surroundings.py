"""Where and how a run was made, so that somebody else can make it again: without secrets."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.type_problems import without_credentials
from tfx_pipeline.pipeline.step_code import STEPS
from tfx_pipeline.processes.cores import usable_cores
from tfx_pipeline.processes.this_process import memory_bytes

_TOP = ("tfx-pipeline", "fairlearn", "matplotlib", "pandas", "scikit-learn")
"""Libraries that no step names, and whose version somebody may ask for."""


def surroundings() -> dict[str, Any]:
    """Describe this machine and the libraries; no name of the machine or of a person."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processors": usable_cores(),
        "memory_bytes": memory_bytes(),
        "libraries": _libraries(),
    }


def _libraries() -> dict[str, str]:
    names = sorted({*_TOP, *(name for step in STEPS.values() for name in step.distributions)})
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def resolved(config: PipelineConfig) -> dict[str, Any]:
    """Give the whole configuration, defaults filled in, credentials of addresses taken out."""
    values: dict[str, Any] = _clean(config.model_dump(mode="json"))
    return values


def clean_command(words: Sequence[str]) -> list[str]:
    """Give the words of a command, credentials of addresses taken out."""
    return [without_credentials(word) for word in words]


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return without_credentials(value) if isinstance(value, str) else value
