from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.learners.learner import LearningRows, Scorer
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow


def make_rows(count):
    numbers = np.arange(count, dtype=np.float32)[:, np.newaxis]
    return TransformedRows({"numbers": numbers}, np.zeros(count, np.int64))


class Doubling(Scorer):
    def __call__(self, inputs):
        return 2 * inputs["numbers"]


@pytest.mark.parametrize(
    ("rows", "share", "held_out"), [(10, 0.2, 2), (10, None, 0), (1, 0.5, 0), (2, 0.9, 1)]
)
def test_divided_share_holds_out_so_many_and_fits_to_the_others(rows, share, held_out) -> None:
    learning = LearningRows.divided(make_rows(rows), share, seed=0)
    assert len(learning.held_out) == held_out
    assert sorted([*learning.held_out, *learning.fitted]) == list(range(rows))


def test_divided_same_seed_gives_the_same_rows() -> None:
    first, again = (LearningRows.divided(make_rows(50), 0.2, seed=3) for _ in range(2))
    assert first.held_out.tolist() == again.held_out.tolist()
    other = LearningRows.divided(make_rows(50), 0.2, seed=4)
    assert other.held_out.tolist() != first.held_out.tolist()


@pytest.mark.parametrize("count", [1, 8192, 20_000])
def test_logits_of_all_rows_is_what_the_scorer_gives(count) -> None:
    rows = make_rows(count)
    logits = Doubling().logits_of(rows.inputs)
    np.testing.assert_array_equal(logits, 2 * rows.inputs["numbers"])


def test_logits_of_some_rows_is_in_their_order() -> None:
    places = np.array([7, 2, 2], np.int32)
    logits = Doubling().logits_of(make_rows(9).inputs, places)
    assert logits.dtype == tf.float32
    assert logits[:, 0].tolist() == [14, 4, 4]
