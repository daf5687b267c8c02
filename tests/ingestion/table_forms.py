"""The rows of a CSV file in other forms."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


def write_records(source: Path, target: Path) -> None:
    """Write a TFRecord file of `tf.Example`s."""
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(target)) as writer:
        for row in typed_rows(source):
            example = tf.train.Example()
            for name, value in row.items():
                feature = example.features.feature[name]
                if isinstance(value, str):
                    feature.bytes_list.value.append(value.encode())
                elif isinstance(value, int):
                    feature.int64_list.value.append(value)
                elif value is not None:
                    feature.float_list.value.append(value)
            writer.write(example.SerializeToString())


def write_sqlite(source: Path, target: Path) -> None:
    """Write a database with the table `trips`, whose columns have types."""
    rows = list(typed_rows(source))
    kinds = {
        name: next((_KINDS[type(x[name])] for x in rows if x[name] is not None), "TEXT")
        for name in rows[0]
    }
    with sqlite3.connect(target) as database:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
        database.execute(f"CREATE TABLE trips ({columns})")
        places = ", ".join("?" * len(kinds))
        database.executemany(f"INSERT INTO trips VALUES ({places})", [(*x.values(),) for x in rows])


_KINDS = {int: "INTEGER", float: "REAL", str: "TEXT"}


def typed_rows(source: Path) -> Iterator[dict[str, Any]]:
    """Yield rows in which each column has one type; None is missing."""
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    types = {name: _type_of([row[name] for row in rows]) for name in rows[0]}
    for row in rows:
        yield {name: types[name](cell) if cell else None for name, cell in row.items()}


def _type_of(cells: Sequence[str]) -> type:
    for kind in (int, float):
        try:
            _ = [kind(cell) for cell in cells if cell]
        except ValueError:
            continue
        return kind
    return str
