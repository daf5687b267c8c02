"""What is pushed and what is not, from the command line: no thresholds, and no numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import REPOSITORY, run_forked

pytestmark = pytest.mark.e2e

RUN_FN = """\
import tensorflow as tf

from tfx_pipeline.modules import training
from tfx_pipeline.modules.model import tasks


class Broken(tasks.Multiclass):
    def predictions(self, logits):
        answers = super().predictions(logits)
        some = answers["probabilities"]
        return answers | {"probabilities": tf.where(some[:, :1] > 0.9, float("nan"), some)}


class Ignorant(tasks.Multiclass):
    def predictions(self, logits):
        return super().predictions(tf.zeros_like(logits) + [0.4, 0.2, 0.3])


def _train(fn_args, task):
    learn_task = training.learn_task
    training.learn_task = lambda *args: task(learn_task(*args).classes)
    try:
        training.run_fn(fn_args)
    finally:
        training.learn_task = learn_task


def broken(fn_args):
    _train(fn_args, Broken)


def ignorant(fn_args):
    _train(fn_args, Ignorant)
"""


class Penguins:
    """The shipped penguins without their thresholds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY / "configs/env", folder / "configs/env")
        shutil.copytree(REPOSITORY / "data/penguins", folder / "data/penguins")
        text = (REPOSITORY / "configs/penguins.yaml").read_text(encoding="utf-8")
        text = text.partition("  thresholds:")[0]
        (folder / "configs/penguins.yaml").write_text(text, encoding="utf-8")
        (folder / "my_training.py").write_text(RUN_FN, encoding="utf-8")

    def run(self, *arguments: str, status: int) -> tuple[str, dict[str, Any]]:
        """Give the output and the summary."""
        words = [str(REPOSITORY / "run_local.py"), "--config=configs/penguins.yaml", *arguments]
        done = run_forked(words, self.folder, status)
        newest = max((self.folder / "tfx_pipeline_output/penguins/runs").iterdir())
        text = (newest / "summary.json").read_text(encoding="utf-8")
        return done.stdout + done.stderr, json.loads(text, parse_constant=pytest.fail)

    @property
    def versions(self) -> int:
        return len(list((self.folder / "serving_model").glob("*/*")))


@pytest.fixture(scope="module")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Penguins:
    return Penguins(tmp_path_factory.mktemp("penguins"))


@pytest.mark.once
def test_run_without_thresholds_pushes_a_model_that_beats_the_trivial_answer_only(
    penguins: Penguins,
) -> None:
    out, summary = penguins.run("--set=hooks.run_fn=my_training.ignorant", status=3)
    assert "the model is no better than a trivial answer" in out
    assert "verdict    refused: " in out and "nothing was pushed" in out
    assert summary["status"] == "refused" and penguins.versions == 0
    out, summary = penguins.run(status=0)
    assert "gate       no threshold is configured (evaluation.thresholds): `log_loss` must" in out
    assert "no baseline yet" in out  # what was refused is none
    assert summary["status"] == "pushed" and penguins.versions == 1


def test_run_of_a_model_that_answers_nan_is_refused_naming_rows(penguins: Penguins) -> None:
    before = penguins.versions
    out, summary = penguins.run("--set=hooks.run_fn=my_training.broken", status=3)
    assert "are no probabilities" in out and "gives [nan, nan, nan]" in out
    assert summary["status"] == "refused" and summary["metrics"] == {}
    assert penguins.versions == before
