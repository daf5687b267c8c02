"""Columns of examples: by NumPy and by TFX's decoder the same, and by NumPy where that is due."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.components.statistics_gen.example_files import Row, serialize
from tfx_pipeline.components.statistics_gen import example_columns as module
from tfx_pipeline.components.statistics_gen.example_columns import Column, ExampleDecoder
from tfx_pipeline.components.statistics_gen.regular_examples import Irregular
from tfx_pipeline.ingestion.examples.record_blocks import RecordBlock

pytestmark = pytest.mark.slow

NAMES = ("a", "b" * 7, "c" * 8, "d" * 130, "é ü/.", "z")
VALUES = st.one_of(
    st.lists(st.binary(max_size=200), min_size=1, max_size=1),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=1),
    st.lists(st.floats(width=32), min_size=1, max_size=1),
)
KINDS = {"a": bytes, "b" * 7: int, "c" * 8: float, "d" * 130: int, "é ü/.": bytes, "z": float}
MAKE: dict[Any, Any] = {
    bytes: st.binary(max_size=200),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(width=32),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={name: st.tuples(MAKE[kind]).map(list) for name, kind in KINDS.items()},
    ),
    min_size=1,
    max_size=8,
)


def block_of(records: list[bytes]) -> RecordBlock:
    """Lay records out as in a file, with 12 bytes before each and 4 behind it."""
    sizes = np.array([len(record) for record in records])
    starts = np.cumsum(sizes + 16) - sizes - 4
    data = b"".join(b"\xff" * 12 + record + b"\xff" * 4 for record in records)
    return RecordBlock(np.frombuffer(data, np.uint8), starts, starts + sizes)


def shown(columns: list[Column]) -> dict[str, Any]:
    return {
        column.name: (
            column.kind,
            column.first_row,
            column.present,
            None if column.value_counts is None else column.value_counts.tolist(),
            column.values.tobytes()
            if isinstance(column.values, np.ndarray)
            else column.values.to_pylist(),
        )
        for column in columns
    }


def by_tfx(block: RecordBlock) -> dict[str, Any]:
    batch = module._decode_by_tfx(block, np.arange(len(block.starts)))
    return shown([*map(module._column_of_lists, batch.schema.names, batch.columns)])


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_decode_regular_rows_gives_what_tfx_gives_without_its_decoder(rows: list[Row]) -> None:
    block = block_of([serialize(row) for row in rows])
    decoder = ExampleDecoder()
    decoder._learn(NAMES)
    features = module.read_regular(block, decoder._keys)
    assert shown(module._columns(features, block.data)) == by_tfx(block)


IRREGULAR: dict[str, list[Row]] = {
    "two values": [{"a": [1, 2]}, {"a": [3]}],
    "two strings": [{"a": [b"x", b"y"]}],
    "no values": [{"a": []}, {"a": [b"y"]}],
    "no kind": [{"a": None}, {"a": [b"y"]}],
    "two floats": [{"a": [1.0, 2.0]}],
}


@pytest.mark.parametrize("rows", IRREGULAR.values(), ids=IRREGULAR)
def test_decode_irregular_rows_gives_what_tfx_gives(rows: list[Row]) -> None:
    block = block_of([serialize(row) for row in rows])
    decoder = ExampleDecoder()
    decoder._learn("a")
    with pytest.raises(Irregular):
        module.read_regular(block, decoder._keys)
    assert shown(decoder.decode(block)) == by_tfx(block)


def test_decode_with_features_in_another_order_gives_what_tfx_gives() -> None:
    records = [serialize({"z": [1]}) + serialize({"a": [2]})]  # protobuf merges the two
    block = block_of(records)
    found = shown(ExampleDecoder().decode(block))
    assert found == by_tfx(block)
    assert set(found) == {"a", "z"}


def test_decode_learns_rare_names_from_the_rows_that_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows: list[Row] = [{"common": [number]} for number in range(5_000)]
    rows[4_321] = {"common": [1], "rare": [b"x"]}
    block = block_of([serialize(row) for row in rows])
    decoded: list[int] = []
    decode = module._decode_by_tfx
    monkeypatch.setattr(
        module, "_decode_by_tfx", lambda block, at: decoded.append(len(at)) or decode(block, at)
    )
    (common, rare) = ExampleDecoder().decode(block)
    assert (common.present, rare.present, rare.first_row) == (5_000, 1, 4_321)
    assert sum(decoded) < 100


def test_decode_of_any_damaged_record_is_as_tfx_has_it() -> None:
    rows = [{name: [KINDS[name](1)] for name in NAMES} for _ in range(3)]
    records = [serialize(row) for row in rows]
    random = np.random.default_rng(3)
    outcomes = {"refused": 0, "read": 0}
    for _ in range(3_000):
        record = bytearray(records[1])
        for at in random.integers(0, len(record), int(random.integers(1, 4))):
            record[at] = int(random.integers(256)) if random.random() < 0.5 else record[at] ^ 1
        block = block_of([records[0], bytes(record), records[2]])
        try:
            expected = by_tfx(block)
        except Exception as error:
            outcomes["refused"] += 1
            with pytest.raises(type(error)):
                ExampleDecoder().decode(block)
        else:
            outcomes["read"] += 1
            assert shown(ExampleDecoder().decode(block)) == expected
    assert min(outcomes.values()) > 100
