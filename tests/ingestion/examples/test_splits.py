"""Which split a row is of."""

from __future__ import annotations

import bisect
import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder
from tfx_pipeline.ingestion.examples.splits import Splitter
from tfx_pipeline.ingestion.needs import SplitNeeds

ROWS = [f"row {number}".encode() for number in range(3000)]
WEIGHTS = {"train": 2, "eval": 1}


def splits(weights: dict[str, int], seed: int) -> list[str]:
    splitter = Splitter(SplitNeeds(weights, seed))
    hashes = splitter.row_hashes(ROWS)
    codes = splitter.divide(None, hashes).codes
    assert codes.dtype == np.int8
    return [splitter.names[code] for code in codes]


def divided(needs: SplitNeeds, **columns: Any) -> list[str]:
    """Names of the splits of rows, columns by keyword."""
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    splitter = Splitter.of_rows(needs, [batch])
    types: Any = {
        x.name: {"string": "string", "int64": "int64"}.get(str(x.type), "float32")
        for x in batch.schema
    }
    hashes = splitter.row_hashes(ExampleEncoder(types).encode(batch).to_pylist())
    return [splitter.names[code] for code in splitter.divide(batch, hashes).codes]


def test_split_follows_seed_and_weights() -> None:
    found = splits({"train": 2, "eval": 1}, seed=0)
    assert 1900 < found.count("train") < 2100
    assert found == splits({"train": 2, "eval": 1}, seed=0)
    assert found != splits({"train": 2, "eval": 1}, seed=1)


def test_split_is_that_of_the_first_eight_bytes_of_a_salted_sha256() -> None:
    expected = []
    for row in ROWS:
        digest = hashlib.sha256(b"7:" + row).digest()
        bucket = int.from_bytes(digest[:8], "big") % 15
        expected.append(("train", "eval", "test")[bisect.bisect([10, 13, 15], bucket)])
    assert splits({"train": 10, "eval": 3, "test": 2}, seed=7) == expected


def test_split_by_key_keeps_groups_together_whatever_else_is_in_the_rows() -> None:
    users = [f"user {i % 50}" for i in range(1000)]
    shops = [i % 50 % 7 for i in range(1000)]
    needs = SplitNeeds({**WEIGHTS, "test": 1}, 3, "key", ("user", "shop"))
    found = divided(needs, user=pa.array(users), shop=pa.array(shops), x=pa.array(range(1000)))
    of_groups = {group: set() for group in zip(users, shops, strict=True)}  # type: ignore[var-annotated]
    for group, split in zip(zip(users, shops, strict=True), found, strict=True):
        of_groups[group].add(split)
    assert all(len(names) == 1 for names in of_groups.values())
    assert {name for names in of_groups.values() for name in names} == {"train", "eval", "test"}


def test_split_by_key_divides_rows_without_one_by_row() -> None:
    needs = SplitNeeds(WEIGHTS, 0, "key", ("user",))
    found = divided(needs, user=pa.nulls(300, pa.string()), x=pa.array(range(300)))
    assert 150 < found.count("train") < 250


def test_split_by_key_is_not_fooled_by_where_one_name_ends() -> None:
    needs = SplitNeeds({"a": 1, "b": 1000}, 0, "key", ("x", "y"))
    one = divided(needs, x=pa.array(["ab"]), y=pa.array(["c"]))
    splitter = Splitter(needs)
    batches = [
        pa.RecordBatch.from_arrays([pa.array([x]), pa.array([y])], names=["x", "y"])
        for x, y in (("ab", "c"), ("a", "bc"))
    ]
    keys = [splitter.divide(batch, np.zeros(1, np.uint64)).keys[0] for batch in batches]
    assert one
    assert keys[0] != keys[1]


def test_split_by_time_gives_the_oldest_rows_to_training() -> None:
    moments = np.random.default_rng(0).permutation(1000)
    needs = SplitNeeds({"train": 6, "eval": 3, "test": 1}, 0, "time", ("when",))
    found = np.array(divided(needs, when=pa.array(moments)))
    assert set(moments[found == "train"]) == set(range(600))
    assert set(moments[found == "eval"]) == set(range(600, 900))
    assert set(moments[found == "test"]) == set(range(900, 1000))


def test_split_by_time_never_divides_a_moment() -> None:
    needs = SplitNeeds({"train": 1, "eval": 1}, 0, "time", ("when",))
    found = divided(needs, when=pa.array([1, 2, 2, 2, 3, 4]))
    assert found == ["train", "eval", "eval", "eval", "eval", "eval"]


@pytest.mark.parametrize("start", ["2014-01-02", "2014-01-02T00:00:00Z", "2014-01-02 01:00+01:00"])
def test_split_by_time_from_a_told_moment(start: str) -> None:
    starts = {"eval": start, "test": "2014-01-03"}
    needs = SplitNeeds({"train": 1, "eval": 1, "test": 1}, 0, "time", ("when",), starts)
    when = ["2014-01-01 23:59:59.999999999", "2014-01-02", "2014-01-02T23:00:00Z", "2014-01-03"]
    assert divided(needs, when=pa.array(when)) == ["train", "eval", "eval", "test"]


def test_split_by_column_follows_its_values() -> None:
    values = {"train": ("0", "1"), "eval": ("2",)}
    needs = SplitNeeds(WEIGHTS, 0, "column", ("fold",), {}, values)
    found = divided(needs, fold=pa.array([0, 2, 1, 0]))
    assert found == ["train", "eval", "train", "train"]


def test_split_by_column_refuses_values_of_no_split() -> None:
    values = {"train": ("train",), "eval": ("eval",)}
    needs = SplitNeeds(WEIGHTS, 0, "column", ("part",), {}, values)
    with pytest.raises(DataError) as error:
        divided(needs, part=pa.array(["train", "Eval", None, "eval"]))
    text = str(error.value)
    assert "2 rows" in text
    assert "'Eval', (missing)" in text
    assert "data.split.values" in text
