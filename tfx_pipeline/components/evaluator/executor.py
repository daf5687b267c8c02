"""TFX's Evaluator, whose verdict is ours: whether, why, and what could not be computed."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as evaluator_executor
from tfx.types import artifact_utils, standard_artifacts
from tfx.types import standard_component_specs as specs
from tfx.utils import path_utils

from tfx_pipeline.components.evaluator.narrow_extracts import narrow_extractors
from tfx_pipeline.components.evaluator.row_metric import TRIVIAL, RowMetric
from tfx_pipeline.components.evaluator.split_rows import labels_of, name_bad_rows
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.gates import judge, needs_default_gate
from tfx_pipeline.evaluation.scored_rows import BAD_ANSWERS, BAD_LABELS, ROWS
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer
from tfx_pipeline.evaluation.verdict import Figures, Gates, TrivialFigures, Verdict
from tfx_pipeline.ingestion.examples.splits import EVAL, TRAIN
from tfx_pipeline.ingestion.versions.row_counts import rows_of_splits
from tfx_pipeline.processes.progress import progress_begins
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts

GATES_PROPERTY = "gates"
"""Execution property: `evaluation.verdict.Gates` as JSON."""

_EXTRACTORS = "custom_extractors"  # TFX's property; by name, for TFX imports it
_NARROW = f"{narrow_extractors.__module__}.{narrow_extractors.__name__}"


class EvaluatorExecutor(evaluator_executor.Executor):
    """Lets TFX's executor compute and write the metrics, and blesses the model or not.

    TFX's own blesses nothing when no threshold is configured, says so nowhere, skips changes when
    there is no baseline, and compares a metric with an ideal value as if more were better.
    """

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Evaluate the candidate; whatever is wrong with it ends in the blessing."""
        gates = Gates.from_json(exec_properties[GATES_PROPERTY])
        baseline = input_dict.get(specs.BASELINE_MODEL_KEY, [])
        trivial, properties = None, {**exec_properties, _EXTRACTORS: _NARROW}
        if needs_default_gate(gates, has_baseline=bool(baseline)):
            trivial = _trivial_answer(input_dict, gates)
            properties[specs.EVAL_CONFIG_KEY] = _with_trivial(
                properties[specs.EVAL_CONFIG_KEY], trivial, gates
            )
        progress_begins(rows_of_splits(input_dict[specs.EXAMPLES_KEY], [EVAL]))
        with tempfile.TemporaryDirectory(prefix="tfx-blessing-") as folder:
            unused = standard_artifacts.ModelBlessing()  # TFX's verdict: it knows half of the gates
            unused.uri = folder
            super().Do(input_dict, {**output_dict, specs.BLESSING_KEY: [unused]}, properties)
        with local_artifacts({"evaluation": output_dict[specs.EVALUATION_KEY]}, {}):
            evaluation = artifact_utils.get_single_uri(output_dict[specs.EVALUATION_KEY])
            values = read_values(evaluation)
        model = _figures(values, gates, is_baseline=False)
        reached = None
        if trivial:
            loss = model.values.get(TRIVIAL, math.nan)
            reached = TrivialFigures(loss, trivial.words(gates.classes))
        verdict = judge(
            gates,
            model,
            _figures(values, gates, is_baseline=True) if baseline else None,
            reached,
            _bad_rows(input_dict, gates, model),
        )
        _write(output_dict[specs.BLESSING_KEY][0], input_dict, verdict)


def read_values(evaluation: str) -> dict[bool, dict[str, float]]:
    """Read the metrics over all rows: those of the candidate under False, the baseline's, True."""
    values: dict[bool, dict[str, float]] = {False: {}, True: {}}
    for record in tfma.load_metrics(evaluation):
        if record.slice_key.single_slice_keys:
            continue
        for entry in record.metric_keys_and_values:
            key = entry.key
            if not key.is_diff and entry.value.WhichOneof("type") == "double_value":
                is_baseline = key.model_name == "baseline"
                values[is_baseline][key.name] = entry.value.double_value.value
    return values


def _figures(values: dict[bool, dict[str, float]], gates: Gates, *, is_baseline: bool) -> Figures:
    known = values[is_baseline]
    return Figures(gates.task, known, known if ROWS in known else {ROWS: 0.0})


def _trivial_answer(inputs: Artifacts, gates: Gates) -> TrivialAnswer:
    with local_artifacts(_model_and_examples(inputs), {}):
        labels = labels_of(_model_folder(inputs), _split(inputs, TRAIN))
    return TrivialAnswer.of_labels(gates.task, len(gates.classes), labels)


def _with_trivial(eval_config: str, trivial: TrivialAnswer, gates: Gates) -> str:
    """Let TFMA compute the trivial answer's loss as well."""
    config = json_format.Parse(eval_config, config_pb2.EvalConfig())
    settings = {"task": gates.task, "classes": len(gates.classes), "trivial": trivial.values}
    config.metrics_specs[0].metrics.add(**metric_config(TRIVIAL, settings))
    return json_format.MessageToJson(config, preserving_proto_field_name=True, indent=0)


def metric_config(name: str, settings: dict[str, Any]) -> dict[str, str]:
    """Say to TFMA how one of our metrics is made: values of a `tfma.MetricConfig`."""
    return {
        "class_name": RowMetric.__name__,
        "module": RowMetric.__module__,
        "config": json.dumps({"name": name, **settings}),
    }


def _bad_rows(inputs: Artifacts, gates: Gates, model: Figures) -> list[Problem]:
    """Name the rows whose label or answer is none; the split is read again only for those."""
    if not (model.counts.get(BAD_LABELS) or model.counts.get(BAD_ANSWERS)):
        return []
    with local_artifacts(_model_and_examples(inputs), {}):
        return name_bad_rows(_model_folder(inputs), _split(inputs, EVAL), gates)


def _model_and_examples(inputs: Artifacts) -> Artifacts:
    return {name: inputs[name] for name in (specs.MODEL_KEY, specs.EXAMPLES_KEY)}


def _model_folder(inputs: Artifacts) -> Path:
    model = artifact_utils.get_single_instance(inputs[specs.MODEL_KEY])
    is_old = path_utils.is_old_model_artifact(model)
    return Path(path_utils.serving_model_path(model.uri, is_old))


def _split(inputs: Artifacts, name: str) -> Path:
    return Path(artifact_utils.get_split_uri(inputs[specs.EXAMPLES_KEY], name))


def _write(blessing: types.Artifact, inputs: Artifacts, verdict: Verdict) -> None:
    """Write the blessing as TFX does, and the verdict beside it."""
    model = artifact_utils.get_single_instance(inputs[specs.MODEL_KEY])
    note_text, note_number = blessing.set_string_custom_property, blessing.set_int_custom_property
    note_text(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY, model.uri)
    note_number(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model.id)
    for baseline in inputs.get(specs.BASELINE_MODEL_KEY, ()):
        note_text(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY, baseline.uri)
        note_number(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY, baseline.id)
    value = constants.BLESSED_VALUE if verdict.blessed else constants.NOT_BLESSED_VALUE
    note_number(constants.ARTIFACT_PROPERTY_BLESSED_KEY, value)
    name = constants.BLESSED_FILE_NAME if verdict.blessed else constants.NOT_BLESSED_FILE_NAME
    with local_artifacts({}, {specs.BLESSING_KEY: [blessing]}):
        folder = Path(blessing.uri)
        folder.mkdir(parents=True, exist_ok=True)
        verdict.write(folder)
        (folder / name).touch()
