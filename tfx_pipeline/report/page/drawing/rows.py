"""One row a thing: dots with intervals, and bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfx_pipeline.report.page.drawing.canvas import few_ticks, name_axes, note, rows_canvas
from tfx_pipeline.report.page.drawing.colours import BAD, CARD, FIRST, INK, MUTED, SECOND, WARN

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Dot:
    """A figure with the ends of its interval, as far as there are any.

    `mark` tells it from the others: filled `good`, hollow `unsure`, a cross `bad`.
    """

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    mark: str = "plain"


@dataclass(frozen=True)
class Bar:
    """A length; `limit` is what it is compared with; a `marked` one is told by a sign, too."""

    label: str
    value: float
    words: str = ""
    limit: float | None = None
    marked: bool = False


_DWARFS = 4
"""An interval so many times as long as the middle one would leave the others no room."""
_MARKERS = {"plain": "o", "good": "o", "unsure": "s", "bad": "X"}
_COLOURS = {"plain": FIRST, "good": FIRST, "unsure": WARN, "bad": BAD}


def dot_rows(
    dots: Sequence[Dot], x: str, *, line: float | None = None, limits: Sequence[float] = ()
) -> Figure:
    """Draw dots with intervals, and lines across all rows: a thin `line`, dashed `limits`."""
    figure, axes = rows_canvas([dot.label for dot in dots])
    lowest, highest = _limits(dots, line)
    if line is not None:
        axes.axvline(line, color=MUTED, linewidth=1.2)
    for limit in limits:
        axes.axvline(limit, color=BAD, linewidth=1.2, linestyle=(0, (4, 3)))
    for row, dot in enumerate(dots):
        colour = _COLOURS[dot.mark]
        if dot.low is not None and dot.high is not None:
            for end, sign, is_beyond in (
                (lowest, "<", dot.low < lowest),
                (highest, ">", dot.high > highest),
            ):
                if is_beyond:
                    axes.plot([end], [row], marker=sign, markersize=6, color=colour, linewidth=0)
            axes.plot(
                [dot.low, dot.high], [row, row], color=colour, linewidth=2, solid_capstyle="round"
            )
        hollow = dot.mark == "unsure"
        axes.plot(
            [dot.value], [row], marker=_MARKERS[dot.mark], markersize=7, color=colour,
            markerfacecolor=CARD if hollow else colour, markeredgecolor=colour if hollow else CARD,
        )  # fmt: skip
    room = 0.03 * (highest - lowest)
    axes.set_xlim(lowest - room, highest + room)
    few_ticks(axes)
    name_axes(axes, x)
    return figure


def _limits(dots: Sequence[Dot], line: float | None) -> tuple[float, float]:
    """Choose the ends of the axis: all dots, and intervals unless they dwarf the others."""
    marks = [dot.value for dot in dots] + ([line] if line is not None else [])
    low, high = min(marks), max(marks)
    half = sorted(
        max(dot.value - dot.low, dot.high - dot.value)
        for dot in dots
        if dot.low is not None and dot.high is not None
    )
    reach = max(_DWARFS * (half[len(half) // 2] if half else 0), high - low) or abs(high) or 1.0
    ends = [end for dot in dots for end in (dot.low, dot.high) if end is not None]
    lowest, highest = min([low, *ends]), max([high, *ends])
    return max(lowest, low - reach), min(highest, high + reach)


def bar_rows(bars: Sequence[Bar], x: str) -> Figure:
    """Draw bars with their words at the end."""
    figure, axes = rows_canvas([f"{'▲ ' if bar.marked else ''}{bar.label}" for bar in bars])
    longest = max((max(bar.value, bar.limit or 0) for bar in bars), default=0) or 1
    for row, bar in enumerate(bars):
        axes.barh(row, bar.value, height=0.55, color=SECOND if bar.marked else FIRST, linewidth=0)
        if bar.limit is not None:
            axes.plot([bar.limit] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=2)
        end = max(bar.value, bar.limit or 0) + 0.015 * longest
        note(axes, bar.words, end, row, INK, verticalalignment="center")
    axes.set_xlim(0, longest * 1.22)
    few_ticks(axes)
    name_axes(axes, x)
    return figure
