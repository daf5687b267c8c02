"""Serialized examples: TensorFlow reads them, and protobuf would have written the same bytes."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingestion.conftest import problems_of, table_needs
from tfx_pipeline.ingestion.example_encoding import ExampleEncoder, staged_examples
from tfx_pipeline.ingestion.staging import TYPES_FILE, parse_types, stage_table
from tfx_pipeline.ingestion.table_reading import read_table

pytestmark = pytest.mark.slow

TYPES = {"z": "int64", "ä b/c.d": "float32", "q": "string", "A": "string"}
CELLS = st.tuples(
    st.integers(-(2**63), 2**63 - 1).map(str) | st.just(""),
    st.floats(allow_nan=False).map(repr) | st.just(""),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(CELLS)
def test_encode_any_record_gives_protobufs_deterministic_bytes(record: tuple[str, ...]) -> None:
    import tensorflow as tf

    example = tf.train.Example()
    example.features.SetInParent()
    for (name, type_), cell in zip(TYPES.items(), record, strict=True):
        if not cell:
            continue
        feature = example.features.feature[name]
        if type_ == "int64":
            feature.int64_list.value.append(int(cell))
        elif type_ == "float32":
            with np.errstate(over="ignore"):
                feature.float_list.value.append(float(np.float32(float(cell))))
        else:
            feature.bytes_list.value.append(cell.encode())
    expected = example.SerializeToString(deterministic=True)
    assert ExampleEncoder(TYPES).encode(record) == expected  # type: ignore[arg-type]


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

    types = parse_types((folder / TYPES_FILE).read_text())
    rows = []
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for example in staged_examples(lines, types):
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
