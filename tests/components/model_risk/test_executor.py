"""ModelRiskAssessor on the shipped penguins: what it writes, and when it blesses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.components.model_risk.test_examined_model import settings_of
from tfx_pipeline.evaluation.risk.findings import RISK_FILE, RiskVerdict

pytestmark = pytest.mark.slow

RULE = "risk.rules.rules=[{features: flipper_length_mm, effect: never_matters}]"
CHEAP = tuple(
    f"risk.{name}=off"
    for name in ("fairness", "robustness", "attack", "membership", "extraction", "importance")
)


class Assessment:
    """What the component left behind."""

    def __init__(
        self, folder: Path, artifacts: dict[str, str], settings: Any, **other: Any
    ) -> None:
        from tfx.types import standard_artifacts as standard

        from tfx_pipeline.components.model_risk import ModelRisk, ModelRiskExecutor

        def artifact(kind: Any, uri: str, number: int = 1) -> Any:
            made = kind()
            made.uri, made.id = uri, number
            return made

        examples = artifact(standard.Examples, artifacts["CsvExampleGen.examples"])
        examples.split_names = '["train", "eval"]'
        evaluator = other.get("evaluator", artifacts["Evaluator.blessing"])
        model = other.get("model", artifacts["Trainer.model"])
        self.risk = artifact(ModelRisk, str(folder / "risk"))
        self.blessing = artifact(standard.ModelBlessing, str(folder / "blessing"))
        graph = artifacts["Transform.transform_graph"]
        inputs = {
            "examples": [examples],
            "model": [artifact(standard.Model, model, 17)],
            "schema": [artifact(standard.Schema, artifacts["SchemaGen.schema"])],
            "transform_graph": [artifact(standard.TransformGraph, graph)],
            "evaluator_blessing": [artifact(standard.ModelBlessing, evaluator)],
        }
        outputs = {"risk": [self.risk], "blessing": [self.blessing]}
        ModelRiskExecutor().Do(inputs, outputs, {"settings": settings.to_json()})

    @property
    def verdict(self) -> RiskVerdict:
        return RiskVerdict.read(Path(self.risk.uri))

    @property
    def is_blessed(self) -> bool:
        files = {file.name for file in Path(self.blessing.uri).iterdir()}
        (mark,) = files & {"BLESSED", "NOT_BLESSED"}
        assert (mark == "BLESSED") == self.blessing.get_int_custom_property("blessed")
        return mark == "BLESSED"


def test_assessor_without_findings_blesses_what_the_evaluator_did(
    repository: Path, local_penguins: dict[str, str], tmp_path: Path
) -> None:
    made = Assessment(tmp_path, local_penguins, settings_of(repository, *CHEAP))
    assert made.is_blessed
    assert made.risk.get_int_custom_property("blessed") == 1
    assert made.blessing.get_int_custom_property("current_model_id") == 17
    assert made.blessing.get_string_custom_property("judge") == "ModelRiskAssessor"
    assert made.blessing.get_string_custom_property("current_model")
    answers = {x.check: x.answer for x in made.verdict.checks}
    assert answers["worst_rows"] == "passed"
    assert answers["rules"] == "not applicable"
    copied = Path(made.blessing.uri, "verdict.json").read_bytes()
    assert copied == Path(local_penguins["Evaluator.blessing"], "verdict.json").read_bytes()


def test_assessor_of_a_model_that_the_evaluator_refused_blesses_it_not(
    repository: Path, local_penguins: dict[str, str], tmp_path: Path
) -> None:
    refused = tmp_path / "evaluator"
    refused.mkdir()
    (refused / "NOT_BLESSED").touch()
    made = Assessment(
        tmp_path, local_penguins, settings_of(repository, *CHEAP), evaluator=str(refused)
    )
    assert not made.is_blessed
    assert made.risk.get_int_custom_property("blessed") == 1


def test_assessor_of_a_broken_rule_refuses_until_the_risk_is_taken(
    repository: Path, local_penguins: dict[str, str], tmp_path: Path
) -> None:
    settings = settings_of(repository, *CHEAP, RULE)
    made = Assessment(tmp_path / "first", local_penguins, settings)
    assert not made.is_blessed
    assert made.risk.get_int_custom_property("blessed") == 0
    assert not made.risk.has_custom_property("accepted")
    (refusal,) = made.verdict.refusals
    assert refusal.what == "a rule is broken: `flipper_length_mm` never matters"
    taken = {"check": "rules", "reason": "pilot 'x' 🐧", "by": "J. Doe"}
    made = Assessment(tmp_path / "second", local_penguins, replace(settings, accepted=(taken,)))
    assert made.is_blessed
    assert made.risk.get_int_custom_property("blessed") == 1
    today = datetime.now(timezone.utc).date().isoformat()
    (accepted,) = json.loads(made.risk.get_string_custom_property("accepted"))
    assert accepted == {**taken, "on": today}
    (kept,) = made.verdict.accepted
    assert (kept.by, kept.on) == ("J. Doe", today)


def test_assessor_of_a_model_without_raw_columns_says_that_nothing_applies(
    repository: Path, local_penguins: dict[str, str], tmp_path: Path
) -> None:
    import tensorflow as tf

    foreign = tf.Module()
    foreign.answer = tf.function(
        lambda x: {"scores": x}, input_signature=[tf.TensorSpec([None, 28, 28], tf.float32)]
    )
    folder = tmp_path / "model" / "Format-Serving"
    tf.saved_model.save(foreign, str(folder), {"serving_default": foreign.answer})
    made = Assessment(
        tmp_path,
        local_penguins,
        settings_of(repository, *CHEAP, RULE),
        model=str(tmp_path / "model"),
    )
    assert made.is_blessed
    answers = {x.check: (x.answer, x.summary) for x in made.verdict.checks}
    assert answers["rules"][0] == "not applicable"
    assert "gives ['scores'], and no 'probabilities'" in answers["rules"][1]


def test_assessor_of_a_damaged_file_fails_the_step(
    repository: Path, local_penguins: dict[str, str], tmp_path: Path
) -> None:
    from tfx_pipeline.errors import StepError

    examples = tmp_path / "examples"
    shutil.copytree(local_penguins["CsvExampleGen.examples"], examples)
    (file,) = (examples / "Split-eval").iterdir()
    file.write_bytes(file.read_bytes()[:-40])
    damaged = {**local_penguins, "CsvExampleGen.examples": str(examples)}
    with pytest.raises(StepError) as caught:
        Assessment(tmp_path, damaged, settings_of(repository, *CHEAP))
    assert "damaged" in caught.value.problems[0].what
    assert not (tmp_path / "risk" / RISK_FILE).exists()
