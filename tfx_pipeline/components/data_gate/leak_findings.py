"""Leaks in words: features that know the label, ids, moments after the label's, shared rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tfx_pipeline.components.data_gate.labels import labels_of
from tfx_pipeline.components.data_gate.samples import Sample
from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.data_verdict import Finding
from tfx_pipeline.evaluation.distances.columns import Numbers, distinct_share
from tfx_pipeline.evaluation.leaks import POWER_NAMES, feature_powers, names_each_row, rows_after
from tfx_pipeline.ingestion.examples.splits import TRAIN

_UNIT_S = {"s": 1.0, "ms": 1e-3}
_ALL = "(all)"


def powers_of(settings: CheckSettings, sample: Sample) -> dict[str, float]:
    """Measure what each feature alone tells of the label; empty where that cannot be known."""
    try:
        labels = labels_of(sample.columns, settings.label)
    except KeyError:  # a column of the label has no value at all
        return {}
    features = {name: sample.columns[name] for name in settings.features if name in sample.columns}
    return feature_powers(settings.label["task"], labels, features, sample.hashes)


def leak_findings(
    settings: CheckSettings,
    sample: Sample,
    powers: Mapping[str, float],
    in_train_too: Mapping[str, tuple[int, int]],
) -> Iterator[Finding]:
    """Say what looks like a leak.

    `in_train_too`: by split, its rows of which the training split has a copy, and all its rows.
    """
    found = [
        *_powerful(settings, powers),
        *_ids(settings, sample),
        *_late(settings, sample),
        *_shared(in_train_too),
    ]
    for column, problem in found:
        if (severity := settings.severity("leaks", column)) != "off":
            yield Finding("leaks", severity, problem)


def _powerful(
    settings: CheckSettings, powers: Mapping[str, float]
) -> Iterator[tuple[str, Problem]]:
    for name, power in powers.items():
        if power >= settings.max_power:
            yield (
                name,
                Problem(
                    f"feature `{name}` alone tells the label almost perfectly: is it known before"
                    " the label is?",
                    received=f"{POWER_NAMES[settings.label['task']]} {power:.4f} on rows that it"
                    " was not learned from",
                    allowed=f"less than {settings.max_power:g}",
                    next_step="remove it from the features; or, if callers do know it:"
                    f" data.checks.columns.{name}: {{leaks: off}}",
                ),
            )


def _ids(settings: CheckSettings, sample: Sample) -> Iterator[tuple[str, Problem]]:
    for name, kind in settings.features.items():
        column = sample.columns.get(name)
        if column is None or kind in ("text", "timestamp") or not names_each_row(column):
            continue
        yield (
            name,
            Problem(
                f"feature `{name}` names rows, as an id does: a model can only learn them by heart",
                received=f"{distinct_share(column):.1%} of its values are different",
                next_step="remove it from the features, or give it the kind `text` or `timestamp`"
                f" if it is one; or data.checks.columns.{name}: {{leaks: off}}",
            ),
        )


def _late(settings: CheckSettings, sample: Sample) -> Iterator[tuple[str, Problem]]:
    if not settings.label_time:
        return
    label_column, unit = settings.label_time
    label = sample.columns.get(label_column)
    if not isinstance(label, Numbers):
        return
    moments = label.values.astype(np.float64) * _UNIT_S[unit]
    for name, unit in settings.timestamp_units.items():
        column = sample.columns.get(name)
        if not isinstance(column, Numbers):
            continue
        late, rows = rows_after(column.values.astype(np.float64) * _UNIT_S[unit], moments)
        if late:
            yield (
                name,
                Problem(
                    f"feature `{name}` is later than the label, whose moment is `{label_column}`",
                    received=f"in {late:,} of {rows:,} rows ({late / rows:.2%}) of the train split",
                    next_step="remove it from the features, or mend these rows; or"
                    f" data.checks.columns.{name}: {{leaks: off}}",
                ),
            )


def _shared(in_train_too: Mapping[str, tuple[int, int]]) -> Iterator[tuple[str, Problem]]:
    for split, (shared, rows) in in_train_too.items():
        if shared:
            yield (
                _ALL,
                Problem(
                    f"rows of the {split} split are in the {TRAIN} split too: what is measured on"
                    " them was learned by heart",
                    received=f"{shared:,} of {rows:,} rows ({shared / rows:.2%})",
                    next_step="remove the copies, or split by row hash or by a key (data.split)",
                ),
            )
