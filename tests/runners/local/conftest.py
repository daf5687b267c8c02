"""The shipped penguins with all their places below a test's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.runners.local.run_record import RunOptions, RunRecord


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> PipelineConfig:
    overrides = [
        f"environment.pipeline_root={tmp_path / 'out'}",
        f"environment.metadata.path={tmp_path / 'metadata.db'}",
        f"push.base_directory={tmp_path / 'served'}",
    ]
    return load_config(repository / "configs/penguins.yaml", overrides=overrides).config


@pytest.fixture
def add_version(config: PipelineConfig) -> Callable[[str], Path]:
    """Make a version of the served model, which no server could load; give its folder."""

    def add(name: str) -> Path:
        version = config.serving_directory / name
        version.mkdir(parents=True)
        (version / "saved_model.pb").touch()
        return version

    return add


@pytest.fixture
def record(config: PipelineConfig) -> RunRecord:
    table = Table(config.root, TableNeeds(), (), (), (), ())
    return RunRecord(config, RunOptions(), table, "one")
