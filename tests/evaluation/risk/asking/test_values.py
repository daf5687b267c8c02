"""How values are shown."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.risk.asking.values import is_code, shown_number, shown_value
from tfx_pipeline.evaluation.risk.subject import Domain


def test_shown_value_hides_what_few_rows_have() -> None:
    assert shown_value("Ada Lovelace", 4) == "a rare value (4 rows with it)"
    assert shown_value("Ada Lovelace", 5) == "'Ada Lovelace'"
    assert shown_value(None, 0) == "a value never seen in training"
    assert shown_value("a\n'b'", 9) == "\"a\\n'b'\""
    assert len(shown_value("x" * 1000, 9)) < 50


def test_shown_number_says_missing() -> None:
    assert (shown_number(1234.5678), shown_number(np.nan)) == ("1235", "missing")


@pytest.mark.parametrize(("kind", "code"), [("categorical", True), ("numeric", False), ("", False)])
def test_is_code_knows_numbers_that_name_something(kind: str, code: bool) -> None:
    assert is_code(Domain("number", feature_kind=kind)) is code
    assert not is_code(Domain("text", feature_kind=kind))
