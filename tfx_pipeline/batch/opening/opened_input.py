"""The input of a job, opened: its parts, and the columns that are read of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.batch.cells.kept import is_bytes
from tfx_pipeline.batch.cells.reader import CellReader
from tfx_pipeline.batch.chunks import ChunkReader
from tfx_pipeline.batch.job import JobPlan
from tfx_pipeline.batch.output.part_files import OutputFormat
from tfx_pipeline.batch.reading.blocks import UNREADABLE, Part, Wanted
from tfx_pipeline.batch.reading.parquet_part import ParquetPart
from tfx_pipeline.batch.reading.query_part import QueryPart
from tfx_pipeline.batch.reading.text_part import TextPart
from tfx_pipeline.errors import ConfigError, DataError, Problem
from tfx_pipeline.ingestion.columns.cells import first_few
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.formats import SourceBytes, UnreadableError
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.modules.description.columns import CellType
from tfx_pipeline.wording import listed, nearest

_UNFIT = "the input does not fit the model"
_LISTED = 10
ALL = "*"


def open_input(
    plan: JobPlan, columns: Mapping[str, CellType], stack: contextlib.ExitStack
) -> tuple[ChunkReader, list[str]]:
    """Open all parts, and compare their columns with those that are wanted.

    `stack` closes what is to be closed. Given with what is not as usual about the input, and which
    columns are passed over.

    Raises:
        DataError: a part cannot be read.
        ConfigError: columns are not there, or differ between the parts.
    """
    parts = _parts(plan, stack)
    if not parts:
        raise DataError([Problem("there is no file", allowed="one at least")], UNREADABLE)
    kept = _kept_names(plan, parts[0])
    _check_columns(plan, parts, columns, kept)
    schema = _kept_schema(parts, kept, plan.written)
    wanted = Wanted(columns, tuple(kept))
    readers = {
        name: CellReader(type_, plan.csv.missing_cells([name])[0])
        for name, type_ in columns.items()
    }
    reader = ChunkReader(parts, wanted, readers, plan.id_column, schema)
    return reader, _notes(parts, wanted)


def _parts(plan: JobPlan, stack: contextlib.ExitStack) -> list[Part]:
    parts: list[Part] = []
    problems: list[Problem] = []
    try:
        if plan.query:
            part = QueryPart(plan.query)
            stack.callback(part.close)
            return [part]
    except UnreadableError as error:
        raise DataError([error.problem], UNREADABLE) from error
    for path in plan.files:
        try:
            parts.append(_file_part(path, plan.csv))
        except UnreadableError as error:
            problems.append(error.problem)
    if problems:
        raise DataError(first_few(problems, _LISTED, "file"), UNREADABLE)
    return parts


def _file_part(path: Path, csv: CsvFormat) -> Part:
    with SourceBytes(path, csv.encoding) as source:
        is_parquet, is_records, is_empty = source.is_parquet, source.is_records, source.is_empty
    if is_parquet:
        return ParquetPart(path)
    if is_records:
        what, step = "this is TFRecord", "TFX's BulkInferrer answers tf.Examples"
        raise UnreadableError(Problem(what, shown(path), None, "CSV, Parquet or SQL", step))
    if is_empty:
        raise UnreadableError(Problem("an empty file", shown(path), allowed="a header, then rows"))
    return TextPart(path, csv)


def _kept_names(plan: JobPlan, first: Part) -> list[str]:
    named = [each for each in (plan.id_column, *plan.kept) if each]
    if ALL in plan.kept:
        named = [each for each in named if each != ALL] + [x for x in first.names if x]
    return list(dict.fromkeys(named))


def _check_columns(
    plan: JobPlan, parts: Sequence[Part], columns: Mapping[str, CellType], kept: Sequence[str]
) -> None:
    problems = []
    for part in parts:
        there = set(part.names)
        needed = [*kept, *columns]
        lacking = [x for x in dict.fromkeys(needed) if x not in there]
        may_lack = [x for x in lacking if plan.may_lack and x not in kept]
        for name in lacking:
            if name in may_lack:
                continue
            is_model = name in columns
            what = f"there is no column `{name}`"
            what += ", which the model takes" if is_model else ", which is to be kept"
            step = nearest(name, there - columns.keys())
            step = step or ("--allow-missing answers as if it were empty" if is_model else None)
            allowed = None if is_model else f"of {listed(part.names)}"
            problems.append(Problem(what, shown(part.path), allowed=allowed, next_step=step))
        twice = [x for x in dict.fromkeys(needed) if part.names.count(x) > 1]
        problems += [Problem(f"two columns have the name `{x}`", shown(part.path)) for x in twice]
        problems += _composite(part, [x for x in columns if part.names.count(x) == 1])
        if columns and len(may_lack) == len(columns):
            what = "no column of the model is there"
            problems.append(Problem(what, shown(part.path), listed(part.names)))
    if problems:
        raise ConfigError(first_few(problems, _LISTED, "column"), _UNFIT)


def _composite(part: Part, names: Sequence[str]) -> Iterator[Problem]:
    """Refuse columns of the model that have no one plain value a cell."""
    import pyarrow as pa

    for name in names:
        type_ = part.type_of(name)
        if pa.types.is_nested(type_) or pa.types.is_duration(type_):
            what, step = f"`{name}` holds no plain values", "write a plain column for each value"
            yield Problem(what, shown(part.path), str(type_), next_step=step)


def _kept_schema(parts: Sequence[Part], kept: Sequence[str], written: OutputFormat) -> Any:
    """Give the types of what is passed through, which all parts must agree on."""
    import pyarrow as pa

    types = {name: _written_type(parts[0], name, written) for name in kept}
    problems = [
        Problem(
            f"`{name}` is of another type than in {shown(parts[0].path)}",
            shown(part.path),
            str(_written_type(part, name, written)),
            str(type_),
            "write both alike, or do not keep it",
        )
        for part in parts[1:]
        for name, type_ in types.items()
        if _written_type(part, name, written) != type_
    ]
    if problems:
        raise ConfigError(first_few(problems, _LISTED, "column"), _UNFIT)
    return pa.schema(list(types.items()))


def _written_type(part: Part, name: str, written: OutputFormat) -> Any:
    """Give the type in which a column is passed through: of a dictionary that of its values.

    CSV holds no bytes: what is written there must be text.
    """
    import pyarrow as pa

    type_ = part.type_of(name)
    type_ = type_.value_type if pa.types.is_dictionary(type_) else type_
    return pa.string() if written == "csv" and is_bytes(type_) else type_


def _notes(parts: Sequence[Part], wanted: Wanted) -> list[str]:
    """Say how files are written, and what is passed over: once, however many files there are."""
    notes = [f"{shown(part.path)}: {part.note}" for part in parts if part.note][:3]
    known = set(wanted.names)
    extra = list(dict.fromkeys(x for part in parts for x in part.names if x and x not in known))
    if extra:
        notes.append(f"columns passed over: {listed(extra)}")
    lacking = [x for x in wanted.model if any(x not in part.names for part in parts)]
    if lacking:
        notes.append(f"columns that are not there, and answered as missing: {listed(lacking)}")
    return notes
