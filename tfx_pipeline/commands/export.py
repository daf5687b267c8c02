"""`tfx-pipeline export`: the model in other formats, each proven to answer as the model does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import (
    NOTHING,
    print_json,
    print_table,
    result_console,
    with_errors_shown,
)
from tfx_pipeline.errors import ConfigError, ExitStatus, PipelineError, Problem

if TYPE_CHECKING:
    from tfx_pipeline.commands.asking.model_origin import ModelOrigin
    from tfx_pipeline.config.root import PipelineConfig
    from tfx_pipeline.export.exported import ExportReport, RealRows, TfliteWish
    from tfx_pipeline.export.facts import ExportFacts
    from tfx_pipeline.modules.description.model_description import ModelDescription

_EPILOG = """\
examples:
  tfx-pipeline export --to onnx
  tfx-pipeline export --to onnx,tflite,pmml -o exports/taxi
  tfx-pipeline export serving_model/taxi/1796006186 --to pmml --json

MODEL is a folder with a SavedModel, the number of a pushed version, or the id of a run (default:
the newest pushed version). A format is written only if it answers the rows of the run's eval split,
and rows made to hurt, as the model does; parity.json says how well. docs/formats.md shows how each
file is used.

exit status:
  0    all formats are written
  2    the command line or the configuration cannot be used, or a format cannot say the model
  3    a format answers otherwise than the model: refused
"""


def add_parser(commands: Commands) -> None:
    """Add `export`."""
    help_text = "write the model as ONNX, TFLite or PMML, proven equal"
    parser = add_command(commands, "export", help_text, export_command, _EPILOG)
    parser.add_argument("model_wanted", metavar="MODEL", nargs="?", help="see below")
    parser.add_argument(
        "--to",
        metavar="FORMATS",
        help="onnx, tflite, pmml, with commas between (default: the configuration's)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="where the files go (default: beside the version, or beside the log of the run)",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def export_command(options: argparse.Namespace, _words: list[str]) -> int:
    """Export, and print what became of each format."""
    from tfx_pipeline.patches.process_settings import hush_tensorflow

    hush_tensorflow()
    from tfx_pipeline.commands.asking.model_origin import find_origin
    from tfx_pipeline.commands.asking.served_model import find_served_model
    from tfx_pipeline.export.exporting import checked_description, export_model

    served = find_served_model(options)
    formats = _formats(options.to, served.config)
    origin = find_origin(served, options.model_wanted)
    folder = _folder(options.output, origin)
    description = checked_description(origin.directory, formats, folder)
    facts = _facts(description, origin, served.config)
    rows = _rows(description, origin, served.config)
    wish = _wish(served.config)
    if not options.json:
        _print_beginning(facts, served.config.shown(origin.directory), rows)
    report = export_model(origin.directory, formats, facts, rows, folder, wish)
    if options.json:
        print_json(_document(report, folder))
    else:
        _print(report, served.config.shown(folder))
    return _status(report.errors, is_shown=not options.json)


def _formats(wanted: str | None, config: PipelineConfig) -> list[str]:
    if wanted is not None:
        return [name.strip() for name in wanted.split(",") if name.strip()]
    return list(config.export.formats)


def _folder(wanted: str | None, origin: ModelOrigin) -> Path:
    if wanted:
        return Path(wanted).absolute()
    if origin.place is None:
        what = "nobody says where the files go: the model is none of this configuration's"
        problem = Problem(what, "-o", "nothing", "a folder that is new, or empty")
        raise ConfigError([problem], "the model cannot be exported")
    return origin.place


def _facts(
    description: ModelDescription, origin: ModelOrigin, config: PipelineConfig
) -> ExportFacts:
    from tfx_pipeline.commands.asking.run_files import schema_of
    from tfx_pipeline.export.facts import MADE_BY, ExportFacts
    from tfx_pipeline.export.input_facts import input_facts
    from tfx_pipeline.ingestion.table_words import TableWords, read_table_words

    words = TableWords()
    if origin.is_known and config.data.path is not None:
        words = read_table_words(config.path(config.data.path))
    said = {name: (each.meaning, each.unit) for name, each in words.columns.items()}
    return ExportFacts(
        origin.name,
        origin.version,
        input_facts(description, schema_of(origin.artifacts), said),
        origin.data_digest,
        words.terms,
        MADE_BY,
        {},
        {},
    )


def _rows(description: ModelDescription, origin: ModelOrigin, config: PipelineConfig) -> RealRows:
    """Read what the run has left; rows of training only where a kind is calibrated with them."""
    from tfx_pipeline.commands.asking.run_files import split_files
    from tfx_pipeline.components.raw_cells import CALIBRATION_ROWS, read_cells
    from tfx_pipeline.export.exported import RealRows
    from tfx_pipeline.ingestion.examples.splits import EVAL, TRAIN

    with split_files(origin.artifacts, EVAL) as files:
        cells, examples = read_cells(files, description.columns, config.export.eval_rows)
    training = None
    if "int8" in config.export.tflite_kinds:
        with split_files(origin.artifacts, TRAIN) as files:
            training, _ = read_cells(files, description.columns, CALIBRATION_ROWS)
    return RealRows(cells, examples, training or None, config.export.hurting_rows)


def _wish(config: PipelineConfig) -> TfliteWish:
    from tfx_pipeline.export.exported import TfliteWish

    return TfliteWish(kinds=config.export.tflite_kinds, **config.export.budget.model_dump())


def _document(report: ExportReport, folder: Path) -> dict[str, object]:
    return {
        "model": report.model,
        "version": report.version,
        "folder": str(folder),
        "formats": [
            {**vars(each), "error": str(each.error) if each.error else None}
            for each in report.formats
        ],
    }


def _print_beginning(facts: ExportFacts, directory: str, rows: RealRows) -> None:
    """Say what is proven, and on what: for some seconds nothing else is printed."""
    name = f"{facts.name} {facts.version}".strip()
    asked = f"{len(rows.examples):,} eval rows and up to {rows.made:,} made to hurt"
    result_console().out(f"{name}: {directory}, asked with {asked}")


def _print(report: ExportReport, folder: str) -> None:
    console = result_console()
    written = [not each.error for each in report.formats]
    columns: dict[str, Sequence[str]] = {
        "format": [f"{each.format} {each.kind}".strip() for each in report.formats],
        "answers": [each.verdict for each in report.formats],
        "bytes": _cells([f"{each.bytes:,}" for each in report.formats], written),
        "largest difference": _cells(
            [f"{each.largest_difference:.2g}" for each in report.formats], written
        ),
        "rows": [f"{each.rows:,}" for each in report.formats],
        "one row, ms": _cells([f"{each.p50_ms:.3g}" for each in report.formats], written),
        "read by": [f"{each.runtime} {each.runtime_version}" for each in report.formats],
        "file": _cells([each.file for each in report.formats], written),
    }
    print_table(console, columns, bold=("format",))
    for each in report.formats:
        for name, (value, low, high) in each.losses.items():
            what = f"{each.format} {each.kind}: {name} is {value:.2g} worse than the model's"
            console.out(f"{what} ({low:.2g} to {high:.2g})")
    console.out(f"in {folder}")
    if not report.formats[0].real_rows:
        console.out("no eval rows of its run are on this machine: proven on made rows only")


def _cells(texts: Sequence[str], written: Sequence[bool]) -> list[str]:
    return [text if is_there else NOTHING for text, is_there in zip(texts, written, strict=True)]


def _status(errors: Sequence[PipelineError], *, is_shown: bool) -> int:
    """Give the gravest status; the errors go to the standard error."""
    import sys

    for error in errors:
        if is_shown:
            sys.stderr.write(f"{error}\n")
    return max((int(error.exit_status) for error in errors), default=int(ExitStatus.OK))
