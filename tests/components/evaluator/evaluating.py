"""Runs the Evaluator's executor on rows and models of a test, and TFX's own beside it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.components.statistics_gen.example_files import serialize, write_split
from tfx_pipeline.evaluation.verdict import Bounds, Verdict
from tfx_pipeline.modules.model.decision import Decision
from tfx_pipeline.modules.model.decision_file import write_decision
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS, tune_beam, works_in_this_process

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
WIDTHS = {"binary": 1, "multiclass": 3, "regression": 1}
Row = tuple[Any, Any, str] | Mapping[str, Any]
"""Label, answer and kind; or all features of an example, by name, a list of values each."""


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation left behind, and what it was given."""

    evaluation: Path
    blessing: Any
    inputs: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        return Verdict.read(Path(self.blessing.uri))

    @property
    def files(self) -> set[str]:
        return {file.name for file in Path(self.blessing.uri).iterdir()}


def save_model(folder: Path, task: str, add: float = 0.0, width: int | None = None) -> None:
    """Save a model that answers the column `answer`, and more if so asked.

    It transforms `size` to the number `size_scaled`, and `kind` to the id `kind_id`: 1 for "x".
    """
    import tensorflow as tf

    width = width or WIDTHS[task]
    key = {"binary": "probability", "multiclass": "probabilities", "regression": "value"}[task]
    columns = {
        "answer": tf.io.FixedLenFeature([width], tf.float32),
        "label": tf.io.FixedLenFeature([], tf.int64 if task == "multiclass" else tf.float32),
        "known": tf.io.FixedLenFeature([1], tf.float32, 1.0),
        "size": tf.io.FixedLenFeature([1], tf.float32, 0.0),
        "kind": tf.io.VarLenFeature(tf.string),
    }

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
        def answer(self, examples: Any) -> dict[str, Any]:
            answer = tf.io.parse_example(examples, {"answer": columns["answer"]})["answer"] + add
            return {key: answer if task == "multiclass" else answer[:, 0]}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
        def transform(self, examples: Any) -> dict[str, Any]:
            parsed = tf.io.parse_example(examples, columns)
            kind = tf.sparse.reduce_max(
                tf.sparse.map_values(lambda x: tf.cast(x == "x", tf.int64), parsed["kind"]), axis=1
            )
            return {
                "label": parsed["label"][:, tf.newaxis],
                "label_known": parsed["known"],
                "size_scaled": parsed["size"],
                "kind_id": tf.reshape(tf.cast(kind == 1, tf.int64), [-1, 1]),
            }

    model = Model()
    signatures = {"serving_examples": model.answer, "transform_features": model.transform}
    tf.saved_model.save(model, str(folder), signatures)


class Evaluation:
    """Runs executors in a folder of its own; models are saved once, in another one."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder, self._models = folder, models

    def model(self, name: str, task: str, add: float = 0.0, width: int | None = None) -> Any:
        """Give a model as an artifact."""
        from tfx.types import standard_artifacts

        saved = self._models / f"{task}{add}{width or ''}"
        if not saved.exists():
            save_model(saved, task, add, width)
        artifact = standard_artifacts.Model()
        artifact.uri, artifact.id = str(self.folder / name), len(name)
        if not Path(artifact.uri).exists():
            shutil.copytree(saved, f"{artifact.uri}/Format-Serving")
        return artifact

    def examples(self, task: str, shards: int, **splits: Sequence[Row]) -> Any:
        """Write rows, those of `eval` into as many files."""
        from tfx.types import artifact_utils, standard_artifacts

        artifact = standard_artifacts.Examples()
        artifact.uri = str(self.folder / "examples")
        artifact.split_names = artifact_utils.encode_split_names(list(splits))
        shutil.rmtree(artifact.uri, ignore_errors=True)
        for split, rows in splits.items():
            records = [serialize(_features(task, row)) for row in rows]
            cuts = np.array_split(np.arange(len(records)), shards if split == "eval" else 1)
            write_split(Path(artifact.uri), [[records[i] for i in cut] for cut in cuts], split)
        return artifact

    def run(
        self,
        task: str,
        rows: Sequence[Row],
        thresholds: Mapping[Any, Bounds] | None = None,
        metrics: Sequence[str] = (),
        train: Sequence[Row] | None = None,
        baseline: float | Any = None,
        slices: Sequence[Sequence[str]] = (),
        decided: Mapping[str, float] | None = None,
        beam: Sequence[str] = BEAM_OPTIONS,
        clusters: str = "[]",
        shards: int = 1,
        width: int | None = None,
    ) -> Evaluated:
        """Evaluate with our executor; `baseline`: what the last model adds, or its artifact."""
        from tfx_pipeline.components.evaluator.executor import EvaluatorExecutor

        inputs = {
            "examples": [self.examples(task, shards, train=train or rows, eval=rows)],
            "model": [self.model("candidate", task, width=width)],
        }
        if baseline is not None:
            is_number = isinstance(baseline, (int, float))
            last = self.model("last", task, baseline) if is_number else baseline
            inputs["baseline_model"] = [last]
        for key, threshold in (decided or {}).items():
            decision = Decision(threshold, "the largest f1", {}, {}, 100, True)
            write_decision(f"{inputs[key][0].uri}/Format-Serving", decision)
        properties = properties_of(task, metrics, slices, thresholds or {})
        properties["cluster_columns"] = clusters
        return execute(EvaluatorExecutor, self.folder / "ours", inputs, properties, beam)

    def run_stock(self, evaluated: Evaluated, *more: Mapping[str, str]) -> Evaluated:
        """Evaluate by TFX's own executor and the config that ours wrote, with more metrics."""
        from google.protobuf import json_format
        from tensorflow_model_analysis.proto import config_pb2
        from tfx.components.evaluator.executor import Executor

        properties = dict(evaluated.properties)
        written = (evaluated.evaluation / "eval_config.json").read_text()
        config = json_format.Parse(written, config_pb2.EvalRun()).eval_config
        for metric in more:
            config.metrics_specs[0].metrics.add(**metric)
        properties["eval_config"] = json_format.MessageToJson(
            config, preserving_proto_field_name=True
        )
        return execute(Executor, self.folder / "stock", evaluated.inputs, properties, BEAM_OPTIONS)


def _features(task: str, row: Row) -> Mapping[str, Any]:
    if isinstance(row, Mapping):
        return row
    label, answer, kind = row
    return {
        "answer": np.ravel(answer).astype(float).tolist(),
        "kind": [kind.encode()],
        "label": [int(label)] if task == "multiclass" else [float(label)],
    }


def properties_of(
    task: str,
    metrics: Sequence[str],
    slices: Sequence[Sequence[str]],
    thresholds: Mapping[Any, Bounds],
) -> dict[str, Any]:
    """Give execution properties as the pipeline makes them."""
    from tfx.utils import proto_utils

    from tfx_pipeline.config.root import PipelineConfig
    from tfx_pipeline.pipeline.eval_config import make_eval_config, make_gates

    bounds = {
        name: {k: v for k, v in vars(each).items() if v is not None}
        for name, each in thresholds.items()
    }
    config = PipelineConfig.model_validate(
        {
            "name": "rows",
            "data": {"path": "data"},
            "label": {"column": "label", "task": task, "classes": CLASSES[task]},
            "features": {"answer": {"kind": "numeric"}},
            "evaluation": {
                "metrics": list(metrics),
                "slices": [list(group) for group in slices],
                "thresholds": bounds,
            },
        }
    )
    return {
        "eval_config": proto_utils.proto_to_json(make_eval_config(config)),
        "example_splits": '["eval"]',
        "gates": make_gates(config).to_json(),
        "code_fingerprint": "0",
    }


def execute(
    kind: Any,
    folder: Path,
    inputs: Mapping[str, Any],
    properties: Mapping[str, Any],
    beam: Sequence[str],
) -> Evaluated:
    """Run an executor as a step does."""
    from tfx.proto.orchestration import pipeline_pb2  # noqa: F401 - as a step imports it
    from tfx.types import standard_artifacts

    tune_beam(one_process=works_in_this_process(beam))  # as a run does before its steps
    shutil.rmtree(folder, ignore_errors=True)
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    evaluation.uri, blessing.uri = str(folder / "evaluation"), str(folder / "blessing")
    context = kind.Context(
        beam_pipeline_args=list(beam), tmp_dir=str(folder / "temp"), unique_id="1"
    )
    outputs = {"evaluation": [evaluation], "blessing": [blessing]}
    kind(context).Do(dict(inputs), outputs, dict(properties))
    return Evaluated(Path(evaluation.uri), blessing, inputs, properties)
