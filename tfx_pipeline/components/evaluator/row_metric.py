"""Our metrics for whoever evaluates with TFMA: for each slice, on all workers, beside TFMA's own.

Our Evaluator computes them without TFMA, see `scoring`. But the `EvalConfig` that it is given, and
writes, names the class below by `module` and `class_name`: with it, any TFMA computes the same.

TFMA's own are NaN where a probability saturates, give the area under a curve of a thousand points,
and 0 where there is nothing to divide by.

The rows of a slice are gathered once for all metrics: 12 bytes each, 4 more for each further class.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import apache_beam as beam
import numpy as np
from numpy.typing import NDArray
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import config_pb2

from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows, counts_of
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer

COUNTS, TRIVIAL = "counts", "trivial_loss"
"""Names of what is no metric of the model: see `RowMetric`."""

_CHUNK = 4096


class RowMetric(metric_types.Metric):
    """A metric of `evaluation.metrics`.

    Args:
        name: the metric; or `counts`, which gives what `counts_of` does, each under its own name;
            or `trivial_loss`, the loss of the trivial answer.
        task: of the model.
        classes: how many; 0 for regression.
        trivial: values of the trivial answer; of `trivial_loss` alone.
        thresholds: from which probability on a model answers the second class, by the name that
            TFMA calls it; 0.5 where none is said.
        costs: of answers, see `ScoredRows`.
    """

    def __init__(
        self,
        name: str,
        task: str,
        classes: int,
        trivial: Sequence[float] | None = None,
        thresholds: Mapping[str, float] | None = None,
        costs: Sequence[Sequence[float]] | None = None,
    ) -> None:
        computations = metric_util.merge_per_key_computations(_computations)
        super().__init__(
            computations,
            name=name,
            task=task,
            classes=classes,
            trivial=trivial,
            thresholds=thresholds,
            costs=costs,
        )


def metric_config(name: str, settings: dict[str, Any]) -> dict[str, str]:
    """Say to TFMA how one of our metrics is made: values of a `tfma.MetricConfig`."""
    return {
        "class_name": RowMetric.__name__,
        "module": RowMetric.__module__,
        "config": json.dumps({"name": name, **settings}),
    }


def _computations(
    name: str,
    task: str,
    classes: int,
    trivial: Sequence[float] | None = None,
    thresholds: Mapping[str, float] | None = None,
    costs: Sequence[Sequence[float]] | None = None,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> list[Any]:
    """Say to TFMA: gather the rows of each slice, then compute this of them."""

    def key_of(name: str) -> metric_types.MetricKey:
        return metric_types.MetricKey(
            name=name,
            model_name=model_name,
            output_name=output_name,
            example_weighted=example_weighted,
        )

    gathered, counted, key = key_of("_rows"), key_of("_counts"), key_of(name)
    threshold = (thresholds or {}).get(model_name, 0.5)
    matrix = None if costs is None else np.array(costs, np.float64)

    def rows_of(metrics: dict[Any, Any]) -> ScoredRows:
        rows = _rows(metrics[gathered], task, classes)
        return replace(rows, threshold=threshold, costs=matrix)

    def count(metrics: dict[Any, Any]) -> dict[Any, Any]:
        return {counted: counts_of(rows_of(metrics))}

    def result(metrics: dict[Any, Any]) -> dict[Any, float]:
        if name == COUNTS:
            return {key_of(each): value for each, value in metrics[counted].items()}
        rows = rows_of(metrics)
        if name == TRIVIAL:
            return {key: TrivialAnswer(task, tuple(trivial or ())).loss(rows)}
        return {key: compute(name, rows, metrics[counted])}  # type: ignore[arg-type]

    return [
        metric_types.MetricComputation(
            keys=[gathered], preprocessors=None, combiner=_RowsCombiner(gathered, eval_config)
        ),
        metric_types.DerivedMetricComputation(keys=[counted], result=count),
        metric_types.DerivedMetricComputation(keys=[key], result=result),
    ]


def _rows(gathered: tuple[NDArray[Any], NDArray[Any]], task: str, classes: int) -> ScoredRows:
    """Put the answers into rows.

    Raises:
        ValueError: the model gives another number of values per row.
    """
    labels, answers = gathered
    width = classes if task == "multiclass" else 1
    if answers.size != len(labels) * width:
        raise ValueError(
            f"the model answers {answers.size} numbers for {len(labels)} rows; a {task} model"
            f" answers {width} a row in its signature `serving_examples`"
        )
    shape = (len(labels), width) if task == "multiclass" else (len(labels),)
    return ScoredRows(task, classes, labels, answers.reshape(shape))


class _Gathered:
    """Labels and answers so far: arrays, and the latest as lists."""

    def __init__(self) -> None:
        self.chunks: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self.labels: list[float] = []
        self.answers: list[NDArray[Any]] = []

    def close(self) -> None:
        if self.labels:
            answers = np.concatenate(self.answers)
            self.chunks.append((np.array(self.labels, np.float64), answers))
            self.labels, self.answers = [], []

    def joined(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give all labels, and the answers one behind the other."""
        self.close()
        if not self.chunks:
            return np.zeros(0), np.zeros(0, np.float32)
        labels, answers = zip(*self.chunks, strict=True)
        return np.concatenate(labels), np.concatenate(answers)


class _RowsCombiner(beam.CombineFn):
    """Gathers the rows of a slice whose weight is not 0: that is how a label is marked unknown."""

    def __init__(
        self, key: metric_types.MetricKey, eval_config: config_pb2.EvalConfig | None
    ) -> None:
        self._key, self._eval_config = key, eval_config

    def create_accumulator(self) -> _Gathered:
        return _Gathered()

    def add_input(
        self, accumulator: _Gathered, element: metric_types.StandardMetricInputs
    ) -> _Gathered:
        for label, answer, weight in metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            example_weighted=self._key.example_weighted,
            flatten=False,
        ):
            if weight.flat[0] > 0:
                accumulator.labels.append(float(label.flat[0]))
                accumulator.answers.append(answer.reshape(-1))
        if len(accumulator.labels) >= _CHUNK:
            accumulator.close()
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Gathered]) -> _Gathered:
        merged = _Gathered()
        for each in accumulators:
            each.close()
            merged.chunks += each.chunks
        return merged

    def compact(self, accumulator: _Gathered) -> _Gathered:
        """Keep arrays, before it is sent to another worker."""
        accumulator.close()
        return accumulator

    def extract_output(
        self, accumulator: _Gathered
    ) -> dict[Any, tuple[NDArray[Any], NDArray[Any]]]:
        return {self._key: accumulator.joined()}
