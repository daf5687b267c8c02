from __future__ import annotations

import pytest

from tests.modules.learners.trees.tables import config
from tfx_pipeline.modules.learners.trees.settings import TreeSettings


def chosen(rows, columns=10, outputs=1, *, stops=True, cores=4, **given):
    trees = config(**given)["trees"]
    return TreeSettings.chosen(trees, rows, columns, outputs, stops=stops, cores=cores)


def test_chosen_keeps_what_is_given() -> None:
    settings = chosen(10_000, rounds=3, leaves=5, learning_rate=0.2, min_rows_per_leaf=7)
    assert (settings.rounds, settings.leaves) == (3, 5)
    assert (settings.learning_rate, settings.min_rows_per_leaf) == (0.2, 7)


@pytest.mark.parametrize("rows", [10, 100, 1000, 10_000, 100_000, 1_000_000])
def test_chosen_leaves_can_be_filled_and_do_not_fall_with_the_rows(rows) -> None:
    settings = chosen(rows)
    assert 2 * settings.min_rows_per_leaf <= max(rows, 6)
    assert settings.leaves <= chosen(10 * rows).leaves
    assert settings.rounds >= 100


def test_chosen_threads_are_one_where_they_would_wait_and_never_more_than_cores() -> None:
    assert chosen(1000).threads == 1
    assert chosen(10_000_000).threads == 4


def test_chosen_for_several_classes_grows_fewer_rounds_in_larger_steps() -> None:
    one, several = chosen(10_000), chosen(10_000, outputs=10)
    assert several.rounds < one.rounds
    assert several.learning_rate > one.learning_rate
    assert chosen(10_000, stops=False).rounds < one.rounds  # nothing says when it is too many
