"""Versions of a model in a folder, and those that a version label file asks the server to load."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.serving.config.protos import read_model_config


def add_versions(base: Path, *versions: int | str) -> None:
    for version in versions:
        (base / str(version)).mkdir(parents=True)
        (base / str(version) / "saved_model.pb").touch()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with three versions."""
    folder = tmp_path / "models" / "taxi"
    add_versions(folder, 1, 2, 3)
    return folder


def listed_versions(file: VersionLabelFile) -> list[int]:
    """Read the versions that the file lists; empty: there is none, or its policy is another one."""
    if not file.path.is_file():
        return []
    models = read_model_config(str(file.path)).model_config_list.config
    policies = [model.model_version_policy for model in models if model.name == file.name]
    return [version for policy in policies for version in policy.specific.versions]
