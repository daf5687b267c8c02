"""What errors cost, and what other ways to answer would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tfx_pipeline.report.page.blocks import Block, Heading, Pairs, Plots, Table, Text
from tfx_pipeline.report.page.drawing.lines import cost_line
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.wording import number

_TABLE_POINTS = 15


def costs(found: Mapping[str, Any], drawn: Drawn) -> Iterator[Block]:
    """Show the mean cost of a row, and, of a binary task, by threshold."""
    unit = f" {found['unit']}" if found.get("unit") else ""
    constant = found.get("constant") or {}
    told = {
        "mean cost of a row": found.get("mean"),
        "if the cheapest class by the probabilities were answered": found.get("by_probabilities"),
        f"if `{constant.get('answer', '')}` were always answered": constant.get("mean"),
    }
    pairs = {name: f"{number(value)}{unit}" for name, value in told.items() if value is not None}
    if (best := found.get("best_threshold")) is not None:
        pairs["best threshold"] = f"{number(best)}, at {number(found.get('best_mean'))}{unit} a row"
    yield Heading("Costs of errors")
    yield Pairs(pairs)
    if note := found.get("note"):
        yield Text(f"The best threshold was {note}.", "note")
    curve = found.get("curve")
    if curve and curve["threshold"]:
        stride = max(1, len(curve["threshold"]) // _TABLE_POINTS)
        rows = [
            (number(x), number(y))
            for x, y in [*zip(curve["threshold"], curve["mean"], strict=True)][::stride]
        ]
        table = Table("Cost by threshold", ("threshold", f"mean cost{unit}"), rows, (0, 1))
        description = (
            "The mean cost of a row by the probability from which the second class is answered; the"
            f" least is {number(found.get('best_mean'))}{unit} at {number(best)}."
        )
        figure = cost_line(curve["threshold"], curve["mean"], f"mean cost{unit}")
        yield Plots([drawn.plot("Cost by threshold", description, figure, table)])
