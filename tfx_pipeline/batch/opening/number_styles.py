"""How numbers of a text are written: told by the configuration, else by the first rows."""

from __future__ import annotations

from typing import Any

from tfx_pipeline.batch.chunks import ChunkReader
from tfx_pipeline.batch.reading.blocks import UNREADABLE
from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.number_text import (
    MISSING_MARKS,
    PLAIN,
    NumberStyle,
    StyleSearch,
    are_numbers,
)
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.table_files import shown


def find_styles(reader: ChunkReader, csv: CsvFormat) -> dict[str, NumberStyle]:
    """Find the columns of numbers that are not written plainly.

    Where cells of the first rows are no number in any style, the column is read as plain: these are
    bad rows then.

    Raises:
        DataError: a column can be read in two ways.
        UnreadableError: the first rows cannot be read.
    """
    numbers = [name for name, each in reader.readers.items() if each.type != "string"]
    if csv.decimal or csv.thousands:
        style = NumberStyle(csv.decimal or ".", csv.thousands or "")
        return {} if style == PLAIN else dict.fromkeys(numbers, style)
    for part in reader.parts:
        for block in part.blocks(reader.wanted, 0):
            styles = {
                name: _style_of(block.columns[name], name, shown(part.path))
                for name in numbers
                if name in block.columns
            }
            return {name: style for name, style in styles.items() if style != PLAIN}
    return {}


def _style_of(column: Any, name: str, place: str) -> NumberStyle:
    """Find the style in which all cells of a column are numbers; PLAIN: there is no other one."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary
    is_text = pa.types.is_string(column.type) or pa.types.is_binary(column.type)
    if not is_text:
        return PLAIN
    cells = {
        x.decode("utf-8", "replace").strip() for x in column.view(pa.binary()).to_pylist() if x
    }
    texts = [x for x in cells if x and x not in MISSING_MARKS]
    joined = "".join(f"{text}\n" for text in texts)
    if not texts or PLAIN.reads(joined):
        return PLAIN
    search = StyleSearch()
    search.add(joined, plain=are_numbers(joined))
    readings = search.readings() if search.styles else [PLAIN]
    if len(readings) > 1:
        problem = Problem(
            f"the numbers of `{name}` can be read in two ways",
            place,
            next(text for text in texts if not PLAIN.reads(f"{text}\n")),
            "data.csv.decimal and data.csv.thousands in the configuration, which say how",
        )
        raise DataError([problem], UNREADABLE)
    return readings[0]
