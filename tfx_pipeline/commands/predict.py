"""`tfx-pipeline predict`: send rows to a server, by REST or gRPC, and print what it answers."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands.arguments import (
    DEFAULT_CONFIG,
    Commands,
    add_command,
    add_server_arguments,
)
from tfx_pipeline.commands.output import (
    NOTHING,
    PADDING,
    print_table,
    result_console,
    with_errors_shown,
)
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.wording import counted, shortened

if TYPE_CHECKING:
    from rich.console import Console

    from tfx_pipeline.commands.asking.row_files import RawRow
    from tfx_pipeline.commands.asking.server import Answer, Question
    from tfx_pipeline.deployment.client import Client
    from tfx_pipeline.serving.types import Signature

_EPILOG = """\
examples:
  tfx-pipeline predict --input data/taxi/data.csv --limit 5
  tfx-pipeline predict trip_miles=3.2 fare=12.5 payment_type=Cash
  tfx-pipeline predict --grpc localhost:8500 --label stable --input rows.json --json
"""
_TABLE_ROWS = 20
_WIDEST_CELL = 32
_TIMEOUT_S = 60.0


def add_parser(commands: Commands) -> None:
    """Add `predict`."""
    help_text = "send rows to a server and print its answers"
    parser = add_command(commands, "predict", help_text, predict_command, _EPILOG)
    add_server_arguments(parser, with_grpc=True)
    parser.add_argument("--model", metavar="NAME", help="default: the configuration's")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, metavar="N", help="default: the newest loaded")
    which.add_argument("--label", help="the version that this version label names")
    parser.add_argument("--signature", metavar="NAME", help="default: serving_default")
    parser.add_argument("--input", metavar="FILE", help="rows as CSV or JSON; -: standard input")
    parser.add_argument(
        "--limit", type=_row_count, metavar="N", help="rows; default: 20 in a table"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object a row")
    parser.add_argument("words", nargs="*", metavar="name=value", help="one row, typed here")


def _row_count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is not a number of rows")
    return count


@with_errors_shown
def predict_command(options: argparse.Namespace, words: list[str]) -> None:
    """Send the rows and print the answers."""
    if bool(options.input) == bool(options.words):
        allowed = "--input FILE, or name=value words"
        problem = Problem("rows from one place are needed", None, None, allowed)
        raise ConfigError([problem], "the command line cannot be used")
    from tfx_pipeline.commands.asking.server import (
        ask,
        choose_signature,
        explained_refusal,
        named_client,
    )
    from tfx_pipeline.commands.asking.typed_rows import typed_rows
    from tfx_pipeline.serving.errors import ServingError

    with contextlib.closing(named_client(options, _TIMEOUT_S)) as client:
        question = _question(options, words, client)
        try:
            metadata = client.metadata(question.spec)
            signature = choose_signature(metadata, question.spec)
            rows = typed_rows(_rows(options, signature, question), signature.inputs)
            answers = ask(question, signature, rows)
            if options.json:
                console = result_console()
                for _, outputs in answers:
                    console.out(json.dumps(outputs, ensure_ascii=False))
            else:
                _print_answers(answers, metadata.version, question)
        except ServingError as error:
            raise explained_refusal(error, question) from error


def _question(options: argparse.Namespace, words: list[str], client: Client) -> Question:
    from tfx_pipeline.commands.asking.served_model import find_served_model
    from tfx_pipeline.commands.asking.server import Question
    from tfx_pipeline.serving.types import ModelSpec

    model = None
    says_config = any(word.startswith("--config") for word in words)
    if not options.model or says_config or Path(DEFAULT_CONFIG).is_file():
        model = find_served_model(options)
    name = options.model or (model.name if model else "")
    spec = ModelSpec(name, options.version, options.label, options.signature or "")
    return Question(client, spec, model)


def _rows(
    options: argparse.Namespace, signature: Signature, question: Question
) -> Iterable[RawRow]:
    from tfx_pipeline.commands.asking.row_files import read_rows
    from tfx_pipeline.commands.asking.typed_rows import row_of_words
    from tfx_pipeline.deployment.client import DataType
    from tfx_pipeline.ingestion.needs import CsvFormat
    from tfx_pipeline.runners.column_cells import csv_format

    if options.words:
        return [row_of_words(options.words, signature.inputs)]
    limit = options.limit
    if limit is None and not options.json:
        limit = _TABLE_ROWS
    written = csv_format(question.model.config) if question.model else CsvFormat()
    numbers = [name for name, spec in signature.inputs.items() if spec.dtype != DataType.DT_STRING]
    return islice(read_rows(options.input, written, numbers), limit)


def _print_answers(answers: Iterator[Answer], version: int, question: Question) -> None:
    started = time.monotonic()
    all_answers = list(answers)
    took = (time.monotonic() - started) * 1000
    console = result_console()
    if all_answers:
        _print_table(console, all_answers)
    rows = counted(len(all_answers), "row", separator="")
    console.out(
        f"{rows} by {question.spec.name} version "
        f"{version} at {question.client.address}, {took:.0f} ms"
    )


def _print_table(console: Console, answers: Sequence[Answer]) -> None:
    """Print rows: number, outputs, then as many inputs as there is room for."""
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
    return max(map(len, (name, *cells))) + PADDING
