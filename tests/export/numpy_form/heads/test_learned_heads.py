"""Heads of really learned models, of every family and task, against what the graph computes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.modules.learners.trees.tables import INPUTS, TASKS, make_rows
from tfx_pipeline.config.sections.model import ModelConfig
from tfx_pipeline.export.numpy_form.heads.inputs import HeadInputs
from tfx_pipeline.export.numpy_form.heads.table import head_logits
from tfx_pipeline.modules.description.heads import BlendHead, TreesHead
from tfx_pipeline.modules.learners.families import learner_of
from tfx_pipeline.modules.learners.learner import LearningRows, head_of

pytestmark = pytest.mark.slow
MODELS = {
    "linear": {"linear": {"l2": 1.0}},
    "dnn": {"activation": "gelu", "hidden_units": [8, 4]},
    "wide_deep": {"activation": "selu", "hidden_units": [8]},
    "mlp": {"mlp": {"hidden_units": [8], "epochs": 1, "members": 2}},
    "trees": {"trees": {"rounds": 12, "min_rows_per_leaf": 3}},
    "auto": {
        "auto": {"candidates": ["linear", "mlp", "trees"], "folds": 2, "refit": True},
        "trees": {"rounds": 5},
        "mlp": {"hidden_units": [4], "epochs": 1},
    },
}


def learned(family, kind, folder):
    sections = {"family": family, "epochs": 1, **MODELS[family]}
    config = ModelConfig.model_validate(sections).model_dump(mode="json")
    learning = LearningRows.divided(make_rows(300, kind), 0.2, 0)
    return learner_of(family)(learning, INPUTS, TASKS[kind], config, str(folder)).scorer


def hurting(head):
    """Rows of any ids; numbers of the table, far ones, and those at and beside thresholds."""
    random = np.random.default_rng(2)
    inputs = make_rows(400, seed=3).inputs
    starts = np.cumsum([0, *INPUTS.sizes.values()])
    ids = [random.integers(low, high, 400) for low, high in itertools.pairwise(starts)]
    numbers = inputs["numbers"]
    numbers[200:] = random.choice(hard_numbers(head), (200, INPUTS.width))
    numbers[:, 2] = random.random(400) < 0.3  # says that one is missing
    return {"numbers": numbers, "ids": np.stack(ids, 1).astype(np.int32)}


def hard_numbers(head):
    found = [-30, -1, 0, 1e-3, 1, 30]
    for part in head.members if isinstance(head, BlendHead) else [head]:
        if isinstance(part, TreesHead):
            at = part.conditions.thresholds
            beside = [np.nextafter(at, np.float32(x)) for x in (-9, 9)]
            found += [*at, *itertools.chain(*beside)]
    return np.array(found, np.float32)


CASES = [case for case in itertools.product(MODELS, TASKS) if case[0] != "auto"]
CASES.append(("auto", "multiclass"))  # its members are models of the others


@pytest.mark.parametrize(("family", "kind"), CASES)
def test_learned_head_gives_the_logits_of_the_graph(family, kind, tmp_path):
    scorer = learned(family, kind, tmp_path)
    head = head_of(scorer)
    inputs = hurting(head)
    found = head_logits(head, HeadInputs(inputs["numbers"], inputs["ids"]))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, scorer.logits_of(inputs), rtol=1e-5, atol=1e-5)
    assert len(np.unique(found)) > 50
