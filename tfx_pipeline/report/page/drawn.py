"""Plots of one page: made once, with the styles that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx_pipeline.report.page.blocks import Plot, Table
from tfx_pipeline.report.page.drawing.svg import Classes, to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Drawn:
    """Makes the plots of a page.

    Attributes:
        classes: styles of all of them.
    """

    def __init__(self) -> None:
        self.classes = Classes()
        self._count = 0

    def plot(
        self, title: str, description: str, figure: Figure, table: Table, *, is_open: bool = False
    ) -> Plot:
        """Write a figure down, with the table that says the same."""
        self._count += 1
        svg = to_svg(figure, f"plot-{self._count}", title, description, self.classes)
        return Plot(title, description, svg, table, is_open)
