"""Drift to the last run's data, and skew between the splits of this run's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tfx_pipeline.components.data_gate.samples import Sample
from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.data_verdict import Check, Finding
from tfx_pipeline.evaluation.distances.compare import Bounds, Comparison, compare
from tfx_pipeline.evaluation.distances.histograms import Histogram

_OFF = "switched off"
_MOMENTS = "moments are new in every span"
_DIVIDES = "it divides the splits"


def histograms_of(sample: Sample) -> dict[str, Histogram]:
    """Learn the bins of each column."""
    rows = sample.rows.effective
    return {name: Histogram.learn(column, rows) for name, column in sample.columns.items()}


def shifts(
    check: Check, settings: CheckSettings, reference: Mapping[str, Histogram], sample: Sample
) -> list[Comparison]:
    """Compare a sample with a reference by the bounds of a check: `drift` or `skew`."""
    unjudged = dict.fromkeys(settings.switched_off(check, sample.columns), _OFF)
    unjudged |= dict.fromkeys(settings.timestamp_units, _MOMENTS)
    if check == "skew":
        unjudged |= dict.fromkeys(settings.split_columns, _DIVIDES)
    bounds = settings.drift if check == "drift" else settings.skew
    return compare(reference, sample.columns, sample.rows.effective, bounds, unjudged)


def findings_of(
    check: Check, settings: CheckSettings, comparisons: list[Comparison], against: str
) -> Iterator[Finding]:
    """Say which columns moved; `against`: `eval against train`, or what the reference was."""
    bounds: Bounds = settings.drift if check == "drift" else settings.skew
    for each in comparisons:
        if each.moved:
            problem = Problem(
                f"feature `{each.feature}` is distributed otherwise, {against}",
                received=each.words(),
                allowed=f"at most {bounds.min_distance:g} beyond what chance alone makes",
                next_step=f"look where these rows come from; or data.checks.columns."
                f"{each.feature}: {{{check}: warn}}, or a larger data.checks.{check}.min_distance",
            )
            yield Finding(check, settings.severity(check, each.feature), problem)
