"""Moments of rows, and where splits begin."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.moments import find_cuts, moments_of
from tfx_pipeline.ingestion.needs import SplitNeeds

NEEDS = SplitNeeds({"train": 1, "eval": 1}, 0, "time", ("when",))


def test_moments_of_text_are_microseconds_in_utc() -> None:
    texts = ["1970-01-01", "1970-01-01T00:00:01Z", "1970-01-01 02:00:00.25+02:00", "1969-12-31"]
    found = moments_of(pa.array(texts), NEEDS)
    assert found.tolist() == [0, 1_000_000, 250_000, -86_400_000_000]


def test_moments_of_large_integers_stay_exact() -> None:
    found = moments_of(pa.array([2**62, 2**62 + 1]), NEEDS)
    assert found.dtype == np.int64
    assert found.tolist() == [2**62, 2**62 + 1]


@pytest.mark.parametrize(
    "text", ["01.02.2014", "2014/01/02", "2014-02-30", "soon", "2014-01-01 25:00:00"]
)
def test_moments_of_other_text_name_it(text: str) -> None:
    with pytest.raises(DataError, match="holds what is no moment") as error:
        moments_of(pa.array(["2014-01-01", text]), NEEDS)
    assert repr(text) in str(error.value)


def test_moments_that_are_missing_are_refused() -> None:
    with pytest.raises(DataError, match="`when` is missing in a row"):
        moments_of(pa.array([1, None]), NEEDS)


def test_cuts_of_numbers_refuse_a_date() -> None:
    needs = SplitNeeds(NEEDS.weights, 0, "time", ("when",), {"eval": "2014-01-01"})
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2])], names=["when"])
    with pytest.raises(DataError, match=r"data\.split\.eval_from"):
        find_cuts(needs, [batch])


def test_cuts_of_no_row_are_none() -> None:
    assert find_cuts(NEEDS, []) == []


@pytest.mark.parametrize("test_from", ["2014-02-01", "2014-01-31 23:00:00"])
def test_cuts_in_another_order_than_the_splits_are_refused(test_from: str) -> None:
    starts = {"eval": "2014-02-01", "test": test_from}
    needs = SplitNeeds({"train": 1, "eval": 1, "test": 1}, 0, "time", ("when",), starts)
    batch = pa.RecordBatch.from_arrays([pa.array(["2014-01-01", "2014-03-01"])], names=["when"])
    with pytest.raises(
        DataError, match=r"data\.split\.test_from: not after data\.split\.eval_from"
    ):
        find_cuts(needs, [batch])
