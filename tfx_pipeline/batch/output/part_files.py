"""The files of the output: Parquet or CSV, each written whole or not at all."""

from __future__ import annotations

from typing import Any, Literal

OutputFormat = Literal["parquet", "csv"]


def part_name(chunk: int, written: OutputFormat) -> str:
    """Name the file of a chunk."""
    return f"part-{chunk:05d}.{written}"


def as_file(table: Any, written: OutputFormat) -> bytes:
    """Write a table; the same one gives the same bytes."""
    import pyarrow as pa

    table = table.combine_chunks()  # where blocks of the input end, pages would
    sink = pa.BufferOutputStream()
    if written == "parquet":
        _write_parquet(table, sink)
    else:
        _write_csv(table, sink)
    return bytes(sink.getvalue().to_pybytes())


def unwritable(schema: Any, written: OutputFormat) -> str | None:
    """Name the first column that the format cannot hold; None: it can hold all."""
    import pyarrow as pa

    for field in schema:
        table = pa.Table.from_batches([], pa.schema([field]))
        try:
            as_file(table, written)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
            return str(field.name)
    return None


def _write_parquet(table: Any, sink: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Dictionaries of numbers that are all different are tried, and given up, at every page.
    texts = [x.name for x in table.schema if pa.types.is_string(x.type)]
    pq.write_table(table, sink, use_dictionary=texts or False)


def _write_csv(table: Any, sink: Any) -> None:
    """Write a header and rows; a list of numbers is a text of JSON."""
    import pyarrow as pa
    from pyarrow import csv

    for place, field in enumerate(table.schema):
        if pa.types.is_list(field.type) and pa.types.is_floating(field.type.value_type):
            lists = _as_json(table.column(place).combine_chunks())
            table = table.set_column(place, field.name, lists)
    csv.write_csv(table, sink)


def _as_json(lists: Any) -> Any:
    """Write lists of numbers, each with as few digits as tell it from every other number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = lists.chunk(0) if isinstance(lists, pa.ChunkedArray) else lists
    texts = pa.ListArray.from_arrays(lists.offsets, pc.cast(lists.values, pa.string()))
    joined = pc.binary_join(texts, ", ")
    return pc.binary_join_element_wise(pa.scalar("["), joined, pa.scalar("]"), pa.scalar(""))
