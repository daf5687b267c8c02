"""A figure of the size that fits a phone, with axes that say little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tfx_pipeline.report.page.drawing.colours import GRID, INK, MUTED
from tfx_pipeline.report.page.drawing.texts import label_width, shown_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 380, 270
"""In pixels of the page, which are Matplotlib's points here."""
FONT, SMALL = 12, 11
_INCH = 72
_TOP, _RIGHT, _BOTTOM = 10, 14, 40
ROW_HEIGHT = 24
_LARGE = 10_000


def canvas(
    left: float = 46, height: float = HEIGHT, *, bottom: float = _BOTTOM
) -> tuple[Figure, Axes]:
    """Make a figure and its axes, with room for labels at the left and below."""
    from matplotlib.figure import Figure

    figure = Figure((WIDTH / _INCH, height / _INCH), dpi=_INCH)
    figure.patch.set_visible(False)
    axes = figure.add_axes(
        (
            left / WIDTH,
            bottom / height,
            (WIDTH - left - _RIGHT) / WIDTH,
            (height - bottom - _TOP) / height,
        )
    )
    axes.patch.set_visible(False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=MUTED, pad=5)
    axes.grid(visible=True, color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    return figure, axes


def rows_canvas(labels: Sequence[str], most_width: float = 170) -> tuple[Figure, Axes]:
    """Make a figure with one row a label, the first on top: row i is at y = i."""
    shown = [shown_label(label, most_width, FONT) for label in labels]
    left = 10 + max((label_width(label, FONT) for label in shown), default=0)
    height = _TOP + _BOTTOM + ROW_HEIGHT * max(1, len(labels))
    figure, axes = canvas(left, height)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), shown, color=INK, fontsize=FONT)
    axes.grid(visible=False, axis="y")
    return figure, axes


def name_axes(axes: Axes, x: str = "", y: str = "") -> None:
    """Say what the axes are."""
    if x:
        axes.set_xlabel(x, fontsize=SMALL, color=MUTED, labelpad=5)
    if y:
        axes.set_ylabel(y, fontsize=SMALL, color=MUTED, labelpad=5)


def few_ticks(axes: Axes, most: int = 5) -> None:
    """Leave room between the numbers of the axes."""
    from matplotlib.ticker import MaxNLocator

    if axes.yaxis.get_major_locator().__class__.__name__ == "AutoLocator":
        axes.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
        short_numbers(axes.yaxis)
    short_numbers(axes.xaxis)
    axes.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))


def short_numbers(axis: Any) -> None:
    """Write large numbers of an axis with their unit: `20k`."""
    from matplotlib.ticker import FuncFormatter

    if max(map(abs, axis.get_view_interval())) >= _LARGE:
        axis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))


def short_number(value: float) -> str:
    """Write a number with a unit for thousands, millions, billions (`bn`)."""
    for unit, name in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.3g}{name}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def note(axes: Axes, text: str, x: float, y: float, colour: str, **more: Any) -> None:
    """Write beside what it is about."""
    axes.text(x, y, text, color=colour, fontsize=SMALL, **more)
