"""Which rows are of which group."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfx_pipeline.evaluation.risk.fairness.groups import Partition, partitions


def divided(fewest: int = 1, **columns: Any) -> list[Partition]:
    return [*partitions(columns, {}, crosses=True, fewest_rows=fewest)]


def names(partition: Partition) -> list[str]:
    return [", ".join(partition.names[code]) if code >= 0 else "-" for code in partition.codes]


def test_partitions_at_edges_put_an_edge_into_the_upper_group_and_missing_into_its_own() -> None:
    ages = np.array([17.0, 25.0, 44.9, 65.0, np.nan])
    (found,) = partitions({"age": ages}, {"age": [25, 65]}, crosses=False, fewest_rows=1)
    assert names(found) == ["below 25", "25 to 65", "25 to 65", "65 and above", "(missing)"]


def test_partitions_of_few_numbers_have_a_group_each_and_of_many_are_quartiles() -> None:
    (few,) = divided(size=np.array([3.0, 1, 1, 2.5]))
    assert names(few) == ["3", "1", "1", "2.5"]
    (many,) = divided(size=np.arange(100.0))
    assert len(many.names) == 4
    assert np.bincount(many.codes).tolist() == [25, 25, 25, 25]


def test_partitions_cross_each_two_columns() -> None:
    found = divided(sex=np.array(["f", "m", "f"], object), old=np.array(["y", "y", "n"], object))
    assert [each.columns for each in found] == [("sex",), ("old",), ("sex", "old")]
    assert names(found[2]) == ["f, y", "m, y", "f, n"]


def test_partitions_leave_out_small_groups_and_count_them() -> None:
    letters = np.array([*"aaaabbbbccd"], object)
    (found,) = divided(4, letter=letters)
    assert found.names == (("a",), ("b",)) and found.left_out == 2
    assert names(found)[-3:] == ["-", "-", "-"]


def test_partitions_without_two_large_groups_compare_nothing() -> None:
    (found,) = divided(2, person=np.array([f"p{x}" for x in range(10_000)], object))
    assert found.names == () and found.left_out == 10_000
    (one,) = divided(2, sex=np.array(["f", "f", "m"], object))
    assert one.names == () and set(one.codes) == {-1}


def test_partitions_compare_a_dozen_of_the_largest_groups() -> None:
    sizes = np.repeat(np.arange(40), np.arange(40) + 1)
    (found,) = divided(1, area=np.array([f"{x:02}" for x in sizes], object))
    assert [name for (name,) in found.names] == [f"{x}" for x in range(28, 40)]
    assert found.left_out == 28


def test_partitions_write_names_in_one_line() -> None:
    odd = np.array(["a\nb", 'say "hi"', "😀", "", "x" * 500], object)
    (found,) = divided(1, odd=odd)
    assert names(found)[:4] == ["a\\nb", 'say "hi"', "😀", "(missing)"]
    assert len(names(found)[4]) == 60
