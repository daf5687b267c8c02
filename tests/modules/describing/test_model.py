from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, transform_config
from tfx_pipeline.modules.describing.errors import NotDescribableError
from tfx_pipeline.modules.describing.learned_values import learned_values, refuse_foreign_features
from tfx_pipeline.modules.describing.model import describe_model
from tfx_pipeline.modules.description.heads import BlendHead, LinearHead
from tfx_pipeline.modules.learners.auto.blend import BlendScorer
from tfx_pipeline.modules.learners.learner import Scorer, head_of
from tfx_pipeline.modules.learners.linear.pieces import Pieces
from tfx_pipeline.modules.learners.linear.scorer import LinearScorer
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Binary
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.preprocessing import preprocessing_fn, scope_of

CONFIG = make_config(
    label={"column": "y", "task": "binary"},
    features={
        "x": {"kind": "numeric", "scale": "minmax"},
        "city": {"kind": "categorical"},
        "code": {"kind": "categorical", "id": False, "target": True},
    },
)
ROWS = [{"x": float(i), "city": "ab"[i % 2], "code": i % 3, "y": i % 2} for i in range(10)]


def wrapped(inputs):
    """Change an input, an output, and add one; the rest is the generic features."""
    changed = {**inputs, "code": tf.sparse.map_values(tf.abs, inputs["code"])}
    features = preprocessing_fn(changed, transform_config(CONFIG))
    return {**features, "x_missing": features["x_missing"] * 2, "extra": features["x_scaled"] + 1}


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    table = Table({"x": float, "city": str, "code": int, "y": int}, ROWS)
    return TransformGraph(table.analyze_with(wrapped, tmp_path_factory.mktemp("wrapped")))


@pytest.mark.slow
def test_refuse_foreign_features_names_what_other_operations_make(graph):
    scope = scope_of(transform_config(CONFIG))
    refuse_foreign_features(graph, scope, ["x_scaled", "city_id"])
    for name in ("code_target", "x_missing", "extra"):
        with pytest.raises(NotDescribableError, match=f"feature '{name}' is not what the generic"):
            refuse_foreign_features(graph, scope, ["x_scaled", name])


@pytest.mark.slow
def test_refuse_foreign_features_of_another_configuration_refuses_all(graph):
    config = transform_config(CONFIG)
    config["features"]["x"]["missing"] = ["7"]
    with pytest.raises(NotDescribableError, match="'x_scaled'"):
        refuse_foreign_features(graph, scope_of(config), ["x_scaled"])


@pytest.mark.slow
def test_learned_values_are_those_of_the_rows(graph):
    found = learned_values(graph, scope_of(transform_config(CONFIG)))
    assert {name: values.tolist() for name, values in found.items()} == {
        "learned_means": [4.5],
        "learned_deviations": [pytest.approx(8.25**0.5)],
        "learned_lows": [0.0],
        "learned_highs": [9.0],
    }


@pytest.mark.slow
def test_describe_model_above_a_preprocessing_fn_of_ones_own_gives_the_reason(graph):
    config = {**transform_config(CONFIG), "raw_features": ["x", "city", "code"]}
    inputs = ModelInputs.from_schema(graph.schema)
    found = describe_model(graph, inputs, linear_scorer(), Binary(("0", "1")), config)
    assert "hooks.preprocessing_fn" in found


def linear_scorer(kind=LinearScorer):
    pieces = Pieces((0,), (np.array([0.0, 1.0]),), (1.0,))
    return kind(pieces, np.ones((3, 1)), np.zeros(1))


class Doubled(LinearScorer):
    """A user's own: what it inherits does not describe it."""

    def __call__(self, inputs):
        return 2 * super().__call__(inputs)


class Described(Doubled):
    """A user's own that says itself what it computes."""

    def __call__(self, inputs):
        return super().__call__(inputs)

    def describe(self):
        head = super().describe()
        return replace(head, rises=2 * head.rises, weights=2 * head.weights)


class Renamed(LinearScorer):
    """A user's own that computes nothing else."""


class Own(Scorer):
    def __call__(self, inputs):
        return inputs["numbers"]


@pytest.mark.parametrize("scorer", [linear_scorer(Doubled), Own(), lambda inputs: inputs, None])
def test_head_of_what_is_none_of_ours_is_none(scorer):
    assert head_of(scorer) is None
    assert head_of(BlendScorer([linear_scorer(), scorer], [0.5, 0.5])) is None


def test_head_of_what_says_what_it_computes_describes_it():
    assert isinstance(head_of(linear_scorer(Renamed)), LinearHead)
    assert head_of(linear_scorer(Described)).weights.tolist() == [[2.0], [2.0]]
    head = head_of(BlendScorer([linear_scorer(), linear_scorer()], [0.25, 0.75]))
    assert isinstance(head, BlendHead)
    assert head.weights == (0.25, 0.75)


@pytest.mark.slow
def test_describe_model_of_a_learner_of_ones_own_gives_the_reason(graph):
    config = {**transform_config(CONFIG), "raw_features": ["x", "city", "code"]}
    inputs = ModelInputs.from_schema(graph.schema)
    found = describe_model(graph, inputs, Own(), Binary(("0", "1")), config)
    assert found.startswith("it is a Own, which says nothing of what it computes")
    assert "hooks.run_fn" in found
