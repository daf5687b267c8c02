"""Tables of rows with a model's answers, as wide as the terminal allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tfx_pipeline.wording import shortened

NOTHING = "–"
"""What stands in a cell without a value."""
_WIDEST_CELL = 32
_PADDING = 2


def print_answers(
    console: Console, answers: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    """Print rows: number, outputs, then as many inputs as there is room for.

    Args:
        console: where to.
        answers: inputs and outputs of each row, by name.
    """
    if not answers:
        return
    inputs, outputs = answers[0]
    columns = {
        "row": [str(number) for number in range(1, len(answers) + 1)],
        **{name: [_cell(x.get(name)) for _, x in answers] for name in outputs},
    }
    left = console.width - sum(_width(name, cells) for name, cells in columns.items())
    hidden: list[str] = []
    for name in inputs:
        cells = [_cell(x[name]) for x, _ in answers]
        left -= _width(name, cells)
        if left < 0 or hidden:
            hidden.append(name)
        else:
            columns[name if name not in outputs else f"{name} (input)"] = cells
    print_table(console, columns, bold=tuple(outputs))
    if hidden:
        console.out(f"not shown: {', '.join(hidden)}")


def print_table(
    console: Console, columns: Mapping[str, Sequence[str]], bold: Sequence[str] = ()
) -> None:
    """Print columns of texts under their names; numbers stand at the right."""
    table = Table(box=None, padding=(0, _PADDING, 0, 0), header_style="dim")
    for name, cells in columns.items():
        is_number = all(_is_number(cell) for cell in cells)
        table.add_column(
            escape(name),
            justify="right" if is_number else "left",
            style="bold" if name in bold else "",
            no_wrap=True,
        )
    for row in zip(*columns.values(), strict=True):
        table.add_row(*map(escape, row))
    console.print(table, soft_wrap=False)


def _cell(value: Any) -> str:
    if value == "" or value != value:  # a missing text, or NaN
        return NOTHING
    if isinstance(value, float):
        return f"{value:.6g}"
    text = value if isinstance(value, str) else json.dumps(_rounded(value), ensure_ascii=False)
    return shortened(text, _WIDEST_CELL)


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _width(name: str, cells: Sequence[str]) -> int:
    return max(map(len, (name, *cells))) + _PADDING


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell == NOTHING
    return True
