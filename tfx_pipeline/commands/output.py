"""How commands that ask and list print: results on the standard output, errors on the other one.

Imports nothing heavy; `rich` only when something is printed with it.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands.arguments import Handler
from tfx_pipeline.errors import ExitStatus, PipelineError

if TYPE_CHECKING:
    from rich.console import Console

    from tfx_pipeline.runners.steps.console import RunConsole

NOTHING = "–"
"""What stands in a cell without a value."""
PADDING = 2
"""Columns of the terminal between two columns of a table."""


def with_errors_shown(command: Callable[[argparse.Namespace, list[str]], int | None]) -> Handler:
    """Make a handler: it says on the standard error what went wrong; no status means success."""

    @functools.wraps(command)
    def handler(options: argparse.Namespace, words: list[str]) -> int:
        status = None
        try:
            status = command(options, words)
        except PipelineError as error:
            sys.stderr.write(f"{error}\n")
            return int(error.exit_status)
        except BrokenPipeError:  # whoever read the output has seen enough
            from tfx_pipeline.processes.this_process import redirect

            redirect(1, to=os.open(os.devnull, os.O_WRONLY))
        return int(status or ExitStatus.OK)

    return handler


def with_run_console(
    command: Callable[[argparse.Namespace, list[str], RunConsole], int],
) -> Handler:
    """Make a handler that gets a console, and says there what went wrong."""

    @functools.wraps(command)
    def handler(options: argparse.Namespace, words: list[str]) -> int:
        from tfx_pipeline.runners.steps.console import RunConsole

        console = RunConsole()
        try:
            return int(command(options, words, console))
        except PipelineError as error:
            console.error(error)
            return int(error.exit_status)

    return handler


def result_console() -> Console:
    """Make the console for results: as wide as the terminal, or 120 columns of plain text."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 120
    return Console(highlight=False, soft_wrap=True, width=width, emoji=False)


def print_json(document: Any) -> None:
    """Print one JSON document, dataclasses as objects; a number that is none becomes null."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    result_console().out(orjson.dumps(document, option=options).decode())


def print_table(
    console: Console, columns: Mapping[str, Sequence[str]], bold: Sequence[str] = ()
) -> None:
    """Print columns of texts under their names; numbers stand at the right."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, PADDING, 0, 0), header_style="dim")
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


def print_beside(
    console: Console, columns: Mapping[str, Sequence[str]], bold: Sequence[str] = ()
) -> None:
    """Print columns beside the first one, in several tables where they need more room than is."""
    (first, names), *others = columns.items()
    width = {name: PADDING + max(map(len, (name, *cells))) for name, cells in columns.items()}
    left, part = console.width - width[first], {first: names}
    for name, cells in others:
        if len(part) > 1 and width[name] > left:
            print_table(console, part, bold)
            console.out("")
            left, part = console.width - width[first], {first: names}
        part[name] = cells
        left -= width[name]
    print_table(console, part, bold)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", ""))  # 85,224 is one, too
    except ValueError:
        return cell == NOTHING
    return True
