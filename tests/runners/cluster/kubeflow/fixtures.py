"""Configurations and compiled pipelines for the tests of Kubeflow Pipelines."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.project import REPOSITORY
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.runners.cluster.kubeflow.rendering import Rendering, render

UPSTREAM = {
    "CsvExampleGen": [],
    "DataGate": ["CsvExampleGen"],
    "Trainer": ["CsvExampleGen", "DataGate"],
    "latest_blessed_model_resolver": ["Trainer"],
    "Pusher": ["Trainer", "latest_blessed_model_resolver"],
}
IR_URI = "s3://bucket/penguins/ir/0123456789abcdef.json"


def load(*overrides: str) -> LoadedConfig:
    """Load the shipped penguins for Kubeflow Pipelines."""
    return load_config(REPOSITORY / "configs/penguins.yaml", "kubeflow", overrides)


def rendered(loaded: LoadedConfig, *, for_kubernetes: bool = True) -> str:
    """Render five steps."""
    return render(Rendering(loaded.config, UPSTREAM, IR_URI, for_kubernetes))


def write_rendered(folder: Path, *overrides: str) -> Path:
    """Render five steps into a file."""
    file = folder / "pipeline.yaml"
    file.write_text(rendered(load(*overrides)), encoding="utf-8")
    return file
