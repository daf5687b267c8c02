"""What a person sees of a run: a live line per step, a closing table, errors.

While a run works, file descriptors 1 and 2 belong to the log file: TensorFlow and Beam write
there from C++ as well as from Python. This console keeps the real terminal for itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.processes.progress import watched
from tfx_pipeline.processes.this_process import redirected

_MARKS = {"ran": "[green]✓[/]", "cached": "[cyan]=[/]", "failed": "[red]✗[/]"}


@dataclass(frozen=True)
class StepLine:
    """What happened to one step: `state` is `ran`, `cached` or `failed`; wall seconds.

    `peak_memory_bytes` is the most that this process had meanwhile; None: nobody looked.
    """

    id: str
    state: str
    seconds: float
    reason: str = ""
    facts: str = ""
    peak_memory_bytes: int | None = None


class RunConsole:
    """Writes to the terminal that the process was started with."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
        width = None if self._stream.isatty() else 120
        self._console = Console(
            file=self._stream, highlight=False, soft_wrap=True, width=width, emoji=False
        )

    @contextlib.contextmanager
    def others_log_to(self, file: Path) -> Iterator[None]:
        """Send everything else that this process and its children print to a file."""
        with file.open("ab") as log, redirected(1, 2, to=log.fileno()):
            yield

    def line(self, text: str = "") -> None:
        """Print one line as it is."""
        self._console.print(escape(text))

    @contextlib.contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show what is being done, with the seconds so far and the progress, to who watches.

        Where nobody does, progress is in the log alone.
        """
        if not self._console.is_terminal:
            with watched(lambda words: None):
                yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description:<30}"), TimeElapsedColumn())
        with Progress(
            *columns,
            console=self._console,
            transient=True,
            redirect_stdout=False,  # what others print belongs into the log
            redirect_stderr=False,
        ) as bar:
            task = bar.add_task(escape(what))
            with watched(lambda words: bar.update(task, description=escape(f"{what}  {words}"))):
                yield

    def step(self, line: StepLine) -> None:
        """Print the line of a finished step."""
        left = f"{line.id:<30} {line.seconds:6.1f} s"
        text = f"{left}  {line.reason:<34} {line.facts}".rstrip()
        self._console.print(f"  {_MARKS[line.state]} {escape(text)}")

    def pairs(self, pairs: list[tuple[str, str]]) -> None:
        """Print names and values, one pair a line; pairs without a value are left out."""
        for name, value in pairs:
            if value:
                self.line(f"  {name:<10} {value}")

    def table(self, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Print a table whose first column is text and whose others are numbers."""
        all_rows = (head, *rows)
        widths = [max(map(len, column)) for column in zip(*all_rows, strict=True)]
        for first, *others in all_rows:
            cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
            self.line("   ".join([f"  {first:<{widths[0]}}", *cells]))

    def problem(self, problem: Problem) -> None:
        """Print one problem."""
        for text in str(problem).splitlines():
            self.line("  " + text)

    def error(self, error: PipelineError) -> None:
        """Print an error with all its problems."""
        self._console.print(f"[bold red]{escape(error.title)}[/]")
        for problem in error.problems:
            self.problem(problem)
