"""The part of the pipeline that trains and judges the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfx import types
from tfx.components import Evaluator, Trainer
from tfx.dsl.components.base import base_node
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts

from tfx_pipeline.components.blessed_model import LatestOtherBlessedModelStrategy
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline.data_part import DataPart
from tfx_pipeline.pipeline.eval_config import make_eval_config

RUN_FN = "tfx_pipeline.modules.training.run_fn"


@dataclass(frozen=True)
class ModelPart:
    """Nodes in order, and the channels that the deploy part reads."""

    nodes: tuple[base_node.BaseNode, ...]
    model: types.BaseChannel
    blessing: types.BaseChannel


def make_model_part(config: PipelineConfig, data: DataPart) -> ModelPart:
    """Wire Trainer, the resolver of the baseline, and Evaluator.

    The Trainer reads raw examples and applies the transform graph itself, so Transform writes
    no second copy of the rows, and rows are transformed in training exactly as in serving.
    """
    trainer = Trainer(
        run_fn=config.hooks.run_fn or RUN_FN,
        examples=data.examples,
        schema=data.schema,
        transform_graph=data.transform_graph,
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config=_trainer_settings(config),
    )
    model = trainer.outputs["model"]
    baseline = Resolver(
        strategy_class=LatestOtherBlessedModelStrategy,
        model=types.Channel(type=standard_artifacts.Model),
        model_blessing=types.Channel(type=standard_artifacts.ModelBlessing),
        candidate=model,
    ).with_id("latest_blessed_model_resolver")
    evaluator = Evaluator(
        examples=data.examples,
        model=model,
        baseline_model=baseline.outputs["model"],
        eval_config=make_eval_config(config),
        example_splits=["eval"],
    )
    return ModelPart((trainer, baseline, evaluator), model, evaluator.outputs["blessing"])


def _trainer_settings(config: PipelineConfig) -> dict[str, Any]:
    return {
        **config.model_dump(mode="json", include={"model", "label"}),
        "raw_features": list(config.raw_features),
        "smoke_rows": config.push.smoke_rows,
    }
