"""All that is measured of a candidate on the eval rows, in one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfx_pipeline.evaluation.evaluation_facts import Change, EvaluationFacts, SliceFigures
from tfx_pipeline.evaluation.figures.at_thresholds import at_thresholds
from tfx_pipeline.evaluation.figures.class_figures import class_figures, confusion
from tfx_pipeline.evaluation.figures.cost_figures import cost_figures
from tfx_pipeline.evaluation.figures.curves import curves
from tfx_pipeline.evaluation.figures.slicing import Slice, largest_slices
from tfx_pipeline.evaluation.gates import margin_of
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_metrics import metric_intervals, rows_at
from tfx_pipeline.evaluation.intervals.of_slices import slice_intervals, slice_loss_intervals
from tfx_pipeline.evaluation.judged import answer_of_change
from tfx_pipeline.evaluation.metric_names import BETTER, MAIN_METRIC, MetricName
from tfx_pipeline.evaluation.metrics import compute, why_not
from tfx_pipeline.evaluation.scored_rows import BAD_ANSWERS, BAD_LABELS, ScoredRows, counts_of
from tfx_pipeline.evaluation.scored_split import ScoredSplit
from tfx_pipeline.evaluation.verdict import Gates

_OTHERS = {"baseline": "the last blessed model", "linear": "the linear model"}


def evaluate(split: ScoredSplit, gates: Gates) -> EvaluationFacts:
    """Measure the candidate, beside the last blessed model, a linear one and the trivial answer.

    Rows whose label or answer is none leave no metric: `missing` says so. Another model that
    answers so is left out, with a note.
    """
    split = split.with_costs(gates.costs)
    candidate = split.candidate
    counts = counts_of(candidate)
    facts = EvaluationFacts(
        task=gates.task,
        classes=gates.classes,
        rows=len(candidate.labels),
        threshold=candidate.threshold,
        eval_rows=split.eval_rows,
        missing=_missing(measured(gates), candidate),
        confidence=gates.confidence,
        has_baseline=split.baseline is not None,
        trivial_words=split.trivial.words(gates.classes),
        notes=split.notes,
    )
    if not facts.rows or counts[BAD_LABELS] or counts[BAD_ANSWERS]:
        return facts
    with np.errstate(over="ignore", invalid="ignore"):  # such a metric is `missing`
        return _Measuring(split, gates).facts(facts)


def measured(gates: Gates) -> list[MetricName]:
    """List the metrics: those shown, those with a threshold, their ideals, and the main one."""
    names = [*gates.metrics, *gates.thresholds]
    ideals = [BETTER[name].ideal for name in names]
    named: list[MetricName] = [x for x in ideals if isinstance(x, str)]
    return list(dict.fromkeys([*names, *named, MAIN_METRIC[gates.task]]))


def _missing(names: Sequence[MetricName], rows: ScoredRows) -> dict[str, str]:
    counts = counts_of(rows)
    return {name: why for name in names if (why := why_not(name, rows.task, counts))}


class _Measuring:
    """What the parts of the evaluation share: the rows, and how intervals are made."""

    def __init__(self, split: ScoredSplit, gates: Gates) -> None:
        self.split, self.gates, self.notes = split, gates, [*split.notes]
        self.main = MAIN_METRIC[gates.task]
        self.names = measured(gates)
        self.resampling = Resampling(gates.confidence, gates.resamples, 0, split.clusters)
        self.others = self._others()
        size = len(split.candidate.labels)
        self.trivial = replace(split.candidate, answers=split.trivial.answers(size))

    def facts(self, facts: EvaluationFacts) -> EvaluationFacts:
        """Fill in what rows and answers without fault have."""
        candidate, gates, split = self.split.candidate, self.gates, self.split
        baseline, linear = self.others.get("baseline"), self.others.get("linear")
        slices, left_out = largest_slices(split.slices, gates.slices)
        is_number, is_binary = gates.task == "regression", gates.task == "binary"
        more: dict[str, Any] = {}
        if not is_number:
            more["classes_figures"] = class_figures(candidate, gates.classes, self.resampling)
            more["confusion"] = confusion(candidate)
        if is_binary:
            wanted = gates.at_thresholds
            more["at_thresholds"] = at_thresholds(candidate, wanted, self.resampling)
        if gates.costs:
            more["costs"] = cost_figures(candidate, gates.classes, gates.cost_unit)
        metrics = self.metrics(candidate)
        too_large = {x: "it is too large for a float64" for x in self.names if x not in metrics}
        return replace(
            facts,
            metrics=metrics,
            missing=too_large | dict(facts.missing),
            baseline=self.metrics(baseline),
            baseline_missing=self._baseline_missing(),
            linear=self.metrics(linear),
            trivial={
                x: value for x in self.names if np.isfinite(value := compute(x, self.trivial))
            },
            changes=self.changes(self.names, candidate, baseline),
            against_linear=self.changes([self.main], candidate, linear),
            against_trivial=self.changes([self.main], candidate, self.trivial),
            slices=tuple(self.slices(slices)),
            slices_left_out=left_out,
            curves=curves(candidate, self.others, gates.classes, self.resampling),
            notes=tuple(self.notes),
            **more,
        )

    def _others(self) -> dict[str, ScoredRows]:
        """Give the models beside the candidate whose answers can be measured."""
        good = {}
        for name, words in _OTHERS.items():
            rows = getattr(self.split, name)
            if rows is None:
                continue
            if bad := int(rows.answer_is_bad.sum()):
                needed = "finite numbers" if rows.task == "regression" else "probabilities"
                self.notes.append(
                    f"{words} is left out: {bad:,} of its {len(rows.labels):,} answers are no"
                    f" {needed}"
                )
            else:
                good[name] = rows
        return good

    def _baseline_missing(self) -> dict[str, str]:
        baseline = self.split.baseline
        return {} if baseline is None else _missing(self.names, baseline)

    def metrics(self, rows: ScoredRows | None) -> dict[str, Interval]:
        """Measure what exists of a model."""
        if rows is None:
            return {}
        return _existing(metric_intervals(self.names, rows, self.resampling))

    def changes(
        self, names: Sequence[MetricName], rows: ScoredRows, other: ScoredRows | None
    ) -> dict[str, Change]:
        """Compare two models on the same rows in the metrics that both have."""
        if other is None:
            return {}
        return self._judged(_existing(loss_intervals(names, rows, other, self.resampling)), other)

    def _judged(self, losses: Mapping[str, Interval], other: ScoredRows) -> dict[str, Change]:
        """Say what each loss against another model comes to."""
        changes = {}
        for name, loss in losses.items():
            known: MetricName = name  # type: ignore[assignment]
            margin = margin_of(known, self.gates, other)
            changes[name] = Change(name, loss, margin, answer_of_change(loss, margin))
        return changes

    def slices(self, slices: Sequence[Slice]) -> list[SliceFigures]:
        """Measure each slice that has enough rows; the intervals hold for all of these at once."""
        least = self.gates.min_slice_rows
        judged = [each for each in slices if len(each.places) >= least]
        figures = iter(self._sliced(judged))
        note = f"fewer than {least} rows (evaluation.min_slice_rows)"
        return [
            next(figures)
            if len(each.places) >= least
            else SliceFigures(each.columns, each.values, len(each.places), note=note)
            for each in slices
        ]

    def _sliced(self, slices: Sequence[Slice]) -> Iterator[SliceFigures]:
        candidate, baseline = self.split.candidate, self.others.get("baseline")
        members = [each.places for each in slices]
        metrics = slice_intervals(self.names, candidate, members, self.resampling, 1)
        losses: list[dict[str, Interval]] = [{} for _ in slices]
        if baseline is not None:
            losses = slice_loss_intervals(
                self.names, candidate, baseline, members, self.resampling, 1
            )
        for each, figures, loss in zip(slices, metrics, losses, strict=True):
            changes = {}
            if baseline is not None:
                changes = self._judged(_existing(loss), rows_at(baseline, each.places))
            yield SliceFigures(
                each.columns, each.values, len(each.places), _existing(figures), changes
            )


def _existing(figures: Mapping[str, Interval]) -> dict[str, Interval]:
    return {name: each for name, each in figures.items() if np.isfinite(each.value)}
