"""Histograms of answers and of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfx_pipeline.report.page.drawing.canvas import (
    SMALL,
    canvas,
    few_ticks,
    name_axes,
    short_numbers,
)
from tfx_pipeline.report.page.drawing.colours import DASHES, FIRST, MUTED, SECOND, SERIES
from tfx_pipeline.report.page.drawing.lines import MOST_LINES, legend
from tfx_pipeline.report.page.drawing.texts import shown_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def answer_histogram(edges: Sequence[float], groups: Mapping[str, Sequence[int]], x: str) -> Figure:
    """Draw how many rows of each group have which answer; the first group is filled."""
    figure, axes = canvas(left=58)
    for place, (name, counts) in enumerate([*groups.items()][:MOST_LINES]):
        style: dict[str, Any] = {
            "color": SERIES[place],
            "linewidth": 1.8,
            "linestyle": DASHES[place],
            "label": shown_label(name, 130, SMALL),
        }
        axes.stairs(counts, edges, **style)
        if place == 0:
            axes.stairs(counts, edges, fill=True, color=SERIES[0], alpha=0.2, linewidth=0)
    _counts(axes)
    name_axes(axes, x, "rows")
    legend(axes, len(groups))
    return figure


def error_histogram(edges: Sequence[float], counts: Sequence[int], x: str) -> Figure:
    """Draw how many rows have which error."""
    figure, axes = canvas(left=58)
    axes.axvline(0, color=MUTED, linewidth=1.2)
    axes.stairs(counts, edges, fill=True, color=FIRST, alpha=0.85, linewidth=0)
    _counts(axes)
    few_ticks(axes, 4)
    name_axes(axes, x, "rows")
    return figure


def errors_by_answer(bins: Sequence[Mapping[str, float]], x: str) -> Figure:
    """Draw the middle and the 10 % and 90 % quantiles of the errors over the answer."""
    figure, axes = canvas(left=66)
    answers = [each["answer"] for each in bins]
    low, middle, high = ([each[key] for each in bins] for key in ("low", "middle", "high"))
    axes.axhline(0, color=MUTED, linewidth=1.2)
    axes.fill_between(answers, low, high, color=FIRST, alpha=0.2, linewidth=0)
    axes.plot(answers, low, color=FIRST, linewidth=1, linestyle=(0, (4, 2)))
    axes.plot(answers, high, color=FIRST, linewidth=1, linestyle=(0, (4, 2)))
    axes.plot(answers, middle, color=SECOND, linewidth=2, marker="o", markersize=4)
    few_ticks(axes, 4)
    name_axes(axes, x, "answer less label")
    _short_ticks(axes)
    return figure


def _counts(axes: Axes) -> None:
    axes.set_ylim(bottom=0)
    _short_ticks(axes)


def _short_ticks(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5))
    for axis in (axes.xaxis, axes.yaxis):
        short_numbers(axis)
