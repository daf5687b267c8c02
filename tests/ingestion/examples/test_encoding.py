"""Serialized examples: TensorFlow reads them, and protobuf would have written the same bytes."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingestion.conftest import problems_of, table_needs
from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table_reading import read_table

pytestmark = pytest.mark.slow

TYPES = {"z": "int64", "ä b/c.d": "float32", "q": "string", "A": "string"}
ROWS = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-300, 300),
    st.none() | st.floats(width=32, allow_nan=False),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)


def plain_example(types: dict[str, Any], row: Mapping[str, Any]) -> bytes:
    """An example as protobuf writes it, one value after the other."""
    import tensorflow as tf

    example = tf.train.Example()
    example.features.SetInParent()
    for name, type_ in types.items():
        if row[name] is None:
            continue
        feature = example.features.feature[name]
        if type_ == "int64":
            feature.int64_list.value.append(row[name])
        elif type_ == "float32":
            feature.float_list.value.append(row[name])
        else:
            feature.bytes_list.value.append(row[name].encode())
    return example.SerializeToString(deterministic=True)


def batch_of(types: dict[str, Any], rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    arrow = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}
    columns = [pa.array([row[i] for row in rows], arrow[x]) for i, x in enumerate(types.values())]
    return pa.RecordBatch.from_arrays(columns, names=list(types))


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, max_size=9))
def test_encode_any_rows_gives_protobufs_deterministic_bytes(rows: list[tuple[Any, ...]]) -> None:
    batch = batch_of(TYPES, rows)
    expected = [plain_example(TYPES, row) for row in batch.to_pylist()]
    assert ExampleEncoder(TYPES).encode(batch).to_pylist() == expected


def test_encode_a_part_of_a_batch_gives_its_rows() -> None:
    rows = [(i, i / 2, "x" * i, None if i % 2 else "y") for i in range(50)]
    batch = batch_of(TYPES, rows).slice(7, 20)
    expected = [plain_example(TYPES, row) for row in batch.to_pylist()]
    assert ExampleEncoder(TYPES).encode(batch).to_pylist() == expected


def test_encode_many_columns_and_long_cells() -> None:
    types = {f"c{i:03}": ("int64", "float32", "string")[i % 3] for i in range(1000)}
    values = {"int64": -3, "float32": 0.5, "string": "é" * 200}
    row: list[Any] = [None if i % 7 == 0 else values[x] for i, x in enumerate(types.values())]
    row[2] = "z" * 5_000_000
    batch = batch_of(types, [tuple(row), (*row[:2], None, *row[3:])])
    expected = [plain_example(types, each) for each in batch.to_pylist()]
    assert ExampleEncoder(types).encode(batch).to_pylist() == expected  # type: ignore[arg-type]


def test_encode_rows_without_columns_or_values() -> None:
    empty = b"\x0a\x00"
    batch = batch_of(TYPES, [(None, None, None, None)])
    assert ExampleEncoder(TYPES).encode(batch).to_pylist() == [empty]
    assert ExampleEncoder({}).encode(batch).to_pylist() == [empty]


NAMES = st.lists(
    st.text("abcé_ 1./-", min_size=1).map(str.strip).filter(bool),
    min_size=1,
    max_size=5,
    unique=True,
)
ODD_CELLS = st.one_of(
    st.sampled_from(["", "NA", "?", "-", " ", "007", "7", "7.0", "10_1", "1,5", "1.234,5", "nan"]),
    st.sampled_from(
        ["inf", "1e39", "-0", "+7", "0x10", "TRUE", "2021-01-01", "1234567890123456789"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
    st.integers(-(2**65), 2**65).map(str),
    st.floats().map(str),
)
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])


def decoded(folder: Path) -> list[dict[str, object]]:
    """The examples of a staged folder."""
    import tensorflow as tf

    table = StagedTable(folder)
    encoder = ExampleEncoder(table.types)
    rows = []
    for batch in (batch for file in table.files for batch in table.batches(file)):
        for example in encoder.encode(batch).to_pylist():
            features = tf.train.Example.FromString(example).features.feature
            row: dict[str, object] = {}
            for name, feature in features.items():
                (value,) = getattr(feature, feature.WhichOneof("kind")).value
                row[name] = value.decode() if isinstance(value, bytes) else value
            rows.append(row)
    return rows


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_any_odd_table_keeps_every_value_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """What pandas reads with `dtype=str` stands in the examples, whatever the cells are."""
    names = data.draw(NAMES)
    records = data.draw(st.lists(st.tuples(*[ODD_CELLS] * len(names)), min_size=1, max_size=20))
    uses = {
        name: data.draw(st.sampled_from(["number", "category", "text", "unused"])) for name in names
    }
    delimiter = data.draw(DELIMITERS)
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, delimiter=delimiter)
    writer.writerows([names, *records])
    folder = tmp_path_factory.mktemp("odd")
    (folder / "table.csv").write_bytes(buffer.getvalue().encode())
    table = read_table(folder / "table.csv", table_needs(**uses))  # type: ignore[arg-type]
    if problems := problems_of(table):
        places = ("table.csv", "t.yaml", "more column")
        assert all(any(place in text for place in places) for text in problems), problems
        return
    frame = pd.read_csv(
        folder / "table.csv",
        sep=delimiter,
        dtype=str,
        keep_default_na=False,
        skip_blank_lines=False,
    )
    expected = frame.to_dict("records")
    examples = decoded(stage_table(table, folder / "staged"))
    assert len(examples) == len(expected) == table.rows
    plans = {plan.name: plan for plan in table.plans}
    for example, row in zip(examples, expected, strict=True):
        for name, cell in row.items():
            check_value(example.get(name), cell, plans[name])


def check_value(value: object, cell: str, plan) -> None:  # type: ignore[no-untyped-def]
    if value is None:
        marks = ("NA", "?", "-", "nan")
        assert not cell.strip() or (plan.is_number and cell.strip() in marks), cell
    elif plan.type == "string":
        assert value == cell
    elif plan.type == "int64":
        assert value == int(float(cell)) if "." in cell else value == int(cell)
    else:
        number = float(plan.style.plain(cell.strip()))
        with np.errstate(over="ignore"):
            assert value == np.float32(number) or math.isnan(number), (value, cell)
