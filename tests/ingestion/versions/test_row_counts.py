"""An account is even, or says what it is not."""

from __future__ import annotations

import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.versions.row_counts import ROW_COUNTS, RowCounts, rows_of_splits

COUNTS = RowCounts(10, dropped=1, quarantined=2, splits={"train": 5, "eval": 2})


def test_even_account_is_accepted_and_survives_json() -> None:
    COUNTS.check()
    assert RowCounts.from_json(COUNTS.to_json()) == COUNTS
    assert str(COUNTS) == "read 10 = train 5 + eval 2 + quarantined 2 + dropped 1"


@pytest.mark.parametrize("read", [9, 11, 0])
def test_uneven_account_is_refused_with_its_figures(read: int) -> None:
    counts = RowCounts(read, 1, 2, COUNTS.splits)
    with pytest.raises(DataError) as caught:
        counts.check()
    assert f"read {read} ≠ train 5 + eval 2 + quarantined 2 + dropped 1" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"read": 1}', '{"splits": 3}'])
def test_text_that_is_no_account_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        RowCounts.from_json(text)


class _Examples:
    """Has the property that an artifact has."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_string_custom_property(self, name: str) -> str:
        assert name == ROW_COUNTS
        return self._text


def test_rows_of_splits_are_added_up_over_artifacts() -> None:
    examples = [_Examples(COUNTS.to_json()), _Examples(COUNTS.to_json())]
    assert rows_of_splits(examples, ["train", "eval"]) == 14
    assert rows_of_splits(examples, ["eval", "none"]) == 4


def test_rows_of_splits_of_foreign_examples_are_unknown() -> None:
    assert rows_of_splits([_Examples(COUNTS.to_json()), _Examples("")], ["train"]) is None
