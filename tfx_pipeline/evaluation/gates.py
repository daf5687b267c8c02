"""Whether a model is blessed: its metrics against thresholds, a baseline, and a trivial answer.

Terms:
    threshold: bounds of a metric over all eval rows, see `verdict.Bounds`.
    change: how much worse than the baseline, the last blessed model, a metric is: in the direction
        that is worse, and of a metric that is best at an ideal value, in the distance to it.
    default gate: the model must beat the trivial answer. It applies when nothing else can refuse:
        no threshold is configured, or only changes and there is no baseline.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.metric_names import BETTER, MAIN_METRIC, MetricName
from tfx_pipeline.evaluation.trivial_answer import MARGIN
from tfx_pipeline.evaluation.verdict import Bounds, Figures, Gates, TrivialFigures, Verdict

_NEXT = "improve the model or data, or change evaluation.thresholds"


def needs_default_gate(gates: Gates, *, has_baseline: bool) -> bool:
    """Say whether the model must beat the trivial answer, since nothing else is asked of it."""
    return not any(
        bounds.min is not None
        or bounds.max is not None
        or (has_baseline and bounds.max_loss_against_baseline is not None)
        for bounds in gates.thresholds.values()
    )


def judge(
    gates: Gates,
    model: Figures,
    baseline: Figures | None,
    trivial: TrivialFigures | None = None,
    bad_rows: list[Problem] | None = None,
) -> Verdict:
    """Judge a model by what was measured of it, and of the last blessed one on the same rows.

    `trivial` is of the default gate, which is asked for by giving it; `bad_rows` are rows whose
    label or answer is none; any refuses the model.
    """
    names = gates.metrics
    missing: dict[str, str] = {name: reason for name in names if (reason := model.missing(name))}
    notes: list[str] = []
    refusals = list(bad_rows or ())
    if not refusals:  # else every metric is missing, for that reason
        for name, bounds in gates.thresholds.items():
            refusals += _misses(name, model, bounds)
            refusals += _changes(name, model, baseline, bounds, notes)
        if trivial is not None:
            refusals += _beats_not(model, trivial)
    return Verdict(
        blessed=not refusals,
        gate=_gate(gates, trivial),
        metrics={name: model.values[name] for name in names if name not in missing},
        has_baseline=baseline is not None,
        baseline=_existing(names, baseline),
        missing=missing,
        notes=notes,
        refusals=refusals,
    )


def loss_of(name: MetricName, model: Figures, baseline: Figures) -> float:
    """Measure how much worse than the baseline a metric is; negative: it is better."""
    better = BETTER[name]
    now, then = model.values[name], baseline.values[name]
    if better.direction == "higher":
        return then - now
    if better.direction == "lower":
        return now - then
    ideal = better.ideal
    if isinstance(ideal, str):
        ideal = baseline.values[ideal]  # of the same rows
    assert ideal is not None
    return abs(now - ideal) - abs(then - ideal)


def _existing(names: tuple[MetricName, ...], figures: Figures | None) -> dict[str, float]:
    if figures is None:
        return {}
    return {name: figures.values[name] for name in names if figures.missing(name) is None}


def _misses(name: MetricName, model: Figures, bounds: Bounds) -> Iterator[Problem]:
    """Compare with fixed bounds."""
    allowed = _allowed(bounds)
    if not allowed:
        return
    if reason := model.missing(name):
        yield _uncomputed(name, reason, allowed)
        return
    value = model.values[name]
    if (bounds.min is not None and value < bounds.min) or (
        bounds.max is not None and value > bounds.max
    ):
        what = f"metric `{name}` misses its threshold"
        yield Problem(what, received=_near(value, bounds), allowed=allowed, next_step=_NEXT)


def _changes(
    name: MetricName, model: Figures, baseline: Figures | None, bounds: Bounds, notes: list[str]
) -> Iterator[Problem]:
    """Compare with the baseline."""
    most = bounds.max_loss_against_baseline
    if most is None or baseline is None:
        return
    allowed = f"at most {most:g} worse than the last blessed model"
    if reason := model.missing(name):
        yield _uncomputed(name, reason, allowed)
        return
    if reason := baseline.missing(name):
        notes.append(f"`{name}` was not compared: of the last blessed model, {reason}")
        return
    loss = loss_of(name, model, baseline)
    if loss > most:
        now, then = model.values[name], baseline.values[name]
        best = BETTER[name].ideal
        aim = "" if best is None else f", where {_ideal(best, baseline)} is best"
        yield Problem(
            f"metric `{name}` is worse than the last blessed model's",
            received=f"{figure(now)} against {figure(then)}{aim}: {figure(loss)} worse",
            allowed=allowed,
            next_step=_NEXT,
        )


def _ideal(best: float | MetricName, baseline: Figures) -> str:
    if isinstance(best, str):
        return f"`{best}` ({figure(baseline.values[best])})"
    return f"{best:g}"


def _beats_not(model: Figures, trivial: TrivialFigures) -> Iterator[Problem]:
    """Compare with the trivial answer."""
    name = MAIN_METRIC[model.task]
    most = trivial.loss * (1 - MARGIN)
    allowed = (
        f"`{name}` less than {figure(most)}: {MARGIN:.1%} below {figure(trivial.loss)}, which is"
        f" reached by {trivial.words}"
    )
    if reason := model.missing(name):
        yield _uncomputed(name, reason, allowed)
    elif not model.values[name] < most:
        yield Problem(
            "the model is no better than a trivial answer (no threshold is configured that could"
            " be judged, so it must be)",
            received=f"`{name}` {figure(model.values[name])}",
            allowed=allowed,
            next_step="improve the model or data; or set evaluation.thresholds, which take the"
            " place of this",
        )


def _uncomputed(name: MetricName, reason: str, allowed: str) -> Problem:
    return Problem(
        f"metric `{name}`, which has a threshold, cannot be computed on the eval split",
        received=reason,
        allowed=allowed,
        next_step="give more rows, split otherwise (data.split), or put the threshold on a metric"
        " that exists here",
    )


def _gate(gates: Gates, trivial: TrivialFigures | None) -> str:
    named = ", ".join(f"`{name}`" for name in gates.thresholds)
    if trivial is None:
        return f"thresholds on {named}"
    if gates.thresholds:
        why = f"no other model was blessed before that {named} could be compared with"
    else:
        why = "no threshold is configured (evaluation.thresholds)"
    return (
        f"{why}: `{MAIN_METRIC[gates.task]}` must beat {figure(trivial.loss)}, which is reached by"
        f" {trivial.words}"
    )


def _allowed(bounds: Bounds) -> str:
    parts = []
    if bounds.min is not None:
        parts.append(f"at least {bounds.min:g}")
    if bounds.max is not None:
        parts.append(f"at most {bounds.max:g}")
    return ", ".join(parts)


def figure(value: float) -> str:
    """Write a metric with so many digits that 0.1 % of it, `MARGIN`, can be seen."""
    if abs(value) >= 1000:
        return f"{value:,.1f}"
    return f"{value:.4g}" if 0 < abs(value) < 0.1 else f"{value:.4f}"


def _near(value: float, bounds: Bounds) -> str:
    """Write a value with the digits that tell it from the bound it misses."""
    shown = figure(value)
    bound = bounds.min if bounds.min is not None and value < bounds.min else bounds.max
    return shown if bound is None or shown != figure(bound) else f"{value!r}"
