"""Configurations that targets run without a word of warning; tests start from them."""

from __future__ import annotations

from typing import Any

from tests.e2e.project import REPOSITORY
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.targets.rules import Target

_KFP: dict[str, Any] = {
    "environment": {
        "runner": "kfp",
        "pipeline_root": "/mnt/data/{pipeline}",
        "metadata": {"kind": "mysql", "host": "tfx-metadata", "user": "tfx"},
        "image": "registry.example/tfx-pipeline:1",
        "service_account": "tfx-pipeline",
        "secrets": [{"name": "tfx-metadata", "key": "password", "env": "TFX_METADATA_PASSWORD"}],
        "volumes": [{"claim": "pipeline-artifacts", "mount_path": "/mnt/data"}],
        "steps": {"default": {"memory": "4Gi"}, "Trainer": {"gpus": 1}},
        "job": {"labels": {"team": "a"}, "schedule": "0 0 6 * * *"},
    },
    "push": {"base_directory": "/mnt/data/models"},
}
_VERTEX: dict[str, Any] = {
    "environment": {
        "runner": "vertex",
        "pipeline_root": "gs://bucket/{pipeline}",
        "image": "registry.example/tfx-pipeline@sha256:" + 64 * "0",
        "service_account": "runner@my-project.iam.gserviceaccount.com",
        "job": {"labels": {"team": "a"}, "schedule": "TZ=Europe/Berlin 0 6 * * MON-FRI"},
        "vertex": {"project": "my-project", "location": "europe-west4"},
    },
    "push": {"base_directory": "gs://bucket/models"},
}
_GENERIC: dict[str, Any] = {
    **_VERTEX,
    "environment": {
        **_VERTEX["environment"],
        "metadata": {"kind": "grpc", "host": "mlmd.example.com"},
        "vertex": {
            "project": "my-project",
            "location": "europe-west4",
            "rendering": "generic",
        },
    },
}

GOOD: dict[Target, dict[str, Any]] = {
    "local": {},
    "ir": {"environment": {"pipeline_root": "gs://bucket/{pipeline}"}},
    "kfp": _KFP,
    "vertex-native": _VERTEX,
    "vertex-generic": _GENERIC,
}


def in_environment(values: dict[str, Any]) -> PipelineConfig:
    """Give the penguins' configuration with these sections."""
    penguins = load_config(REPOSITORY / "configs/penguins.yaml").source.values
    config = PipelineConfig.model_validate({**penguins, **values})
    config._root = REPOSITORY
    return config
