from __future__ import annotations

import json

import numpy as np
import pytest

from tfx_pipeline.config.sections.model import ModelConfig
from tfx_pipeline.modules.learners import families
from tfx_pipeline.modules.learners.auto import candidates
from tfx_pipeline.modules.learners.auto.learning import learn
from tfx_pipeline.modules.learners.learner import Fitted, LearningRows, Scorer
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Binary, learn_task
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = [pytest.mark.slow, pytest.mark.once]
INPUTS = ModelInputs(dict.fromkeys("abcdef", 1), {})


def made(rows, rule, seed=0):
    """Rows of six numbers, the first two of which tell the label by a rule, with some noise."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, 6)).astype(np.float32)
    labels = random.random(rows) < 1 / (1 + np.exp(-3 * rule(numbers)))
    return TransformedRows({"numbers": numbers}, labels.astype(np.int64))


def fit(rows, directory, task=None, seed=0, share=0.2, mlp=None, **auto):
    auto = {"candidates": ["linear", "trees"], **auto}
    fields = {"family": "auto", "auto": auto, "mlp": mlp or {}}
    model = ModelConfig.model_validate({**fields, "seed": seed}).model_dump(mode="json")
    learning = LearningRows.divided(rows, share, seed)
    return learn(learning, INPUTS, task or Binary(("0", "1")), model, str(directory))


def plane(numbers):
    return numbers[:, 0] - numbers[:, 1]


def checkers(numbers):
    return np.where((numbers[:, 0] > 0) == (numbers[:, 1] > 0.5), 1, -1)


def test_learn_what_only_trees_can_is_left_to_them(tmp_path):
    fitted = fit(made(4000, checkers), tmp_path)
    found = fitted.notes["candidates"]
    assert (found["linear"]["weight"], found["trees"]["weight"]) == (0, 1)
    assert found["linear"]["auc"] < 0.8 < 0.9 < found["trees"]["auc"]
    assert list(fitted.notes["members"]) == ["trees"]
    assert fitted.summary[0].startswith("the model is the trees, by 800 training rows held out: ")


def test_learn_what_is_linear_goes_mostly_to_the_linear_model(tmp_path):
    fitted = fit(made(4000, plane), tmp_path)
    assert fitted.notes["candidates"]["linear"]["weight"] >= 0.7


def test_learn_few_rows_are_judged_in_folds_and_all_of_them_fitted_to(tmp_path):
    rows = made(600, plane)
    fitted = fit(rows, tmp_path)
    notes = fitted.notes
    assert (notes["judged_rows"], notes["folds"], notes["refitted"]) == (600, 3, True)
    assert sorted(fitted.unseen.rows) == list(range(600))
    assert "by 600 training rows in 3 folds: linear loss 0." in fitted.summary[0]
    assert notes["members"]["linear"]["rows"] == 600
    own = fitted.scorer.logits_of(rows.inputs, fitted.unseen.rows)
    assert np.abs(own - fitted.unseen.logits).max() > 1e-3  # out of fold, not its own


def test_learn_unseen_logits_without_folds_are_the_models(tmp_path):
    rows = made(4000, plane)
    fitted = fit(rows, tmp_path, refit=False)
    own = fitted.scorer.logits_of(rows.inputs, fitted.unseen.rows)
    np.testing.assert_allclose(own, fitted.unseen.logits, atol=1e-5)


def test_learn_many_rows_are_all_fitted_to_in_the_end_where_it_pays(tmp_path):
    rows = made(4000, plane)
    notes = fit(rows, tmp_path, candidates=["linear"]).notes
    assert (notes["refitted"], notes["members"]["linear"]["rows"]) == (True, 4000)
    notes = fit(rows, tmp_path, candidates=["linear"], refit=False).notes
    assert (notes["refitted"], notes["members"]["linear"]["rows"]) == (False, 3200)


def test_learn_networks_of_folds_answer_by_their_mean(tmp_path):
    rows = made(200, plane)
    fitted = fit(rows, tmp_path, candidates=["mlp"], folds=2, mlp={"epochs": 3})
    member = fitted.notes["members"]["mlp"]
    assert member["networks"] == 2 and len(member["folds"]) == 2
    halves = fitted.unseen.rows[:100], fitted.unseen.rows[100:]
    assert fitted.scorer.logits_of(rows.inputs, halves[0]).shape == (100, 1)
    assert sum(variable.shape.num_elements() for variable in fitted.scorer.variables) > 200_000


def test_learn_figures_are_those_of_the_unseen_answers(tmp_path):
    import sklearn.metrics as sk

    rows = made(1000, plane)
    fitted = fit(rows, tmp_path)
    answers = 1 / (1 + np.exp(-fitted.unseen.logits[:, 0]))
    labels, mean = rows.label[fitted.unseen.rows], fitted.notes["mean"]
    assert mean["held_out_loss"] == pytest.approx(sk.log_loss(labels, answers), rel=1e-4)
    assert mean["auc"] == pytest.approx(sk.roc_auc_score(labels, answers), abs=1e-5)
    alone = min(x["held_out_loss"] for x in fitted.notes["candidates"].values())
    assert mean["held_out_loss"] <= 1.0126 * alone  # what 1,000 rows let near to equal ones cost


def test_learn_regression_tells_errors_in_the_unit_of_the_label(tmp_path):
    random = np.random.default_rng(0)
    numbers = random.normal(size=(1000, 6)).astype(np.float32)
    label = (1000 * numbers[:, 0] + 100 * random.normal(size=1000) + 5000).astype(np.float32)
    rows = TransformedRows({"numbers": numbers}, label)
    task = learn_task({"task": "regression", "classes": []}, label)
    fitted = fit(rows, tmp_path, task)
    assert fitted.notes["mean"]["rmse"] == pytest.approx(100, rel=0.1)
    answers = fitted.scorer.logits_of(rows.inputs)[:, 0] * task.deviation + task.mean
    assert np.sqrt(np.square(answers - label).mean()) == pytest.approx(100, rel=0.1)


def test_learn_same_seed_same_model_other_seed_nearly_the_same(tmp_path):
    rows = made(800, plane)
    first, again, other = (
        fit(rows, tmp_path, seed=seed).scorer.logits_of(rows.inputs) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    answers = [1 / (1 + np.exp(-x)) for x in (first, other)]
    assert 0 < np.abs(answers[0] - answers[1]).mean() < 0.03


def test_learn_rows_weigh_in_the_choice(tmp_path):
    rows = made(3000, checkers)
    flat = made(3000, plane, seed=1)
    both = TransformedRows(
        {"numbers": np.concatenate([rows.inputs["numbers"], flat.inputs["numbers"]])},
        np.concatenate([rows.label, flat.label]),
    )
    only_flat = np.repeat([0, 2], 3000).astype(np.float32)
    weighted = fit(both._replace(weight=only_flat), tmp_path).notes
    plain = fit(both, tmp_path).notes
    assert plain["candidates"]["trees"]["weight"] > 0.8
    assert weighted["candidates"]["linear"]["weight"] > 0.6


def test_learn_too_few_rows_to_judge_by_is_the_first_candidate(tmp_path):
    fitted = fit(made(12, plane), tmp_path)
    assert "candidates" not in fitted.notes
    assert fitted.summary == [
        "the model is linear: there are too few training rows to choose by others"
    ]
    assert fitted.scorer.logits_of(made(12, plane).inputs).shape == (12, 1)


def test_learn_notes_are_json(tmp_path):
    json.dumps(fit(made(300, plane), tmp_path).notes)


def test_learn_settings_found_in_folds_are_those_of_the_last_fit(tmp_path, monkeypatch):
    told = []

    def learner(learning, inputs, task, config, directory):
        told.append((len(learning.held_out), config["trees"]["rounds"]))
        fitted = families_learner(learning, inputs, task, config, directory)
        return Fitted(fitted.scorer, {**fitted.notes, "rounds": 4 * len(told)})

    families_learner = families.learner_of("trees")
    monkeypatch.setattr(
        "tfx_pipeline.modules.learners.auto.candidates.learner_of", lambda _: learner
    )
    fit(made(500, checkers), tmp_path, candidates=["trees"], folds=2)
    assert told == [(250, None), (250, None), (0, 6)]  # sqrt(4 * 8) is 5.7


class NoNumbers(Scorer):
    def __call__(self, inputs):
        return inputs["numbers"][:, :1] * float("nan")


def test_learn_candidate_whose_answers_are_no_numbers_is_left_out(tmp_path, monkeypatch):
    known = candidates.learner_of

    def learner_of(family):
        return known(family) if family == "linear" else lambda *_: Fitted(NoNumbers())

    monkeypatch.setattr(candidates, "learner_of", learner_of)
    fitted = fit(made(600, plane), tmp_path)
    assert list(fitted.notes["members"]) == ["linear"]
    assert fitted.summary[1] == "trees was left out: answers that are no numbers"
    json.dumps(fitted.notes, allow_nan=False)
    with pytest.raises(FloatingPointError, match="trees was left out"):
        fit(made(600, plane), tmp_path, candidates=["trees"])
