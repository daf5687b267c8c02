"""StatisticsGen in the pipeline: where Beam's engine is in this process, without Beam."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("options", "executor"),
    [
        ("[]", "StatisticsGenExecutor"),
        ("[--runner=DirectRunner]", "StatisticsGenExecutor"),
        ("[--runner=FlinkRunner]", "Executor"),
    ],
)
def test_create_pipeline_lets_beams_workers_count_only_where_they_are_elsewhere(
    repository: Path, options: str, executor: str
) -> None:
    from tfx.components.statistics_gen.component import StatisticsGen
    from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

    from tfx_pipeline.pipeline.create import create_pipeline
    from tfx_pipeline.pipeline.inputs import PipelineInputs

    words = (f"environment.beam_options={options}",)
    config = load_config(repository / "configs/penguins.yaml", overrides=words).config
    nodes = {
        node.id: node for node in create_pipeline(config, PipelineInputs("/no", None)).components
    }
    node = nodes["StatisticsGen"]
    assert type(node) is StatisticsGen
    assert isinstance(node.executor_spec, BeamExecutorSpec)
    assert node.executor_spec.executor_class.__name__ == executor
