"""What stands of the latest good run, whatever lies beside its version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.local.up_to_date import latest_good_run, remember_good_run


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> PipelineConfig:
    overrides = [
        f"environment.pipeline_root={tmp_path / 'out'}",
        f"environment.metadata.path={tmp_path / 'metadata.db'}",
        f"push.base_directory={tmp_path / 'served'}",
    ]
    loaded = load_config(repository / "configs/penguins.yaml", overrides=overrides).config
    loaded.pipeline_root.mkdir(parents=True)
    (tmp_path / "metadata.db").touch()
    add_version(loaded, "100")
    summary = loaded.pipeline_root / "summary.json"
    summary.write_text(json.dumps({"model": str(loaded.serving_directory / "100")}))
    remember_good_run(loaded, "f", summary)
    return loaded


def add_version(config: PipelineConfig, name: str) -> None:
    (config.serving_directory / name).mkdir(parents=True)
    (config.serving_directory / name / "saved_model.pb").touch()


def test_latest_good_run_stands_while_its_version_is_the_newest(config: PipelineConfig) -> None:
    assert latest_good_run(config, "f") is not None
    assert latest_good_run(config, "g") is None
    add_version(config, "101")
    assert latest_good_run(config, "f") is None


@pytest.mark.parametrize(
    "name", ["101.bak", "latest", "007", "99 copy", "-1", "١٢٣", "9" * 30, ".101.withdrawn"]
)
def test_latest_good_run_stands_beside_odd_names(config: PipelineConfig, name: str) -> None:
    add_version(config, name)
    assert latest_good_run(config, "f") is not None


@pytest.mark.parametrize("name", ["101", "0101", "+101"])
def test_latest_good_run_falls_to_a_newer_version_of_any_spelling(
    config: PipelineConfig, name: str
) -> None:
    add_version(config, name)
    assert latest_good_run(config, "f") is None


def test_latest_good_run_stands_beside_a_file_with_a_number(config: PipelineConfig) -> None:
    (config.serving_directory / "500").write_text("a file")
    (config.serving_directory / "501").symlink_to("nowhere")
    assert latest_good_run(config, "f") is not None
