"""Slices: the rows that share values, largest first, crossed where asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tfx_pipeline.evaluation.figures.slicing import MOST_SLICES, largest_slices
from tfx_pipeline.evaluation.scored_split import SliceColumn


def column(values: list[str]) -> SliceColumn:
    different, codes = np.unique(values, return_inverse=True)
    return SliceColumn(codes.astype(np.int32), tuple(different.tolist()))


def test_largest_slices_are_those_of_a_group_by() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"a": random.choice(["x", "y 'q'", "🦆\n"], 500, p=[0.6, 0.3, 0.1]),
                          "b": random.choice(["1", "2"], 500)})  # fmt: skip
    columns = {name: column(table[name].tolist()) for name in table}
    slices, left_out = largest_slices(columns, [("a",), ("a", "b")])
    assert left_out == 0 and len(slices) == 3 + 6
    sizes = [len(each.places) for each in slices]
    assert sizes == sorted(sizes, reverse=True)
    for each in slices:
        chosen = (table[list(each.columns)] == list(each.values)).all(axis=1)
        assert np.array_equal(np.sort(each.places), np.flatnonzero(chosen))


def test_largest_slices_of_ten_thousand_values_are_some_and_the_rest_is_counted() -> None:
    codes = np.append(np.arange(10_000), np.full(50, 7)).astype(np.int32)
    columns = {"a": SliceColumn(codes, tuple(map(str, range(10_000))))}
    slices, left_out = largest_slices(columns, [("a",)])
    assert (len(slices), left_out) == (MOST_SLICES, 10_000 - MOST_SLICES)
    assert slices[0].values == ("7",) and len(slices[0].places) == 51


def test_largest_slices_of_many_crossed_columns_do_not_overflow() -> None:
    random = np.random.default_rng(0)
    many = tuple(map(str, range(2**20)))
    columns = {
        name: SliceColumn(random.integers(0, 2**20, 40).astype(np.int32), many) for name in "abcd"
    }
    slices, _ = largest_slices(columns, [tuple("abcd")])
    assert len(slices) == 40
    for each in slices:
        (place,) = each.places
        assert each.values == tuple(str(columns[name].codes[place]) for name in "abcd")


def test_largest_slices_without_groups_are_none() -> None:
    assert largest_slices({}, []) == ([], 0)


def test_largest_slices_leave_out_rows_without_a_value() -> None:
    columns = {"a": SliceColumn(np.array([0, -1, 0], np.int32), ("x",))}
    slices, left_out = largest_slices(columns, [("a",)])
    assert [(x.values, x.places.tolist()) for x in slices] == [(("x",), [0, 2])]
    assert left_out == 0
    nothing = {"a": SliceColumn(np.array([-1, -1], np.int32), ())}
    assert largest_slices(nothing, [("a",)]) == ([], 0)


def test_largest_slices_of_rows_with_several_values_hold_them_each_time() -> None:
    further = np.array([[2, 0], [0, 1]])
    several = SliceColumn(np.array([0, -1, 1], np.int32), ("x", "y"), further)
    single = SliceColumn(np.array([0, 0, 1], np.int32), ("p", "q"))
    columns = {"several": several, "single": single}
    slices, _ = largest_slices(columns, [("several",), ("single", "several")])
    found = {x.values: sorted(x.places.tolist()) for x in slices}
    assert found == {
        ("x",): [0, 2],
        ("y",): [0, 2],
        ("p", "x"): [0],
        ("p", "y"): [0],
        ("q", "x"): [2],
        ("q", "y"): [2],
    }
