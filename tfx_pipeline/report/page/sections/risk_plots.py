"""What the risk checks measured: tables as they come, and plots of those that are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.report.page.blocks import Block, Plot, Table
from tfx_pipeline.report.page.drawing.lines import agreement_lines
from tfx_pipeline.report.page.drawing.rows import Dot, dot_rows
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.wording import name_of, value_text

EXPLAINING = "importance"
"""The check that says what the answers come from."""
_MOST_ROWS, _DRAWN = 40, 20
_Rows = Sequence[Mapping[str, Any]]


def check_plots(check: CheckResult, drawn: Drawn) -> Iterator[Plot]:
    """Draw what is known how to draw of a check's figures."""
    for name, rows in check.figures.items():
        draw = _PLOTS.get((check.check, name))
        if draw and rows and (plot := draw(name, rows, drawn)):
            yield plot


def figures_tables(check: CheckResult) -> list[Block]:
    """Write down what a check measured, but for what stands beside its plot."""
    return [
        figures_table(name, rows)
        for name, rows in check.figures.items()
        if rows and (check.check, name) not in _PLOTS
    ]


def _agreement(name: str, rows: _Rows, drawn: Drawn) -> Plot | None:
    lines: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if all(_is_number(row.get(key)) for key in ("queries", "agreement", "low", "high")):
            lines[", ".join(str(row[key]) for key in ("given", "rows") if row.get(key))].append(row)
    if not lines:
        return None
    most = max(
        (row for points in lines.values() for row in points), key=lambda row: row["agreement"]
    )
    description = (
        "How often copies of the model agree with it, by the number of questions that they were"
        f" made of, at best {value_text(most['agreement'])} after {value_text(most['queries'])}."
    )
    table = figures_table(name, rows)
    return drawn.plot("Agreement of copies", description, agreement_lines(lines), table)


def _gaps(name: str, rows: _Rows, drawn: Drawn) -> Plot | None:
    known = [row for row in rows if _is_number(row.get("gap"))]
    shown = sorted(known, key=lambda row: -row["gap"])[:_DRAWN]
    is_one = len({row.get("columns") for row in shown}) == 1
    dots = [
        Dot(_gap_label(row, is_one=is_one), row["gap"], row.get("low"), row.get("high"))
        for row in shown
    ]
    if not dots:
        return None
    of = f" of {shown[0].get('columns')}" if is_one else ""
    largest = f"The {len(dots)} largest differences" if len(dots) > 1 else "The difference"
    description = f"{largest} between two groups{of}, with intervals."
    figure = dot_rows(dots, "difference", line=0)
    return drawn.plot("Differences between groups", description, figure, figures_table(name, rows))


def _gap_label(row: Mapping[str, Any], *, is_one: bool) -> str:
    measure = str(row.get("measure")).replace("`", "")
    return measure if is_one else f"{row.get('columns')}: {measure}"


def _importance(name: str, rows: _Rows, drawn: Drawn) -> Plot | None:
    known = [row for row in rows if _is_number(row.get("loss_increase"))]
    dots = [
        Dot(str(row.get("features")), row["loss_increase"], row.get("low"), row.get("high"))
        for row in sorted(known, key=lambda row: -row["loss_increase"])[:_DRAWN]
    ]
    if not dots:
        return None
    description = (
        f"By how much the loss grows when a feature, or features that go together, are shuffled:"
        f" {len(dots)} of them with intervals, what matters most first."
    )
    figure = dot_rows(dots, "increase of the loss", line=0)
    return drawn.plot("Importance", description, figure, figures_table(name, rows))


_PLOTS: Mapping[tuple[str, str], Callable[[str, _Rows, Drawn], Plot | None]] = {
    ("extraction", "curve"): _agreement,
    ("fairness", "gaps"): _gaps,
    (EXPLAINING, "features"): _importance,
}
"""By check and name of its table."""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def figures_table(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Write a table of figures as it came, with at most so many rows as can be read."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    shown = [tuple(value_text(row.get(x)) for x in columns) for row in rows[:_MOST_ROWS]]
    numbers = [
        place
        for place, column in enumerate(columns)
        if all(isinstance(row.get(column), (int, float, type(None))) for row in rows)
    ]
    more = len(rows) - len(shown)
    left_out = f"{more:,} more rows are in report.json" if more else ""
    return Table(name_of(name).capitalize(), [*map(name_of, columns)], shown, numbers, left_out)
