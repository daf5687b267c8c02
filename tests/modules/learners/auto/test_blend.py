from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.learners.auto.blend import BlendScorer, mean_logits
from tfx_pipeline.modules.learners.learner import Scorer
from tfx_pipeline.modules.model.tasks import Binary, Multiclass

pytestmark = pytest.mark.slow


class Adding(Scorer):
    def __init__(self, number):
        super().__init__()
        self._number = tf.Variable(number)

    def __call__(self, inputs):
        return inputs["numbers"] + self._number


def test_mean_logits_is_what_the_scorer_gives():
    numbers = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    members = [Adding(1.0), Adding(-7.0)]
    expected = BlendScorer(members, [0.75, 0.25]).logits_of({"numbers": numbers})
    parts = np.stack([member.logits_of({"numbers": numbers}) for member in members])
    found = mean_logits(parts, np.array([0.75, 0.25]))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, numbers - 1, rtol=1e-5, atol=1e-6)


def test_mean_logits_binary_pools_odds():
    odds = mean_logits(np.log([[[9.0]], [[1 / 4]]]).astype(np.float32), np.array([0.5, 0.5]))
    probability = Binary(("0", "1")).predictions(tf.constant(odds))["probability"]
    assert float(probability[0]) == pytest.approx(1.5 / 2.5)


def test_mean_logits_multiclass_does_not_depend_on_what_is_added_to_all_classes():
    logits = np.random.default_rng(0).normal(size=(2, 20, 3)).astype(np.float32)
    moved = logits + np.array([[[5.0]], [[-3.0]]], np.float32)
    task, weights = Multiclass(("a", "b", "c")), np.array([0.3, 0.7])
    found, expected = (task.scores(mean_logits(x, weights)).numpy() for x in (moved, logits))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_blend_scorer_is_exported_with_what_its_members_hold(tmp_path):
    scorer = BlendScorer([Adding(1.0), Adding(3.0)], [0.75, 0.25])
    spec = {"numbers": tf.TensorSpec([None, 1], tf.float32)}
    call = tf.function(lambda numbers: {"y": scorer({"numbers": numbers})}, [spec["numbers"]])
    tf.saved_model.save(scorer, str(tmp_path), call)
    loaded = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    assert loaded(numbers=tf.constant([[0.0], [2.0]]))["y"].numpy().tolist() == [[1.5], [3.5]]
