"""What each step runs: our modules, TFX's, and the libraries that these use."""

from __future__ import annotations

from dataclasses import dataclass

from tfx_pipeline.evaluation.risk.findings import CHECK_MODULES
from tfx_pipeline.export.formats import FORMATS

_PREPROCESSING = "tfx_pipeline.modules.preprocessing"
_TRAINING = "tfx_pipeline.modules.training"
_TUNING = "tfx_pipeline.modules.tuning"
_LEARNERS = tuple(
    f"tfx_pipeline.modules.learners.{family}.learning"
    for family in ("auto", "linear", "mlp", "networks", "trees")
)
"""What trains the families: imported by a name that is made when it runs."""


@dataclass(frozen=True)
class StepCode:
    """What a step runs.

    Attributes:
        modules: ours; they are followed through their imports.
        executor: TFX's module that does the step's work, if it does.
        distributions: the libraries that these import, and those that these work with.
    """

    modules: tuple[str, ...] = ()
    executor: str | None = None
    distributions: tuple[str, ...] = ()


_BEAM = ("apache-beam", "numpy", "pyarrow", "tfx-bsl")
"""What rows go through in each step that works by Beam, whoever imports it."""
_STAGED = ("fsspec", "tfx")
"""What brings the inputs of our executors here."""
_MODEL = (
    *("numpy", "tensorflow", "tensorflow-metadata", "tensorflow-serving-api"),
    "tensorflow-transform",
)
"""What a model is made of, and read by."""
_ZONES = "tzdata"
"""Time zones, where the system has none; which are those of the system, nobody can tell."""
_LEARNING = (
    *_STAGED,
    *_MODEL,
    "apache-beam",
    "keras",
    "keras-tuner",
    "lightgbm",
    "pyarrow",
    "scipy",
    _ZONES,
)
"""What a model is fitted by."""
_FORMAT_PARTS = ("emitter", "runtime")
_VALIDATION = ("tensorflow-data-validation", "tensorflow-metadata", "tfx")

STEPS: dict[str, StepCode] = {
    "CsvExampleGen": StepCode(
        ("tfx_pipeline.components.example_gen.executor",),
        "tfx.components.example_gen.base_example_gen_executor",
        (*_BEAM, *_STAGED, "google-crc32c", "protobuf", "tensorflow"),
    ),
    "BigQueryExampleGen": StepCode(
        ("tfx_pipeline.components.big_query_example_gen",),
        "tfx.extensions.google_cloud_big_query.example_gen.executor",
        (*_BEAM, "google-cloud-bigquery", "protobuf", "tensorflow", "tfx"),
    ),
    "StatisticsGen": StepCode(
        ("tfx_pipeline.components.statistics_gen.executor",),
        "tfx.components.statistics_gen.executor",
        (*_BEAM, *_STAGED, *_VALIDATION),
    ),
    "SchemaGen": StepCode(executor="tfx.components.schema_gen.executor", distributions=_VALIDATION),
    "ImportSchemaGen": StepCode(
        ("tfx_pipeline.components.schema_import",),
        distributions=(*_STAGED, "protobuf", "tensorflow-metadata"),
    ),
    "ExampleValidator": StepCode(
        ("tfx_pipeline.components.example_validator",),
        executor="tfx.components.example_validator.executor",
        distributions=_VALIDATION,
    ),
    "DataGate": StepCode(
        ("tfx_pipeline.components.data_gate.executor",),
        distributions=(
            *(*_STAGED, "google-crc32c", "numpy", "protobuf", "pyarrow", "tensorflow-metadata"),
            *("tfx-bsl", _ZONES),
        ),
    ),
    "Transform": StepCode(
        (_PREPROCESSING, "tfx_pipeline.components.transform.executor"),
        "tfx.components.transform.executor",
        (*_BEAM, *_VALIDATION, "fsspec", "protobuf", "tensorflow", "tensorflow-transform", _ZONES),
    ),
    "Tuner": StepCode(
        (_TUNING, *_LEARNERS),
        "tfx.components.tuner.executor",
        _LEARNING,
    ),
    "Trainer": StepCode(
        (_TRAINING, *_LEARNERS),
        "tfx.components.trainer.executor",
        _LEARNING,
    ),
    "Evaluator": StepCode(
        ("tfx_pipeline.components.evaluator.executor",),
        distributions=(
            *(*_BEAM, *_STAGED, *_MODEL, "google-crc32c", "protobuf", "scipy"),
            "tensorflow-model-analysis",
        ),
    ),
    "ModelRiskAssessor": StepCode(
        (
            "tfx_pipeline.components.model_risk.executor",
            *CHECK_MODULES.values(),
            *_LEARNERS,  # of reference models
        ),
        distributions=(
            *(*_LEARNING, "fairlearn", "google-crc32c", "pandas", "protobuf", "scikit-learn"),
            *("tfx-bsl", "threadpoolctl"),
        ),
    ),
    "InfraCheck": StepCode(
        ("tfx_pipeline.components.infra_check.executor", "tfx_pipeline.serving.server"),
        distributions=(
            *(*_STAGED, *_MODEL, "apache-beam", "flatbuffers", "grpcio", "grpcio-health-checking"),
            *("httptools", "orjson", "prometheus-client", "protobuf", "pyarrow"),
            *("python-rapidjson", "uvloop"),
        ),
    ),
    "InfraValidator": StepCode(
        ("tfx_pipeline.components.infra_validator",),
        "tfx.components.infra_validator.executor",
        ("tensorflow-serving-api", "tfx"),
    ),
    "FormatExporter": StepCode(
        (
            "tfx_pipeline.components.format_exporter.executor",
            # Imported by names that are made when it runs.
            *(f"tfx_pipeline.export.{name}.{part}" for name in FORMATS for part in _FORMAT_PARTS),
        ),
        distributions=(
            *(*_STAGED, *_MODEL, "ai-edge-litert", "flatbuffers", "google-crc32c", "onnx"),
            *("onnxruntime", "protobuf", "pyarrow", "scipy", "tfx-bsl", _ZONES),
        ),
    ),
    "Pusher": StepCode(
        ("tfx_pipeline.components.pusher.executor",),
        "tfx.components.pusher.executor",
        (*_STAGED, "protobuf", "tensorflow", "tensorflow-serving-api"),
    ),
    "VertexPusher": StepCode(distributions=("tfx", "google-cloud-aiplatform")),
}
"""By node. What a step imports and is not said here does not run it again when it changes."""
