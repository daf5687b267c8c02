"""Lines: ROC, precision over recall, calibration, training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfx_pipeline.report.page.drawing.canvas import (
    SMALL,
    canvas,
    few_ticks,
    name_axes,
    short_number,
)
from tfx_pipeline.report.page.drawing.colours import DASHES, INK, MARKERS, MUTED, SERIES
from tfx_pipeline.report.page.drawing.texts import shown_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES = len(SERIES)
_LEGEND_WIDTH = 260


def share_lines(
    lines: Mapping[str, Mapping[str, Sequence[float]]],
    x: str,
    y: str,
    *,
    diagonal: bool = False,
    level: float | None = None,
) -> Figure:
    """Draw lines between shares, both axes from 0 to 1.

    Args:
        lines: `x` and `y` by name.
        x: what the first axis is.
        y: what the second axis is.
        diagonal: draw what chance would give, from corner to corner.
        level: or at this height.
    """
    figure, axes = canvas()
    if diagonal:
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
    if level is not None:
        axes.plot([0, 1], [level, level], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
    for place, (name, points) in enumerate([*lines.items()][:MOST_LINES]):
        axes.plot(points["x"], points["y"], **_style(place, name))
    _shares(axes, x, y)
    legend(axes, len(lines))
    return figure


def calibration_lines(models: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Draw what happened over what was answered, with the interval of each bin of the first."""
    figure, axes = canvas()
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
    for place, (name, bins) in enumerate([*models.items()][:MOST_LINES]):
        x, y = ([each[key] for each in bins] for key in ("answer", "share"))
        if place == 0:
            low, high = ([each[key] for each in bins] for key in ("low", "high"))
            axes.vlines(x, low, high, color=SERIES[0], linewidth=1.5, alpha=0.5)
        axes.plot(x, y, **_style(place, name), marker=MARKERS[place], markersize=4)
    _shares(axes, "mean answer", "share that came true")
    legend(axes, len(models))
    return figure


def _shares(axes: Axes, x: str, y: str) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, ["0", "¼", "½", "¾", "1"])
    axes.set_yticks(ticks, ["0", "¼", "½", "¾", "1"])
    name_axes(axes, x, y)


def training_lines(curves: Sequence[Any], *, x: str) -> Figure:
    """Draw figures over the steps of a training: `TrainingCurve`."""
    figure, axes = canvas(left=56)
    for place, curve in enumerate(curves[:MOST_LINES]):
        axes.plot(curve.steps, curve.values, **_style(place, curve.name.rpartition("/")[2]))
    few_ticks(axes)
    name_axes(axes, x, "loss")
    legend(axes, len(curves))
    return figure


def cost_line(thresholds: Sequence[float], costs: Sequence[float], y: str) -> Figure:
    """Draw the mean cost over the threshold."""
    figure, axes = canvas(left=58)
    axes.plot(thresholds, costs, **_style(0, y))
    axes.set_xlim(-0.02, 1.02)
    name_axes(axes, "threshold", y)
    return figure


def agreement_lines(lines: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Draw the agreement of copies of the model over the questions asked, with intervals."""
    from matplotlib.ticker import FuncFormatter

    figure, axes = canvas()
    for place, (name, points) in enumerate([*lines.items()][:MOST_LINES]):
        x, y, low, high = (
            [each[key] for each in points] for key in ("queries", "agreement", "low", "high")
        )
        axes.vlines(x, low, high, color=SERIES[place], linewidth=1.5, alpha=0.5)
        axes.plot(x, y, marker=MARKERS[place], markersize=5, **_style(place, name))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
    axes.minorticks_off()
    axes.set_ylim(-0.02, 1.02)
    name_axes(axes, "questions", "agreement")
    legend(axes, len(lines))
    return figure


def _style(place: int, name: str) -> dict[str, Any]:
    return {
        "color": SERIES[place],
        "linestyle": DASHES[place],
        "linewidth": 2 if place == 0 else 1.6,
        "label": shown_label(name.replace("_", " "), _LEGEND_WIDTH, SMALL),
        "zorder": 3 - place / 10,
    }


def legend(axes: Axes, count: int) -> None:
    """Say which line is which, where there is room; a single one is named by the title."""
    if count > 1:
        found = axes.legend(
            fontsize=SMALL,
            frameon=False,
            labelcolor=INK,
            handlelength=2.6,
            loc="best",
            borderaxespad=0.2,
            labelspacing=0.3,
        )
        found.set_zorder(4)
