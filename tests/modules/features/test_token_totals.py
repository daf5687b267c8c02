from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def totals_module():
    from tfx_pipeline.modules.features import token_totals

    return token_totals


def test_totals_of_batch_counts_and_adds_without_nan(totals_module):
    tokens = np.array([b"c=a", b"c=b", b"c=a", b"c=a"], object)
    values = np.array([1.5, 2.0, 3.0, np.nan], np.float32)
    assert dict(totals_module.totals_of_batch((tokens, values))) == {
        b"c=a": (2, 4.5),
        b"c=b": (1, 2.0),
    }


def test_ids_table_orders_by_frequency_then_bytes_and_drops_what_is_rare(totals_module):
    column = totals_module.Column("c", "ids", max_size=3, min_rows=2)
    totals = {b"c=x": (5, 0), b"c=z": (2, 0), b"c=y": (2, 0), b"c=w": (2, 0), b"c=v": (1, 0)}
    assert totals_module.ids_table(totals, column) == {
        b"c": 4,
        b"c=": 0,
        b"c=x": 1,
        b"c=w": 2,
        b"c=y": 3,
    }


def test_ids_table_counts_the_missing_value_once(totals_module):
    column = totals_module.Column("c", "ids")
    assert totals_module.ids_table({b"c=": (9, 0), b"c=a": (1, 0)}, column) == {
        b"c": 2,
        b"c=": 0,
        b"c=a": 1,
    }


def test_ids_table_name_with_a_line_break_or_tab_is_unknown(totals_module):
    column = totals_module.Column("c", "words")
    totals = {b"c=a\nb": (3, 0), b"c=a\tb": (3, 0), b"c=a\rb": (3, 0), b"c=a = b": (1, 0)}
    assert totals_module.ids_table(totals, column) == {b"c": 1, b"c=a = b": 0}


def test_averages_table_rare_key_counts_for_the_overall_average_only(totals_module):
    column = totals_module.Column("c", "averages", min_rows=2)
    totals = {b"c=a b": (2, 20.0), b"c=": (1, 40.0), b"c=rare": (1, 60.0)}
    overall = (20 + 40 + 60) / 4
    assert totals_module.averages_table(totals, column) == {
        b"c": overall,
        b"c/deviation": pytest.approx((2 * (10 - overall) ** 2 / 4) ** 0.5),
        b"c=a b": 10.0,
    }
