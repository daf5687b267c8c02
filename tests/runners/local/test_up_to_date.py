"""What stands of the latest good run, whatever lies beside its version."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.pushed_formats import formats_folder
from tfx_pipeline.runners.local.up_to_date import latest_good_run, remember_good_run

AddVersion = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _good_run(config: PipelineConfig, add_version: AddVersion) -> None:
    config.pipeline_root.mkdir(parents=True)
    Path(config.environment.metadata.path).touch()
    summary = config.pipeline_root / "summary.json"
    summary.write_text(json.dumps({"model": str(add_version("100"))}))
    remember_good_run(config, "f", summary)


def test_latest_good_run_stands_while_its_version_is_the_newest(
    config: PipelineConfig, add_version: AddVersion
) -> None:
    assert latest_good_run(config, "f") is not None
    assert latest_good_run(config, "g") is None
    add_version("101")
    assert latest_good_run(config, "f") is None


@pytest.mark.parametrize(
    "name", ["101.bak", "latest", "007", "99 copy", "-1", "١٢٣", "9" * 30, ".101.withdrawn"]
)
def test_latest_good_run_stands_beside_odd_names(
    config: PipelineConfig, add_version: AddVersion, name: str
) -> None:
    add_version(name)
    assert latest_good_run(config, "f") is not None


@pytest.mark.parametrize("name", ["101", "0101", "+101"])
def test_latest_good_run_falls_to_a_newer_version_of_any_spelling(
    config: PipelineConfig, add_version: AddVersion, name: str
) -> None:
    add_version(name)
    assert latest_good_run(config, "f") is None


def test_latest_good_run_stands_beside_a_file_with_a_number(config: PipelineConfig) -> None:
    (config.serving_directory / "500").write_text("a file")
    (config.serving_directory / "501").symlink_to("nowhere")
    assert latest_good_run(config, "f") is not None


def test_latest_good_run_falls_without_the_formats_that_it_pushed(config: PipelineConfig) -> None:
    known = json.loads((config.pipeline_root / "latest_good_run.json").read_text())
    summary = json.loads(Path(known["summary"]).read_text())
    told = {**summary, "formats": [{"format": "onnx"}]}
    Path(known["summary"]).write_text(json.dumps(told))
    assert latest_good_run(config, "f") is None
    folder = formats_folder(config.serving_directory, int(Path(summary["model"]).name))
    folder.mkdir(parents=True)
    (folder / "model.onnx").touch()
    assert latest_good_run(config, "f") == told
