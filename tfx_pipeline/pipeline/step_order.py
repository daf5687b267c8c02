"""The steps of a pipeline in their order, known without importing TFX."""

from __future__ import annotations

from tfx_pipeline.config.root import PipelineConfig

GATE_STEPS = ("DataGate", "Pusher", "VertexPusher")
"""Steps that end with a refusal when data or model do not pass. They say the same however often
they are asked, so no orchestrator may try them again."""

DATA_RESOLVER = "latest_blessed_data_resolver"
RESOLVERS = (DATA_RESOLVER, "latest_blessed_model_resolver")
"""Nodes that look something up in ML Metadata, in every run."""


def example_gen_id(config: PipelineConfig) -> str:
    """Name the step that makes examples of the table."""
    source = config.data.source
    return "BigQueryExampleGen" if source and source.kind == "bigquery" else "CsvExampleGen"


def searches(config: PipelineConfig) -> bool:
    """Tell whether settings of the model are searched for; of one's own `run_fn`, they cannot."""
    return bool(config.model.budget) and config.hooks.run_fn is None


def step_order(config: PipelineConfig) -> list[str]:
    """List the ids of the nodes, as `--from`, `--to` and `--only` take them."""
    curated = ["ImportSchemaGen"] if config.data.schema_file else []
    checks = {"none": [], "docker": ["InfraValidator"], "kubernetes": ["InfraValidator"]}
    check = checks.get(config.push.infra_check.server, ["InfraCheck"])
    environment = config.environment
    extra = ["VertexPusher"] if environment.is_vertex_native and environment.vertex.push else []
    risk = ["ModelRiskAssessor"] if config.risk.enabled else []
    exporter = ["FormatExporter"] if config.export.formats else []
    tuner = ["Tuner"] if searches(config) else []
    return [
        *(example_gen_id(config), "StatisticsGen", "SchemaGen", *curated, "ExampleValidator"),
        *(DATA_RESOLVER, "DataGate", "Transform", *tuner, "Trainer"),
        *("latest_blessed_model_resolver", "Evaluator", *risk, *check, *exporter),
        *("Pusher", *extra),
    ]
