"""One thing that is asked of a model, judged by the interval of its figure.

Terms:
    margin: how much worse than another model is still accepted.
    cannot tell: the interval holds both values that are accepted and values that are not; more eval
        rows would make it shorter. `Gates.unsure_bounds` and `Gates.unsure_changes` say what then.
        Where there is no interval at all, `accept` is as `point`: nothing else could ever refuse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import Answer, Change
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.verdict import Bounds, Unsure

_NEXT = "improve the model or data, or change evaluation.thresholds"
_UNSURE_NEXT = "give more eval rows (data.split), or change evaluation.unsure.{}"
_SMALL = 1e-4
"""Ends below are written as figures are, with a power of ten."""
_DECIMALS = 4
"""Of figures that are neither small nor large."""
_WIDTH_DIGITS = 3
"""So many digits of the width of an interval can be seen."""


@dataclass(frozen=True)
class Judged:
    """What came of it.

    Attributes:
        sentence: the figure, and whether it is what was asked for.
        refusal: why it refuses the model; None: it does not.
        note: what a reader must know; empty: nothing.
    """

    sentence: str
    refusal: Problem | None = None
    note: str = ""


def answer_of_change(loss: Interval, margin: float | None) -> Answer:
    """Compare the interval of a loss with what is accepted; without a margin, with 0.

    Non-inferiority by a confidence interval: ICH E9 (1998), 3.3.2.
    """
    most = margin or 0.0
    if not (math.isfinite(loss.low) and math.isfinite(loss.high)):
        return "cannot tell"
    if loss.high < 0:
        return "better"
    if loss.high <= most:
        return "not worse"
    return "worse" if loss.low > 0 else "cannot tell"


def answer_of_bounds(
    figure: Interval, bounds: Bounds
) -> Literal["reached", "missed", "cannot tell"]:
    """Compare an interval with fixed bounds: all of it must be on one side."""
    low, high = figure.low, figure.high
    least = -math.inf if bounds.min is None else bounds.min
    most = math.inf if bounds.max is None else bounds.max
    if low >= least and high <= most:
        return "reached"
    if high < least or low > most:
        return "missed"
    return "cannot tell"


def judge_bounds(name: str, figure: Interval, bounds: Bounds, unsure: Unsure) -> Judged:
    """Judge a metric by fixed bounds."""
    answer, allowed = answer_of_bounds(figure, bounds), bounds_in_words(bounds)
    inside = (bounds.min is None or figure.value >= bounds.min) and (
        bounds.max is None or figure.value <= bounds.max
    )
    value = _told_from_bounds(figure, bounds)
    is_not = "is" if inside else "is not"
    sentence = f"`{name}` {value} {is_not} {allowed}"
    if answer == "reached":
        return Judged(sentence)
    what = f"metric `{name}` misses its threshold"
    if answer == "missed":
        return Judged(sentence, Problem(what, None, value, allowed, _NEXT))
    if not _is_refused(figure, unsure, inside=inside):
        has_interval = figure.method != "none"
        note = f"{sentence}, of which {figure.rows:,} rows cannot be sure" if has_interval else ""
        return Judged(sentence, None, note)
    if inside:
        what = f"metric `{name}` reaches its threshold, but {figure.rows:,} rows cannot tell"
    step = f"{_NEXT}; or {_UNSURE_NEXT.format('bounds')}" if not inside else _UNSURE_NEXT.format(
        "bounds")  # fmt: skip
    return Judged(sentence, Problem(what, None, value, allowed, step))


def judge_change(change: Change, values: str, unsure: Unsure) -> Judged:
    """Judge a change against the last blessed model by its margin, which it has.

    `values` says what the metric is, and was.
    """
    name, loss, most = change.metric, change.loss, change.margin
    assert most is not None
    sentence = f"`{name}` {than_in_words(loss)} the last blessed model's"
    if change.answer in ("better", "not worse"):
        return Judged(sentence)
    sentence += f": at most {figure_text(most)} is allowed"
    allowed = f"at most {figure_text(most)} worse than the last blessed model"
    received = f"{values}: {loss_in_words(loss)}"
    if change.answer == "worse":
        what = f"metric `{name}` is worse than the last blessed model's"
        return Judged(sentence, Problem(what, None, received, allowed, _NEXT))
    note = (
        f"`{name}`: {loss.rows:,} rows cannot tell whether it is worse than the last blessed"
        f" model's by more than {figure_text(most)}: {loss_in_words(loss)}"
    )
    if not _is_refused(loss, unsure, inside=loss.value <= most):
        return Judged(sentence, None, note)
    what = f"metric `{name}` may be worse than the last blessed model's: {loss.rows:,} rows cannot"
    step = _UNSURE_NEXT.format("changes")
    return Judged(sentence, Problem(f"{what} tell", None, received, allowed, step))


def _is_refused(figure: Interval, unsure: Unsure, *, inside: bool) -> bool:
    """Say what comes of an interval that cannot tell; `inside`: the figure itself is accepted."""
    if unsure == "refuse":
        return True
    return not inside and (unsure == "point" or figure.method == "none")


def bounds_in_words(bounds: Bounds) -> str:
    """Say what is allowed: `at least 0.9`; empty without fixed bounds."""
    parts = []
    if bounds.min is not None:
        parts.append(f"at least {bounds.min:,.10g}")
    if bounds.max is not None:
        parts.append(f"at most {bounds.max:,.10g}")
    return ", ".join(parts)


def figure_text(value: float) -> str:
    """Write a metric with so many digits that 0.1 % of it can be seen."""
    if abs(value) >= 1000:
        return f"{value:,.1f}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:.4g}" if 0 < abs(value) < 0.1 else f"{value:.4f}"


def ends_text(low: float, high: float) -> str:
    """Write the ends of an interval, with no more digits than its width gives them."""
    width, most = high - low, max(abs(low), abs(high))
    if not 0 < width < math.inf or most < _SMALL:
        return f"{figure_text(low)} to {figure_text(high)}"
    if width >= 1:
        decimals = max(0, _WIDTH_DIGITS - 1 - math.floor(math.log10(width)))
    elif most >= 0.1:
        decimals = _DECIMALS  # as the figures of a column have
    else:
        decimals = max(_DECIMALS, _WIDTH_DIGITS - 2 - math.floor(math.log10(width)))
    # Adding 0 makes of a negative zero one without a sign.
    low, high = round(low, decimals) + 0, round(high, decimals) + 0
    return f"{low:,.{decimals}f} to {high:,.{decimals}f}"


def with_interval(figure: Interval) -> str:
    """Write a figure with its interval: `0.9514 (0.9440 to 0.9580)`."""
    return f"{figure_text(figure.value)}{_ends(figure)}"


def loss_in_words(loss: Interval) -> str:
    """Write a loss: `0.0031 better (0.0001 to 0.0061)`, each end with its side if they differ."""
    if loss.method == "none":
        return _side(loss.value)
    if loss.low < 0 < loss.high:
        return f"{_side(loss.value)} ({_side(loss.low)} to {_side(loss.high)})"
    nearer, farther = sorted((abs(loss.low), abs(loss.high)))
    return f"{_side(loss.value)} ({ends_text(nearer, farther)})" if farther else "0 (0 to 0)"


def than_in_words(loss: Interval) -> str:
    """Write a loss as the middle of a sentence: `is 0.0031 worse than`, or `equals`."""
    if loss.value == 0 and not (loss.low or loss.high):
        return "equals"
    return f"is {loss_in_words(loss)} than"


def _side(loss: float) -> str:
    if loss == 0:
        return "0"
    return f"{figure_text(abs(loss))} {'worse' if loss >= 0 else 'better'}"


def _ends(figure: Interval) -> str:
    if figure.method == "none":
        return ""
    return f" ({ends_text(figure.low, figure.high)})"


def _told_from_bounds(figure: Interval, bounds: Bounds) -> str:
    """Write a value with the digits that tell it from the bound beside it."""
    shown = figure_text(figure.value)
    for bound in (bounds.min, bounds.max):
        if bound is not None and bound != figure.value and shown == figure_text(bound):
            shown = f"{figure.value!r}"
    return f"{shown}{_ends(figure)}"
