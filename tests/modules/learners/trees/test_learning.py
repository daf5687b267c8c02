from __future__ import annotations

import logging
import subprocess
import sys

import numpy as np
import pytest

from tests.modules.learners.trees.tables import INPUTS, TASKS, config, make_rows
from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.trees import boosting, library
from tfx_pipeline.modules.learners.trees.learning import learn

pytestmark = [pytest.mark.slow, pytest.mark.once]


def fit(rows, directory, share=0.1, task=TASKS["binary"], **trees):
    learning = LearningRows.divided(rows, share, seed=0)
    return learn(learning, INPUTS, task, config(**trees), str(directory))


def loss_of(task, rows, logits):
    return float(np.mean(task.loss(task.encoded_labels(rows.label), logits)))


@pytest.mark.parametrize("kind", TASKS)
def test_learn_each_task_is_far_better_than_guessing_on_new_rows(kind, tmp_path) -> None:
    task = TASKS[kind]
    fitted = fit(make_rows(3000, kind), tmp_path, task=task)
    new = make_rows(2000, kind, seed=2)
    guess = {"binary": 0.69, "multiclass": 1.09, "regression": 1.0}[kind]
    assert loss_of(task, new, fitted.scorer.logits_of(new.inputs)) < 0.45 * guess
    assert fitted.notes["difference"] < 1e-6
    assert fitted.notes["losses"]["held_out"] < 0.45 * guess
    assert list(tmp_path.glob("events.out.tfevents.*"))


def test_learn_twice_gives_the_same_model_and_another_seed_another(tmp_path) -> None:
    rows = make_rows(1200)
    first, again = (fit(rows, tmp_path).scorer.logits_of(rows.inputs) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    learning = LearningRows.divided(rows, 0.1, seed=0)
    other = learn(learning, INPUTS, TASKS["binary"], {**config(), "seed": 1}, str(tmp_path))
    assert (other.scorer.logits_of(rows.inputs) != first).any()


def test_learn_with_two_threads_gives_the_model_of_one(tmp_path, monkeypatch) -> None:
    rows = make_rows(1200)
    one = fit(rows, tmp_path).scorer.logits_of(rows.inputs)
    real = boosting.TreeSettings.parameters
    monkeypatch.setattr(
        boosting.TreeSettings,
        "parameters",
        lambda self, seed: {**real(self, seed), "num_threads": 2},
    )
    np.testing.assert_array_equal(fit(rows, tmp_path).scorer.logits_of(rows.inputs), one)


def test_learn_rows_in_files_gives_the_model_of_rows_in_memory(tmp_path) -> None:
    rows = make_rows(1200)
    mapped = {}
    for name, column in rows.inputs.items():
        mapped[name] = np.memmap(tmp_path / name, column.dtype, "w+", shape=column.shape)
        mapped[name][:] = column
    in_files = rows._replace(inputs=mapped)
    assert in_files.in_files
    from_files = fit(in_files, tmp_path, rounds=30)
    in_memory = fit(rows, tmp_path, rounds=30)
    logits = [x.scorer.logits_of(rows.inputs) for x in (from_files, in_memory)]
    np.testing.assert_array_equal(*logits)
    assert 0 < from_files.input_wait < 1 and in_memory.input_wait == 0


def test_learn_without_held_out_rows_grows_as_many_rounds_as_asked(tmp_path) -> None:
    fitted = fit(make_rows(600), tmp_path, share=None, rounds=7)
    assert fitted.notes["rounds"] == 7
    assert "train" in fitted.notes["losses"]
    chosen = fit(make_rows(600), tmp_path, share=None)
    assert 20 <= chosen.notes["rounds"] <= 300


def test_learn_with_held_out_rows_ends_at_their_lowest_loss(tmp_path, caplog) -> None:
    noise = make_rows(800)
    noise = noise._replace(label=np.random.default_rng(0).integers(0, 2, 800))
    with caplog.at_level(logging.INFO):
        fitted = fit(noise, tmp_path)
    assert fitted.notes["rounds"] < 60
    held_out = [x.getMessage() for x in caplog.records if "held_out loss" in x.getMessage()]
    assert held_out[0].startswith("round 10 of ")
    assert fitted.notes["losses"]["held_out"] < 0.72


def test_learn_weighted_rows_count_as_much_as_they_weigh(tmp_path) -> None:
    rows = make_rows(1500)
    plain = fit(rows, tmp_path, share=None, rounds=30).scorer.logits_of(rows.inputs)
    weight = np.where(rows.label == 1, 10, 1).astype(np.float32)
    weighted = fit(rows._replace(weight=weight), tmp_path, share=None, rounds=30)
    assert weighted.scorer.logits_of(rows.inputs).mean() > plain.mean() + 1


def test_learn_labels_that_nothing_explains_gives_their_share(tmp_path) -> None:
    """With three rows no leaf can be divided: a tree is one leaf."""
    rows = make_rows(3)
    rows = rows._replace(label=np.array([0, 1, 1]))
    fitted = fit(rows, tmp_path, share=None, min_rows_per_leaf=3)
    odds = np.exp(fitted.scorer.logits_of(rows.inputs)[:, 0])
    np.testing.assert_allclose(odds, 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("libgomp.so.1: cannot open shared object file"), "apt-get install libgomp1"),
        (ModuleNotFoundError("no", name="lightgbm"), "lightgbm is not installed: make setup"),
    ],
)
def test_learn_without_the_library_says_what_to_install(
    error, words, tmp_path, monkeypatch
) -> None:
    def import_module(_name):
        raise error

    monkeypatch.setattr(library.importlib, "import_module", import_module)
    with pytest.raises(RuntimeError, match=words):
        fit(make_rows(50), tmp_path)


def test_import_of_learning_does_not_import_the_library() -> None:
    program = (
        "import sys\n"
        "import tfx_pipeline.modules.learners.trees.learning\n"
        "import tfx_pipeline.modules.training\n"
        "assert 'lightgbm' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
