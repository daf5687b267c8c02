"""What is shown of a job: how far it is, on the standard error; what came of it."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from tfx_pipeline.commands.output import result_console
from tfx_pipeline.processes.progress import watched
from tfx_pipeline.wording import counted, shortened

if TYPE_CHECKING:
    from tfx_pipeline.batch.jobs import Outcome

_EVERY_S = 10.0
_SHOWN = 3
_LOOKED_AT = 10_000
_WIDEST = 100


@contextlib.contextmanager
def shown_progress() -> Iterator[None]:
    """Show the progress to who watches: a live line in a terminal, else one in ten seconds."""
    if not sys.stderr.isatty():
        with watched(lambda words: print(words, file=sys.stderr, flush=True), _EVERY_S):  # noqa: T201
            yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        with watched(lambda words: bar.update(task, description=words)):
            yield


def print_outcome(outcome: Outcome) -> None:
    """Print the counts, the first bad rows, and where all is."""
    console = result_console()
    if outcome.was_finished:
        console.out("the job was finished before; nothing was done")
    rows = outcome.manifest["rows"]
    speed = ""
    if outcome.rows_now:
        per_second = outcome.rows_now / max(outcome.seconds, 1e-9)
        speed = f" in {outcome.seconds:.1f} s, {per_second:,.0f} rows/s"
    console.out(
        f"{counted(rows['read'], 'row')} read = {rows['written']:,} written + {rows['bad']:,} bad"
        f"{speed}"
    )
    if rows["bad"]:
        _print_bad(outcome)
    parts = outcome.manifest["parts"]
    console.out(f"{counted(len(parts), 'file')} and the manifest in {outcome.folder}")


def _print_bad(outcome: Outcome) -> None:
    """Print the most frequent reasons among the first bad rows."""
    console = result_console()
    file = outcome.folder / outcome.manifest["bad_rows"]
    with open(file, encoding="utf-8", newline="") as stream:
        first = list(islice(csv.DictReader(stream), _LOOKED_AT))
    reasons = Counter((row["column"], row["reason"]) for row in first)
    for (column, reason), _ in reasons.most_common(_SHOWN):
        example = next(x for x in first if (x["column"], x["reason"]) == (column, reason))
        place = f"{example['file']}:{example['line'] or 'row ' + example['row']}"
        where = f"{place}, {column}" if column else place
        console.out(f"  {where}: {shortened(reason, _WIDEST)}")
    console.out(f"  all of them: {file}")
