"""Which versions a version label file asks the server to load."""

from __future__ import annotations

from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.serving.config.protos import read_model_config


def listed_versions(file: VersionLabelFile) -> list[int]:
    """Read the versions that the file lists; empty: there is none, or its policy is another one."""
    if not file.path.is_file():
        return []
    models = read_model_config(str(file.path)).model_config_list.config
    policies = [model.model_version_policy for model in models if model.name == file.name]
    return [version for policy in policies for version in policy.specific.versions]
