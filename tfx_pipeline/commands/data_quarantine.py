"""`tfx-pipeline data quarantine`: rows that were put aside, out to be mended and back again."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import print_json, result_console, with_errors_shown

if TYPE_CHECKING:
    from tfx_pipeline.config.loader import LoadedConfig
    from tfx_pipeline.ingestion.quarantine.quarantined_row import QuarantinedRow
    from tfx_pipeline.ingestion.quarantine.resubmission import Source

_EPILOG = """\
With data.on_bad_row: quarantine, a run puts rows aside that cannot be used: one file a version of
the data. Export them, mend the cells (in an editor or a spreadsheet; leave the first columns as
they are), and resubmit them. Mended rows lie beside the file that they came from, as
<file>.mended-<digest>.csv, and the next run reads them with it. A row comes back once.

examples:
  tfx-pipeline data quarantine show
  tfx-pipeline data quarantine export -o bad_rows.csv
  tfx-pipeline data quarantine resubmit bad_rows.csv
"""
_SHOWN = 20


def add_parser(commands: Commands) -> None:
    """Add `quarantine` and its own commands to `data`."""
    help_text = "rows that were put aside: show, export, resubmit"
    parser = commands.add_parser(
        "quarantine",
        help=help_text,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = parser.add_subparsers(required=True, metavar="COMMAND")
    show = add_command(own, "show", "show the rows of a version", show_command, _EPILOG)
    show.add_argument("version", nargs="?", help="first digits of its digest (default: newest)")
    show.add_argument("--limit", type=int, default=_SHOWN, help="most rows (default: %(default)s)")
    show.add_argument("--json", action="store_true", help="print a JSON document")
    export = add_command(own, "export", "write rows as CSV, to mend them", export_command, _EPILOG)
    export.add_argument("version", nargs="?", help="first digits of its digest (default: newest)")
    export.add_argument("-o", "--output", required=True, metavar="FILE", help="CSV to write")
    help_text = "check mended rows, and put them into the table"
    back = add_command(own, "resubmit", help_text, resubmit_command, _EPILOG)
    back.add_argument("file", metavar="FILE", help="what `export` wrote, mended")


@with_errors_shown
def show_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print the rows of a quarantine."""
    place, rows = _quarantine(_loaded(options), options.version)
    if options.json:
        shown = rows[: options.limit]
        print_json({"file": place, "count": len(rows), "rows": shown})
        return
    console = result_console()
    console.out(f"{place}: {len(rows):,} rows")
    for row in rows[: options.limit]:
        mended = f" (mended: {row.mended})" if row.mended else ""
        column = f", {row.column}" if row.column else ""
        console.out(f"{row.file}:{row.line}: not {row.rule}{column}: {row.value}{mended}")
        console.out(f"    {row.row[:200]}")
    if len(rows) > options.limit:
        console.out(f"and {len(rows) - options.limit:,} more")


@with_errors_shown
def export_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Write rows that nobody has mended as CSV."""
    from tfx_pipeline.ingestion.quarantine.mended import RowPlace, mended_rows
    from tfx_pipeline.ingestion.quarantine.resubmission import export_rows
    from tfx_pipeline.processes.this_process import program
    from tfx_pipeline.storage.fileio import write_bytes

    loaded = _loaded(options)
    _, rows = _quarantine(loaded, options.version)
    source = _source(loaded)
    mended = mended_rows(source.needs.bad_rows.mended_at, source.folder)
    rows = [row for row in rows if RowPlace.of(row) not in mended]
    write_bytes(options.output, export_rows(source, rows).encode())
    console = result_console()
    console.out(f"{options.output}: {len(rows):,} rows")
    again = ["data", "quarantine", "resubmit", options.output, "--config", options.config]
    console.out(f"mend them, then: {shlex.join([program(), *again])}")


@with_errors_shown
def resubmit_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Put mended rows into the table; refuse those that are still bad."""
    from tfx_pipeline.errors import DataError
    from tfx_pipeline.ingestion.quarantine.resubmission import read_mended, resubmit
    from tfx_pipeline.storage.local_files import locked

    loaded = _loaded(options)
    source = _source(loaded)
    file = Path(options.file)
    mended = read_mended(file, source.header)
    rows = [row for place in _places(loaded) for row in _rows(place)]
    with locked(source.folder):  # of two at once, the second one finds what the first has taken
        written, problems = resubmit(source, mended, rows, file)
    for target, count in written.items():
        result_console().out(f"{loaded.config.shown(target)}: {count:,} rows")
    if problems:
        title = f"{len(problems):,} of {len(mended):,} rows are not taken"
        raise DataError(problems, title)


def _loaded(options: argparse.Namespace) -> LoadedConfig:
    from tfx_pipeline.config.loader import load_config

    return load_config(options.config, options.env, options.overrides)


def _source(loaded: LoadedConfig) -> Source:
    import time

    from tfx_pipeline.ingestion.quarantine.resubmission import Source
    from tfx_pipeline.runners.input_files import find_input_files
    from tfx_pipeline.runners.input_table import table_needs

    files = find_input_files(loaded)
    return Source(files.path, files.files, table_needs(loaded, time.time()))


def _places(loaded: LoadedConfig) -> list[str]:
    """Give the files of quarantines, newest first."""
    from tfx_pipeline.ingestion.quarantine.quarantine_file import FOLDER
    from tfx_pipeline.storage.fileio import file_facts, join, list_folder

    folder = join(loaded.config.root_uri, FOLDER)
    names = [name for name in list_folder(folder) if name.endswith(".parquet")]
    places = [join(folder, name) for name in names]
    return sorted(places, key=lambda place: file_facts(place).mtime_nsec, reverse=True)


def _rows(place: str) -> list[QuarantinedRow]:
    from tfx_pipeline.ingestion.quarantine.quarantine_file import read_quarantine

    return read_quarantine(place)


def _quarantine(loaded: LoadedConfig, version: str | None) -> tuple[str, list[QuarantinedRow]]:
    from tfx_pipeline.errors import ConfigError, Problem

    places = _places(loaded)
    names = [place.rpartition("/")[2].removesuffix(".parquet") for place in places]
    found = [x for x, name in zip(places, names, strict=True) if name.startswith(version or "")]
    if not found or (version and len(found) > 1):
        what = "several quarantines begin so" if found else "there is no such quarantine"
        raise ConfigError([Problem(what, None, version, ", ".join(names) or "none yet")])
    return found[0], _rows(found[0])
