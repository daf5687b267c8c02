"""A split scored in this process, and by workers of a Beam engine: the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.components.evaluator.evaluating import Evaluated, Evaluation
from tfx_pipeline.evaluation.kept_rows import KeptRows
from tfx_pipeline.evaluation.verdict import Bounds
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS

pytestmark = pytest.mark.slow

WORKERS = (*BEAM_OPTIONS, "--direct_running_mode=multi_processing", "--direct_num_workers=2")


def rows(count: int) -> list[dict[str, Any]]:
    random = np.random.default_rng(5)
    labels = (random.random(count) < 0.4).astype(float)
    answers = np.clip(0.4 * labels + random.random(count) / 2, 0, 1)
    return [
        {
            "answer": [float(answer)],
            "kind": [b"xyz"[i % 3 : i % 3 + 1]],
            "label": [float(label)],
            "size": [float(label + random.normal())],
            "store": [i // 4],
        }
        for i, (label, answer) in enumerate(zip(labels, answers, strict=True))
    ]


def contents(evaluated: Evaluated) -> dict[str, Any]:
    return {file.name: file.read_bytes() for file in evaluated.evaluation.iterdir()}


def test_evaluation_on_beams_workers_leaves_the_files_of_one_in_this_process(
    tmp_path: Path, saved_models: Path
) -> None:
    given: dict[str, Any] = {
        "task": "binary",
        "rows": rows(900),
        "thresholds": {"auc": Bounds(min=0.5)},
        "slices": [["kind"]],
        "baseline": 0.0,
        "clusters": '["store"]',
        "shards": 3,
    }
    evaluation = Evaluation(tmp_path, saved_models)
    here = evaluation.run(**given)
    before, verdict = contents(here), here.verdict
    elsewhere = evaluation.run(**given, beam=WORKERS)
    assert contents(elsewhere) == before
    assert elsewhere.verdict == verdict and verdict.blessed
    assert not (tmp_path / "ours/temp/scored_batches").exists()
    facts = json.loads(before["evaluation.json"])
    assert facts["rows"] == 900 and facts["linear"]["auc"]["value"] > 0.7
    kept = KeptRows.read(elsewhere.evaluation)
    sizes = np.unique(kept.clusters, return_counts=True)[1]
    assert len(sizes) == 225 and (sizes == 4).all()


def test_evaluation_does_not_depend_on_how_rows_are_spread_over_files(
    evaluation: Evaluation,
) -> None:
    made = rows(300)
    one = evaluation.run("binary", made, train=made)
    kept = KeptRows.read(one.evaluation)
    digest = one.blessing.get_string_custom_property("eval_rows")
    other = evaluation.run("binary", made[::-1], train=made, shards=4)
    again = KeptRows.read(other.evaluation)
    for name in ("candidate", "linear"):
        assert (again.answers[name] == kept.answers[name]).all()
    assert (again.ids == kept.ids).all() and (np.diff(kept.ids.astype(float)) > 0).all()
    assert other.blessing.get_string_custom_property("eval_rows") == digest
    less = evaluation.run("binary", made[1:], train=made)
    assert less.blessing.get_string_custom_property("eval_rows") != digest
