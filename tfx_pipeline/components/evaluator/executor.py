"""TFX's Evaluator, whose verdict is ours: whether, why, and what could not be computed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as evaluator_executor
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as specs
from tfx.utils import path_utils

from tfx_pipeline.components.artifacts import EVAL_ROWS
from tfx_pipeline.components.evaluator.answering_model import AnsweringModel
from tfx_pipeline.components.evaluator.bad_rows import name_bad_rows
from tfx_pipeline.components.evaluator.gathering import gather
from tfx_pipeline.components.evaluator.row_metric import TRIVIAL, RowMetric, metric_config
from tfx_pipeline.components.evaluator.running import scored_by_beam, scored_here
from tfx_pipeline.components.evaluator.scoring import (
    BASELINE,
    CANDIDATE,
    BatchScorer,
    ScoredBatch,
    ScoringPlan,
)
from tfx_pipeline.components.evaluator.split_files import split_files
from tfx_pipeline.components.evaluator.tfma_files import completed, write_tfma_files
from tfx_pipeline.components.evaluator.training_rows import learn_references
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluate import evaluate
from tfx_pipeline.evaluation.gates import judge
from tfx_pipeline.evaluation.kept_rows import KeptRows
from tfx_pipeline.evaluation.scored_split import ScoredSplit
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer
from tfx_pipeline.evaluation.verdict import Gates, Verdict
from tfx_pipeline.ingestion.examples.splits import EVAL, TRAIN
from tfx_pipeline.ingestion.versions.row_counts import rows_of_splits
from tfx_pipeline.modules.model.decision import UNDECIDED
from tfx_pipeline.modules.model.decision_file import read_threshold
from tfx_pipeline.patches.beam_tuning import works_in_this_process
from tfx_pipeline.processes.progress import progress_begins
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts

GATES_PROPERTY = "gates"
"""Execution property: `evaluation.verdict.Gates` as JSON."""
CLUSTERS_PROPERTY = "cluster_columns"
"""Execution property: the columns of the key that divides the splits, as a JSON list."""

_KEYS = {CANDIDATE: specs.MODEL_KEY, BASELINE: specs.BASELINE_MODEL_KEY}


class EvaluatorExecutor(evaluator_executor.Executor):
    """Scores the eval split once, measures, and blesses the model or not.

    It writes what TFX's executor writes, and our own files beside. TFX's blesses nothing when no
    threshold is configured, says so nowhere, skips changes when there is no baseline, compares a
    metric with an ideal value as if more were better, and computes row by row. It is one of TFX's
    all the same: to no other does TFX give the names of models on Vertex AI.
    """

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Evaluate the candidate; whatever is wrong with it ends in the blessing."""
        gates = Gates.from_json(exec_properties[GATES_PROPERTY])
        asked = [name for name, key in _KEYS.items() if input_dict.get(key)]
        places = {name: _place(input_dict, _KEYS[name]) for name in asked}
        models = {_KEYS[name]: input_dict[_KEYS[name]] for name in asked}
        with local_artifacts(models, output_dict):
            folders = {name: _place(input_dict, _KEYS[name]) for name in asked}
            candidate = AnsweringModel(folders[CANDIDATE], gates.task, gates.classes)
            examples = input_dict[specs.EXAMPLES_KEY]
            references = learn_references(candidate, split_files(examples, TRAIN), gates)
            here = works_in_this_process(self._beam_pipeline_args)
            plan = ScoringPlan(
                gates.task,
                gates.classes,
                folders if here else places,
                references.linear,
                tuple(dict.fromkeys(name for group in gates.slices for name in group)),
                tuple(json.loads(exec_properties.get(CLUSTERS_PROPERTY) or "[]")),
            )
            files = split_files(examples, EVAL)
            progress_begins(rows_of_splits(examples, [EVAL]))
            if here:
                batches = scored_here(files, BatchScorer(plan, candidate))
            else:
                batches = self._scored_on_workers(files, plan)
            thresholds = {name: read_threshold(folder) for name, folder in folders.items()}
            split = gather(batches, plan, thresholds, references.trivial, references.notes)
            split = split.with_costs(gates.costs)
            facts = evaluate(split, gates)
            evaluation = Path(artifact_utils.get_single_uri(output_dict[specs.EVALUATION_KEY]))
            evaluation.mkdir(parents=True, exist_ok=True)
            _write_tfma(evaluation, exec_properties[specs.EVAL_CONFIG_KEY], split, gates, places)
            facts.write(evaluation)
            KeptRows.of_split(split).write(evaluation)
            bad = _bad_rows(split, candidate, files, gates)
            blessing = artifact_utils.get_single_instance(output_dict[specs.BLESSING_KEY])
            blessing.set_string_custom_property(EVAL_ROWS, split.eval_rows)
            _write(blessing, input_dict, judge(gates, facts, bad))

    def _scored_on_workers(self, files: list[str], plan: ScoringPlan) -> Iterator[ScoredBatch]:
        place = f"{self._get_tmp_dir().rstrip('/')}/scored_batches"
        return scored_by_beam(self._make_beam_pipeline, files, plan, place)


def _write_tfma(
    folder: Path, eval_config: str, split: ScoredSplit, gates: Gates, places: dict[str, str]
) -> None:
    """Write TFMA's files, with the trivial answer's loss, and by what models decide."""
    thresholds = {CANDIDATE: split.candidate.threshold, "": split.candidate.threshold}
    if split.baseline is not None:
        thresholds[BASELINE] = split.baseline.threshold
    eval_config = _with_trivial(eval_config, split.trivial, gates)
    eval_config = _with_decisions(eval_config, thresholds)
    config = completed(eval_config, has_baseline=split.baseline is not None)
    locations = {name == BASELINE: place for name, place in places.items()}
    write_tfma_files(folder, config, split, gates.slices, locations)


def _with_trivial(eval_config: str, trivial: TrivialAnswer, gates: Gates) -> str:
    """Let whoever evaluates with TFMA have the trivial answer's loss as well."""
    config = json_format.Parse(eval_config, config_pb2.EvalConfig())
    settings = {"task": gates.task, "classes": len(gates.classes), "trivial": trivial.values}
    config.metrics_specs[0].metrics.add(**metric_config(TRIVIAL, settings))
    return json_format.MessageToJson(config, preserving_proto_field_name=True, indent=0)


def _with_decisions(eval_config: str, thresholds: dict[str, float]) -> str:
    """Say from which probability on each model answers the second class, by TFMA's names."""
    if set(thresholds.values()) == {UNDECIDED}:
        return eval_config
    config = json_format.Parse(eval_config, config_pb2.EvalConfig())
    for metric in (metric for each in config.metrics_specs for metric in each.metrics):
        if metric.module == RowMetric.__module__:
            metric.config = json.dumps({**json.loads(metric.config), "thresholds": thresholds})
    return json_format.MessageToJson(config, preserving_proto_field_name=True, indent=0)


def _bad_rows(
    split: ScoredSplit, candidate: AnsweringModel, files: list[str], gates: Gates
) -> list[Problem]:
    """Name the rows whose label or answer is none; the split is read again only for those."""
    rows = split.candidate
    if not (rows.label_is_bad.any() or rows.answer_is_bad.any()):
        return []
    return name_bad_rows(candidate, files, EVAL, gates)


def _place(inputs: Artifacts, key: str) -> str:
    model = artifact_utils.get_single_instance(inputs[key])
    is_old = path_utils.is_old_model_artifact(model)
    return str(path_utils.serving_model_path(model.uri, is_old))


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
    folder = Path(blessing.uri)
    folder.mkdir(parents=True, exist_ok=True)
    verdict.write(folder)
    (folder / name).touch()
