"""Real trials in real processes."""

from __future__ import annotations

import copy
import os
import time

import numpy as np
import pytest

from tests.modules.trials.test_space import model_of
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.transformed_rows import TransformedRows
from tfx_pipeline.modules.trials.parallel_search import DefaultsFirst, ParallelSearch
from tfx_pipeline.modules.trials.space import FAMILY, SPACES, setting_of
from tfx_pipeline.modules.trials.trial import TrialData, run_trial

pytestmark = [pytest.mark.slow, pytest.mark.once]
INPUTS = ModelInputs({"x": 2}, {"a": 3})
LABEL = {"column": "y", "task": "binary", "rule": None, "classes": []}


def make_data(folder, rows=400, weight=None, **model):
    random = np.random.default_rng(1)
    numbers = random.normal(size=(rows, 2)).astype(np.float32)
    ids = random.integers(0, 3, (rows, 1)).astype(np.int32)
    label = (numbers[:, 0] + (ids[:, 0] == 1) > 0.5).astype(np.int64)
    read = TransformedRows({"numbers": numbers, "ids": ids}, label, weight)
    settings = {"family": "dnn", "epochs": 2, "hidden_units": [4], **model}
    return TrialData.write(str(folder), read, INPUTS, LABEL, model_of(**settings))


def test_oracle_tries_the_configuration_before_anything_else(tmp_path) -> None:
    oracle = DefaultsFirst(["dnn", "wide_deep"], seed=3)
    oracle._set_project_dir(str(tmp_path), "x")
    trials = [oracle.create_trial(f"t{number}") for number in range(6)]
    values = [trial.hyperparameters.values for trial in trials]
    assert values[:2] == [
        {FAMILY: "dnn as configured"},
        {FAMILY: "wide_deep as configured"},
    ]
    for drawn in values[2:]:
        found = setting_of(drawn, drawn[FAMILY])
        assert found.keys() == {each.path for each in SPACES[drawn[FAMILY]]}


def test_run_trial_is_the_same_again_and_prefers_what_learns(tmp_path) -> None:
    data = make_data(tmp_path)
    slow = run_trial(data, "dnn", {"optimizer.learning_rate": 1e-6})
    fast = run_trial(data, "dnn", {"optimizer.learning_rate": 0.05})
    assert fast < slow
    assert run_trial(data, "dnn", {"optimizer.learning_rate": 0.05}) == fast


def test_search_is_never_worse_than_the_configuration(tmp_path) -> None:
    data = make_data(tmp_path)
    search = ParallelSearch(["dnn"], 0, str(tmp_path))
    began = time.monotonic()
    search.search(data, budget_s=1.0, processes=2)
    assert time.monotonic() - began < 240  # the default, and one that was begun beside it
    trials = search.oracle.get_best_trials(100)
    (default,) = [x for x in trials if x.hyperparameters.values == {FAMILY: "dnn as configured"}]
    assert trials[0].score <= default.score
    (best,) = search.get_best_hyperparameters()
    assert best.values == trials[0].hyperparameters.values
    assert default.score == pytest.approx(run_trial(data, "dnn", {}), rel=1e-5)


def test_search_of_a_configuration_that_fails_says_so(tmp_path) -> None:
    data = make_data(tmp_path, optimizer={"name": "sgd", "learning_rate": 10}, l2=1e30)
    search = ParallelSearch(["dnn"], 0, str(tmp_path))
    with pytest.raises(FloatingPointError, match="no longer a number"):
        search.search(data, budget_s=1.0, processes=1)


class DataThatKills:
    """Data of trials, which ends each process that reads it after the first so many."""

    def __init__(self, data, good):
        self.data, self.good = data, good

    def __reduce__(self):
        self.good -= 1
        return (copy.copy, (self.data,)) if self.good >= 0 else (os._exit, (1,))


def test_search_whose_process_ends_by_itself_keeps_what_was_found(tmp_path) -> None:
    search = ParallelSearch(["dnn"], 0, str(tmp_path))
    began = time.monotonic()
    search.search(DataThatKills(make_data(tmp_path), 1), budget_s=600, processes=1)
    assert time.monotonic() - began < 300
    (best,) = search.get_best_hyperparameters()
    assert best.values == {FAMILY: "dnn as configured"}


def test_search_whose_process_ends_before_anything_was_found_says_so(tmp_path) -> None:
    search = ParallelSearch(["dnn"], 0, str(tmp_path))
    with pytest.raises(RuntimeError, match=r"ended by itself.*model\.budget"):
        search.search(DataThatKills(None, 0), budget_s=600, processes=1)
