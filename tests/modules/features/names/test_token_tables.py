from __future__ import annotations

import pytest

from tfx_pipeline.modules.features.names.token_tables import (
    Column,
    Total,
    averages_table,
    ids_table,
)

pytestmark = pytest.mark.slow


def totals(found):
    return {token: Total(*each) for token, each in found.items()}


def test_ids_table_orders_by_frequency_then_bytes_and_drops_what_is_rare():
    column = Column("c", "ids", max_size=3, min_rows=2)
    found = {b"c=x": (5, 0), b"c=z": (2, 0), b"c=y": (2, 0), b"c=w": (2, 0), b"c=v": (1, 0)}
    assert dict(ids_table(totals(found), column)) == {
        b"c": 4,
        b"c=": 0,
        b"c=x": 1,
        b"c=w": 2,
        b"c=y": 3,
    }


def test_ids_table_counts_the_missing_value_once():
    column = Column("c", "ids")
    assert dict(ids_table(totals({b"c=": (9, 0), b"c=a": (1, 0)}), column)) == {
        b"c": 2,
        b"c=": 0,
        b"c=a": 1,
    }


def test_ids_table_name_with_a_line_break_or_tab_is_unknown():
    column = Column("c", "words")
    found = {b"c=a\nb": (3, 0), b"c=a\tb": (3, 0), b"c=a\rb": (3, 0), b"c=a = b": (1, 0)}
    assert dict(ids_table(totals(found), column)) == {b"c": 1, b"c=a = b": 0}


def test_averages_table_rare_key_counts_for_the_overall_average_only():
    column = Column("c", "averages", min_rows=2)
    found = {b"c=a b": (2, 20.0), b"c=": (1, 40.0), b"c=rare": (1, 60.0)}
    overall = (20 + 40 + 60) / 4
    assert dict(averages_table(totals(found), column)) == {
        b"c": overall,
        b"c/deviation": pytest.approx((2 * (10 - overall) ** 2 / 4) ** 0.5),
        b"c=a b": 10.0,
    }
