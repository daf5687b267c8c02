"""A report from what a run left in its folder, however little that is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.report.facts.values import to_json
from tfx_pipeline.report.making import facts_of
from tfx_pipeline.report.page.writing import write_report

EVALUATION = {
    "task": "binary",
    "classes": ["no", "yes"],
    "rows": 50,
    "threshold": 0.5,
    "eval_rows": "abc",
    "metrics": {
        "log_loss": {"value": 0.3, "low": 0.2, "high": 0.4, "method": "made", "rows": 50},
        "auc": {"value": None, "low": None, "high": None, "method": "none", "rows": 50},
    },
    "slices": [
        {"columns": ["name"], "values": ["Zoë Example"], "rows": 1},
        {"columns": ["name"], "values": ["many"], "rows": 49},
    ],
}


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> PipelineConfig:
    places = (
        f"environment.pipeline_root={tmp_path}/root",
        f"environment.metadata.path={tmp_path}/metadata.db",
        f"push.base_directory={tmp_path}/serving",
    )
    return load_config(repository / "configs/penguins.yaml", None, places).config


def left(pipeline: PipelineConfig, run_id: str, **values: Any) -> Path:
    """Leave what a run leaves: a summary, and the artifact of the Evaluator."""
    root = pipeline.pipeline_root
    evaluation, blessing = root / "Evaluator/evaluation/9", root / "Evaluator/blessing/9"
    for folder in (evaluation, blessing, root / "runs" / run_id):
        folder.mkdir(parents=True, exist_ok=True)
    (evaluation / "evaluation.json").write_text(json.dumps(EVALUATION))
    verdict = {"blessed": True, "gate": "thresholds on `log_loss`", "decided": "`log_loss` is 0.3"}
    (blessing / "verdict.json").write_text(json.dumps(verdict))
    summary = {
        "pipeline": pipeline.name,
        "run_id": run_id,
        "status": "pushed",
        "began": "2026-01-01T00:00:00+00:00",
        "seconds": 3.0,
        "command": ["tfx-pipeline", "run"],
        "steps": [{"id": "Evaluator", "state": "ran", "seconds": 1.0, "later": "unknown"}],
        "metrics": {"log_loss": 0.3},
        "model": f"{pipeline.serving_directory}/17",
        "artifacts": {
            "Evaluator.evaluation": str(evaluation),
            "Evaluator.blessing": str(blessing),
        },
        "lineage": [],
        **values,
    }
    (root / "runs" / run_id / "summary.json").write_text(json.dumps(summary))
    return root


def test_facts_are_read_from_summary_and_artifacts(config: PipelineConfig) -> None:
    left(config, "one")
    facts = facts_of(config, None)
    assert facts.decision.sentence == "Pushed as version 17: `log_loss` is 0.3."
    assert (facts.decision.figure, facts.decision.low) == ("log_loss", 0.2)
    assert facts.evaluation is not None
    assert facts.evaluation.metrics["log_loss"].high == 0.4
    assert [each.what for each in facts.missing] == ["pushed model"]
    assert "Zoë" not in to_json(facts)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda folder: shutil.rmtree(folder), "it was deleted since"),
        (lambda folder: (folder / "evaluation.json").unlink(), "it has no file `evaluation.json`"),
        (lambda folder: (folder / "evaluation.json").write_text("{"), "is damaged"),
        (lambda folder: (folder / "evaluation.json").write_text("[1]"), "is damaged"),
        (lambda folder: (folder / "evaluation.json").write_text('{"task": 3}'), "is damaged"),
    ],
)
def test_artifact_that_is_gone_or_damaged_is_named_and_the_rest_shown(
    config: PipelineConfig, tmp_path: Path, damage: Any, why: str
) -> None:
    root = left(config, "one")
    damage(root / "Evaluator/evaluation/9")
    facts = facts_of(config, "one")
    assert facts.evaluation is None
    (gone,) = (each for each in facts.missing if each.what == "Evaluator.evaluation")
    assert why in gone.why
    assert facts.metrics == {"log_loss": 0.3}
    page = write_report(facts, tmp_path).page.read_text(encoding="utf-8")
    assert "Evaluator.evaluation" in page


def test_run_that_no_one_knows_is_refused_with_the_nearest(config: PipelineConfig) -> None:
    with pytest.raises(ConfigError, match="no such run to read") as error:
        facts_of(config, None)
    assert "no run on this machine" in error.value.problems[0].what
    left(config, "first-run")
    with pytest.raises(ConfigError) as error:
        facts_of(config, "frist-run")
    assert "first-run" in str(error.value.problems[0].next_step)


def test_changes_are_those_since_the_last_pushed_run(config: PipelineConfig) -> None:
    for place, (run_id, status, seed) in enumerate(
        [("one", "pushed", 0), ("two", "refused", 1), ("three", "pushed", 2)]
    ):
        root = left(config, run_id, status=status, config={"model": {"seed": seed}})
        moment = 1_800_000_000 + 100 * place
        os.utime(root / "runs" / run_id / "summary.json", (moment, moment))
    changes = facts_of(config, "three").changes
    assert changes.run_id == "one"
    assert [(each.before, each.after) for each in changes.config] == [("0", "2")]
    assert facts_of(config, "one").changes.run_id == ""


def test_summary_of_an_older_release_gives_a_page(config: PipelineConfig, tmp_path: Path) -> None:
    root = left(config, "one")
    old = {"run_id": "one", "status": "failed", "steps": [], "metrics": {}, "refusals": []}
    (root / "runs/one/summary.json").write_text(json.dumps(old))
    facts = facts_of(config, "one")
    assert facts.decision.sentence.startswith("Nothing was pushed: The run failed")
    assert write_report(facts, tmp_path).page.stat().st_size > 10_000
