from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.config.sections.model import ModelConfig
from tfx_pipeline.modules.learners.families import unrefitted
from tfx_pipeline.modules.learners.fit import fit_model, held_out_share
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.row_weights import weigh
from tfx_pipeline.modules.model.tasks import Binary
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow


def model(**fields):
    return ModelConfig.model_validate(fields).model_dump(mode="json")


@pytest.mark.parametrize(
    ("fields", "rows", "share"),
    [
        ({"family": "wide_deep"}, 500, 0.1),
        ({"family": "dnn", "early_stopping": {"validation_share": 0.3}}, 500, 0.3),
        ({"family": "dnn", "early_stopping": False}, 500, None),
        ({"family": "auto"}, 500, 0.2),
        ({"family": "linear"}, 12_500, 0.16),
        ({"family": "auto", "early_stopping": False}, 300_000, 0.1),
    ],
)
def test_held_out_share_is_by_family_and_number_of_rows(fields, rows, share):
    assert held_out_share(model(**fields), rows) == share


def test_held_out_share_needed_holds_out_rows_of_a_family_that_would_not():
    assert held_out_share(model(family="dnn", early_stopping=False), 500, needed=True) == 0.2


def test_unrefitted_lets_no_family_see_held_out_rows():
    found = unrefitted(model(family="linear", linear={"refit": True, "l2": 2.0}))
    assert found["linear"] == {"refit": False, "l2": 2.0}
    assert found["epochs"] == 30


INPUTS = ModelInputs({"x": 1}, {})


def made(rows, prevalence=0.15, seed=0):
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < prevalence).astype(np.int64)
    numbers = (random.normal(size=rows) + 2 * labels).astype(np.float32)[:, np.newaxis]
    return TransformedRows({"numbers": numbers}, labels)


def settings(family, **label):
    return {"model": model(family=family), "label": {"decision": None, **label}}


def decision(**fields):
    return {"goal": None, "min_recall": None, "min_precision": None, "costs": None, **fields}


def test_fit_model_without_a_decision_answers_no_class(tmp_path):
    task = Binary(("no", "yes"))
    fitted = fit_model(made(400), INPUTS, task, settings("linear"), str(tmp_path))
    assert fitted.task == task and fitted.decision is None and not fitted.notes


def test_fit_model_decision_is_made_on_rows_not_fitted_to_and_noted(tmp_path):
    config = settings("linear", decision=decision(goal="f1"))
    found = fit_model(made(5000), INPUTS, Binary(("no", "yes")), config, str(tmp_path))
    assert found.decision.rows == 1000  # a fifth
    assert found.task.threshold == found.decision.threshold < 0.5
    (note,) = found.notes
    assert note.keys == ("label", "decision")
    assert note.text.startswith("`yes` is answered above a probability of 0.")
    assert "for the largest f1: f1 0." in note.text
    assert "on 1,000 training rows that the model was not fitted to (f1 0." in note.text


def test_fit_model_decision_that_keeps_no_bound_says_so(tmp_path):
    rows = made(1000)
    rows.inputs["numbers"][:] = 0  # all rows get the same answer
    config = settings("linear", decision=decision(min_precision=0.99))
    found = fit_model(rows, INPUTS, Binary(("no", "yes")), config, str(tmp_path))
    assert found.notes[0].text.endswith("no threshold keeps that bound")


@pytest.mark.parametrize("family", ["linear", "dnn"])
def test_fit_model_balanced_rows_are_answered_as_if_there_were_as_many_of_each(family, tmp_path):
    rows = made(3000)
    config = settings(family, weight="balanced")
    task = Binary(("no", "yes"))
    for weighted, expected in ((rows, 0.15), (weigh(rows, config["label"]), 0.5)):
        scorer = fit_model(weighted, INPUTS, task, config, str(tmp_path)).fitted.scorer
        found = task.predictions(scorer.logits_of(rows.inputs))["probability"].numpy()
        mean = np.average(found, weights=weighted.weight)
        assert mean == pytest.approx(expected, abs=0.03)
