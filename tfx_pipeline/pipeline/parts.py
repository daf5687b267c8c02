"""The parts of the pipeline: from the table to the transform graph, and on to a judged model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tfx import types
from tfx.components import SchemaGen, StatisticsGen, Trainer, Transform, Tuner
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.dsl.components.base import base_component, base_node, executor_spec
from tfx.dsl.components.common.resolver import Resolver
from tfx.dsl.input_resolution.strategies.latest_artifact_strategy import LatestArtifactStrategy
from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
    LatestBlessedModelStrategy,
)
from tfx.proto import infra_validator_pb2, trainer_pb2
from tfx.types import standard_artifacts

from tfx_pipeline.components.blessed_data import LatestOtherBlessedDataStrategy
from tfx_pipeline.components.blessed_model import LatestOtherBlessedModelStrategy
from tfx_pipeline.components.data_gate.component import DataBlessing, DataGate
from tfx_pipeline.components.evaluator.component import GatedEvaluator
from tfx_pipeline.components.example_gen.component import csv_example_gen
from tfx_pipeline.components.example_validator import TrainingValidator
from tfx_pipeline.components.exported_model import ExportedModel
from tfx_pipeline.components.infra_check.component import InfraCheck
from tfx_pipeline.components.infra_validator import NamingInfraValidator
from tfx_pipeline.components.model_risk.component import ModelRisk, ModelRiskAssessor
from tfx_pipeline.components.schema_import import SchemaImportExecutor
from tfx_pipeline.components.statistics_gen.executor import StatisticsGenExecutor
from tfx_pipeline.components.transform.executor import TransformExecutor
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.budget import budget_seconds
from tfx_pipeline.ingestion.examples.splits import EVAL, TEST, TRAIN
from tfx_pipeline.modules.model.signature_names import SERVING_EXAMPLES
from tfx_pipeline.patches.beam_tuning import works_in_this_process
from tfx_pipeline.pipeline import vertex_part
from tfx_pipeline.pipeline.beam_options import all_beam_options
from tfx_pipeline.pipeline.check_settings import make_check_settings
from tfx_pipeline.pipeline.eval_config import make_eval_config, make_gates
from tfx_pipeline.pipeline.export_part import make_exporter
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.risk_settings import make_risk_settings
from tfx_pipeline.pipeline.step_order import DATA_RESOLVER, searches

PREPROCESSING_FN = "tfx_pipeline.modules.preprocessing.preprocessing_fn"
TUNER_FN = "tfx_pipeline.modules.tuning.tuner_fn"
RUN_FN = "tfx_pipeline.modules.training.run_fn"


def make_data_part(
    config: PipelineConfig, inputs: PipelineInputs
) -> tuple[list[base_node.BaseNode], dict[str, types.BaseChannel]]:
    """Wire ExampleGen to Transform, with the gate in between.

    Returns:
        The nodes in order, and what a Trainer reads of them, by the names of its inputs.
    """
    example_gen = _make_example_gen(config, inputs)
    examples = example_gen.outputs["examples"]
    statistics_gen = StatisticsGen(examples=examples)
    if works_in_this_process(all_beam_options(config)):  # else it works where Beam's workers are
        statistics_gen.executor_spec = executor_spec.BeamExecutorSpec(StatisticsGenExecutor)
    kept = [split for split in config.data.split.names if split == TEST]
    schema_gen = SchemaGen(statistics=statistics_gen.outputs["statistics"], exclude_splits=kept)
    nodes: list[base_node.BaseNode] = [example_gen, statistics_gen, schema_gen]
    schema = schema_gen.outputs["schema"]
    if inputs.schema_file:
        curated = ImportSchemaGen(schema_file=inputs.schema_file)
        curated.executor_spec = executor_spec.ExecutorClassSpec(SchemaImportExecutor)
        curated.add_upstream_node(schema_gen)  # only so that the steps come in a sensible order
        nodes.append(curated)
        schema = curated.outputs["schema"]
    validator = TrainingValidator(
        statistics=statistics_gen.outputs["statistics"],
        schema=schema,
        # A schema inferred without these rows cannot know that their values are in order.
        exclude_splits=[] if inputs.schema_file else kept,
    ).with_id("ExampleValidator")
    reference = _make_data_reference(config, examples)
    reference.add_upstream_node(validator)  # as above
    gate = DataGate(
        examples,
        validator.outputs["anomalies"],
        schema,
        reference.outputs["reference"],
        make_check_settings(config),
    )
    transform = Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn=config.hooks.preprocessing_fn or PREPROCESSING_FN,
        # No more than it needs: a change elsewhere must not run it again.
        custom_config=config.model_dump(
            mode="json",
            include={"features", "lookups", "label"},
            exclude={"label": {"decision"}},
        ),
        materialize=False,
        disable_statistics=True,
    )
    transform.executor_spec = executor_spec.BeamExecutorSpec(TransformExecutor)
    transform.add_upstream_node(gate)
    nodes += [validator, reference, gate, transform]
    graph = transform.outputs["transform_graph"]
    return nodes, {"examples": examples, "schema": schema, "transform_graph": graph}


def _make_example_gen(
    config: PipelineConfig, inputs: PipelineInputs
) -> base_component.BaseComponent:
    """Make what reads the staged table, or the rows of BigQuery."""
    source, needs = config.data.source, config.data.split.needs
    if source and source.kind == "bigquery":
        # Brings Google's libraries.
        from tfx_pipeline.components.big_query_example_gen import big_query_example_gen

        place = source.temp_location or f"{config.root_uri}/bigquery"
        return big_query_example_gen(source.query, needs.weights, source.project, place)
    assert inputs.table_folder is not None
    return csv_example_gen(inputs.table_folder, needs)


def _make_data_reference(config: PipelineConfig, examples: types.BaseChannel) -> Resolver:
    """Make the resolver of the data that these examples are compared with.

    Vertex AI resolves artifacts by queries of its own, see `_make_baseline`: there it is the latest
    data that passed, which may be these very ones.
    """
    channels = {"reference": types.Channel(type=DataBlessing)}
    strategy = LatestArtifactStrategy
    if not config.environment.is_vertex_native:
        strategy = LatestOtherBlessedDataStrategy
        channels["examples"] = examples
    return Resolver(strategy_class=strategy, **channels).with_id(DATA_RESOLVER)


def make_model_part(
    config: PipelineConfig, inputs: PipelineInputs, data: Mapping[str, types.BaseChannel]
) -> tuple[list[base_node.BaseNode], dict[str, types.BaseChannel]]:
    """Wire Trainer, baseline, Evaluator, the checks of risk and serving, and the exports.

    The Trainer reads raw examples and applies the transform graph itself, so Transform writes
    no second copy of the rows, and rows are transformed in training exactly as in serving.

    Returns:
        The nodes in order, and what a Pusher reads of them, by the names of its inputs.
    """
    tuner = _make_tuner(config, data) if searches(config) else None
    trainer = _make_trainer(config, data, tuner)
    model = trainer.outputs["model"]
    baseline = _make_baseline(config, model)
    evaluator = GatedEvaluator(
        examples=data["examples"],
        model=model,
        baseline_model=baseline.outputs["model"],
        eval_config=make_eval_config(config),
        gates=make_gates(config),
        cluster_columns=config.data.split.columns if config.data.split.by == "key" else (),
    ).with_id("Evaluator")
    nodes: list[base_node.BaseNode] = [*filter(None, [tuner]), trainer, baseline, evaluator]
    pushed = {"model": model, "model_blessing": evaluator.outputs["blessing"]}
    if config.risk.enabled:
        nodes.append(
            ModelRiskAssessor(
                **data,
                model=model,
                evaluator_blessing=evaluator.outputs["blessing"],
                settings=make_risk_settings(config, learning_settings(config)),
                hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
            )
        )
        pushed["model_blessing"] = nodes[-1].outputs["blessing"]
    check = _make_infra_check(config, data["examples"], model)
    if check is not None:
        check.add_upstream_node(nodes[-1])  # only so that the steps come in a sensible order
        nodes.append(check)
        pushed["infra_blessing"] = check.outputs["blessing"]
    if config.export.formats:
        exporter = make_exporter(config, inputs, {**data, "model": model}, pushed["model_blessing"])
        exporter.add_upstream_node(nodes[-1])  # as above
        nodes.append(exporter)
        pushed["model_blessing"] = exporter.outputs["blessing"]
        pushed["exported_model"] = exporter.outputs["exported_model"]
    return nodes, pushed


def _make_tuner(config: PipelineConfig, data: Mapping[str, types.BaseChannel]) -> Tuner:
    """Make what looks for better settings of the model, in as many processes as there are cores."""
    assert config.model.budget is not None
    tuning = {"budget_s": budget_seconds(config.model.budget), "processes": None, "threads": 1}
    return Tuner(
        tuner_fn=TUNER_FN,
        **data,
        train_args=trainer_pb2.TrainArgs(splits=[TRAIN]),
        eval_args=trainer_pb2.EvalArgs(splits=[EVAL]),
        custom_config={**learning_settings(config), "tuning": tuning},
    )


def learning_settings(config: PipelineConfig) -> dict[str, Any]:
    """Say what a model is learned by: no more, or a change elsewhere would train it again."""
    return {
        **config.model_dump(mode="json", include={"model", "label", "features", "lookups"}),
        "raw_features": list(config.raw_features),
        "in_memory": config.data.in_memory,
        "split": config.data.split.model_dump(mode="json", include={"by", "columns"}),
    }


def _make_trainer(
    config: PipelineConfig, data: Mapping[str, types.BaseChannel], tuner: Tuner | None
) -> Trainer:
    """Make the Trainer that trains in its own step, or the one that has Vertex AI train."""
    settings = {**learning_settings(config), "smoke_rows": config.push.smoke_rows}
    trainer = Trainer
    if config.environment.is_vertex_native and config.environment.vertex.training:
        trainer = vertex_part.trainer_class()
        settings |= vertex_part.training_settings(config)
    return trainer(
        run_fn=config.hooks.run_fn or RUN_FN,
        **data,
        train_args=trainer_pb2.TrainArgs(splits=[TRAIN]),
        eval_args=trainer_pb2.EvalArgs(splits=[EVAL]),
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
        custom_config=settings,
    )


def _make_baseline(config: PipelineConfig, candidate: types.BaseChannel) -> Resolver:
    """Make the resolver of the model that the candidate is compared with.

    Vertex AI resolves artifacts by queries of its own: of the strategies for models, TFX knows how
    to say its `LatestBlessedModelStrategy` so, and no other.
    """
    channels = {
        "model": types.Channel(type=standard_artifacts.Model),
        "model_blessing": types.Channel(type=standard_artifacts.ModelBlessing),
    }
    strategy = LatestBlessedModelStrategy
    if not config.environment.is_vertex_native:
        strategy = LatestOtherBlessedModelStrategy
        channels["infra_blessing"] = types.Channel(type=standard_artifacts.InfraBlessing)
        # Also where none is checked now: a model that was refused then was never served.
        channels["risk"] = types.Channel(type=ModelRisk)
        channels["exported"] = types.Channel(type=ExportedModel)
        channels["candidate"] = candidate
    return Resolver(strategy_class=strategy, **channels).with_id("latest_blessed_model_resolver")


def _make_infra_check(
    config: PipelineConfig, examples: types.BaseChannel, model: types.BaseChannel
) -> base_component.BaseComponent | None:
    """Make our own check, or TFX's for a server in a container."""
    check = config.push.infra_check
    if check.server == "none":
        return None
    if check.server in ("docker", "kubernetes"):
        return NamingInfraValidator(
            model=model,
            examples=examples,
            serving_spec=_serving_spec(config),
            validation_spec=infra_validator_pb2.ValidationSpec(
                max_loading_time_seconds=math.ceil(check.load_timeout_s), num_tries=2
            ),
            request_spec=infra_validator_pb2.RequestSpec(
                tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
                    signature_names=[SERVING_EXAMPLES]
                ),
                split_name=EVAL,
                num_examples=config.push.smoke_rows,
            ),
        ).with_id("InfraValidator")
    return InfraCheck(
        model,
        examples,
        model_name=config.model_name,
        server=check.server,
        load_timeout_s=check.load_timeout_s,
        max_latency_ms=check.max_latency_ms,
    )


def _serving_spec(config: PipelineConfig) -> infra_validator_pb2.ServingSpec:
    check = config.push.infra_check
    image, _, tag = check.image.rpartition(":")
    spec = infra_validator_pb2.ServingSpec(
        tensorflow_serving=infra_validator_pb2.TensorFlowServing(image_name=image, tags=[tag]),
        model_name=config.model_name,
    )
    if check.server == "docker":
        spec.local_docker.SetInParent()
    else:
        spec.kubernetes.SetInParent()
    return spec
