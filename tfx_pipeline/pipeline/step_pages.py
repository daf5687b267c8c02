"""What each step is for, in words, as `tfx-pipeline explain` shows it. TFX is not imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepPage:
    """What is said of a step.

    Attributes:
        does: what it is for.
        reads: artifacts and files.
        writes: artifacts, by the names of their channels.
        settings: keys of the configuration that it works by.
        stops: what makes it refuse or fail.
    """

    does: str
    reads: str
    writes: str
    settings: tuple[str, ...] = ()
    stops: str = ""


_GENERATES = "divides the rows into splits and writes them as tf.Examples, shard by shard"

STEP_PAGES: dict[str, StepPage] = {
    "CsvExampleGen": StepPage(
        f"{_GENERATES}; then counts whether any row, or key, is in two splits",
        "the staged copy of the table, which was made when it was checked before the run",
        "examples",
        ("data",),
        "a row that stands in two splits; rows that do not add up",
    ),
    "BigQueryExampleGen": StepPage(
        _GENERATES, "the rows that a query gives", "examples", ("data.source", "data.split")
    ),
    "StatisticsGen": StepPage(
        "counts, per split and column, what TensorFlow Data Validation counts",
        "examples",
        "statistics",
    ),
    "SchemaGen": StepPage(
        "infers a schema: types, which columns are required, the values of categories",
        "statistics of all splits but `test`",
        "schema",
    ),
    "ImportSchemaGen": StepPage(
        "takes the curated schema in the place of the inferred one",
        "the file that data.schema_file names",
        "schema",
        ("data.schema_file",),
    ),
    "ExampleValidator": StepPage(
        "looks for anomalies: what in the data is not as the schema says",
        "statistics, schema",
        "anomalies",
    ),
    "latest_blessed_data_resolver": StepPage(
        "finds the last data that passed the gate, to compare these with",
        "ML Metadata",
        "reference",
    ),
    "DataGate": StepPage(
        "decides whether the data may be trained on: anomalies, drift against the last data,"
        " differences between splits, leaks",
        "examples, anomalies, schema, reference",
        "blessing, with all findings and their figures",
        ("data.checks", "data.refuse_warnings"),
        "an anomaly or a finding whose severity is `error`",
    ),
    "Transform": StepPage(
        "learns means, quantiles and vocabularies of the training split, and freezes the way from"
        " raw columns to the model's inputs as a graph, which serving uses as well",
        "examples, schema",
        "transform_graph",
        ("features", "lookups", "label", "hooks.preprocessing_fn"),
        "a column that is text where a number is needed",
    ),
    "Tuner": StepPage(
        "looks for settings of the model that do better on held-out training rows, in one process"
        " a core, until the time of model.budget is over",
        "examples, schema, transform_graph",
        "best_hyperparameters, tuner_results",
        ("model", "label"),
        "a model that cannot be fitted as it is configured",
    ),
    "Trainer": StepPage(
        "fits the model to the training split, and exports it together with the transform graph:"
        " raw columns in, answers out; with it some eval rows and what it answered to them",
        "examples, schema, transform_graph, best_hyperparameters where there is a Tuner",
        "model, model_run (log and notes)",
        ("model", "label", "hooks.run_fn", "push.smoke_rows", "data.in_memory"),
        "labels that are all the same, or no class; a loss that is no number any more",
    ),
    "latest_blessed_model_resolver": StepPage(
        "finds the last model that passed all gates, to compare this one with",
        "ML Metadata",
        "model (the baseline)",
    ),
    "Evaluator": StepPage(
        "has the exported model answer the eval split, measures it beside the last blessed model, a"
        " linear one and the trivial answer, also per slice, and decides by the intervals whether"
        " it is good enough",
        "examples, model, the baseline",
        "evaluation, blessing",
        ("evaluation",),
        "nothing: without its blessing the Pusher refuses",
    ),
    "ModelRiskAssessor": StepPage(
        "examines what could go wrong with the model: gaps between groups, wrong inputs, attacks,"
        " broken rules, memorised rows, leaks, newer data; a check each, in order of `risk`",
        "examples, model, schema, transform_graph, the Evaluator's blessing",
        "risk (all findings and figures), blessing",
        ("risk",),
        "nothing: without its blessing, which needs the Evaluator's as well, the Pusher refuses",
    ),
    "InfraCheck": StepPage(
        "starts a model server with the model, asks it real and changed rows, and compares its"
        " answers with those of the training",
        "examples, model",
        "blessing",
        ("push.infra_check",),
        "nothing: without its blessing the Pusher refuses",
    ),
    "InfraValidator": StepPage(
        "starts TensorFlow Serving in a container with the model, and asks it some rows",
        "examples, model",
        "blessing",
        ("push.infra_check",),
        "nothing: without its blessing the Pusher refuses",
    ),
    "FormatExporter": StepPage(
        "writes a blessed model in other formats (ONNX, TFLite, PMML), and has each answer eval"
        " rows and rows made to hurt: it must answer as the model does",
        "examples, model, schema, the blessing of the judges before",
        "exported_model (a file a format, and how it was proven), blessing",
        ("export",),
        "nothing: without its blessing, which needs that of the judges before, the Pusher refuses",
    ),
    "Pusher": StepPage(
        "copies a blessed model to where servers look for it, complete or not at all, and its other"
        " formats beside it",
        "model, the blessings, exported_model where there is a FormatExporter",
        "pushed_model",
        ("push.base_directory", "push.model_name"),
        "a blessing that is missing",
    ),
    "VertexPusher": StepPage(
        "uploads the model to Vertex AI and deploys it to an endpoint",
        "model, the blessings",
        "pushed_model",
        ("environment.vertex",),
        "a blessing that is missing",
    ),
}
"""By node."""
