"""The risk checks in the pipeline: their place, what they are told, and how they are left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.test_infra_wiring import configured, nodes_of
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.pipeline.step_order import step_order

pytestmark = pytest.mark.slow


def told(node: Any) -> Any:
    from tfx_pipeline.components.model_risk.settings import RiskSettings

    return RiskSettings.from_json(node.exec_properties["settings"])


def test_create_pipeline_lets_pusher_read_the_blessing_of_the_risk_checks(
    repository: Path,
) -> None:
    nodes = nodes_of(configured(repository))
    blessing = nodes["Pusher"].inputs["model_blessing"]
    assert blessing.producer_component_id == "ModelRiskAssessor"
    inputs = nodes["ModelRiskAssessor"].inputs
    assert inputs["evaluator_blessing"].producer_component_id == "Evaluator"
    assert inputs["transform_graph"].producer_component_id == "Transform"
    assert "risk" in nodes["latest_blessed_model_resolver"].inputs
    assert nodes["InfraCheck"].upstream_nodes >= {nodes["ModelRiskAssessor"]}


def test_create_pipeline_without_risk_lets_pusher_read_the_evaluators(repository: Path) -> None:
    config = load_config(repository / "configs/penguins.yaml", "quick").config
    nodes = nodes_of(config)
    assert list(nodes) == step_order(config)
    assert "ModelRiskAssessor" not in nodes
    assert nodes["Pusher"].inputs["model_blessing"].producer_component_id == "Evaluator"
    # What was refused while they were made is no baseline now: it was never served.
    assert "risk" in nodes["latest_blessed_model_resolver"].inputs


def test_create_pipeline_tells_the_checks_what_the_configuration_says(repository: Path) -> None:
    config = configured(
        repository,
        "risk.sample_rows=500",
        "risk.accepted=[{check: shift, reason: why, by: me}]",
        "risk.membership=off",
        "risk.rules.rules=[{features: sex, effect: never_matters}]",
        "data.split.by=key",
        "data.split.columns=[island]",
        "label.weight=balanced",
    )
    settings = told(nodes_of(config)["ModelRiskAssessor"])
    assert (settings.pipeline, settings.task) == ("penguins", "multiclass")
    assert settings.classes == ("Adelie", "Chinstrap", "Gentoo")
    assert settings.sample_rows == 500
    assert settings.accepted == ({"check": "shift", "reason": "why", "by": "me"},)
    assert settings.checks["membership"]["severity"] == "off"
    assert settings.checks["rules"]["rules"][0]["features"] == ["sex"]
    assert settings.clusters == ("island",)
    assert settings.features["sex"] == "categorical"
    assert settings.divided_by_chance
    assert settings.learning["label"]["weight"] == "balanced"
    assert settings.learning["model"] == config.model_dump(mode="json")["model"]


def test_create_pipeline_with_a_users_run_fn_says_that_nobody_knows_how_to_fit(
    repository: Path,
) -> None:
    from tfx_pipeline.pipeline.parts import learning_settings
    from tfx_pipeline.pipeline.risk_settings import make_risk_settings

    config = configured(repository, "hooks.run_fn=mine.run_fn", "data.split.by=time",
                        "data.split.columns=[year]")  # fmt: skip
    settings = make_risk_settings(config, learning_settings(config))
    assert settings.learning is None
    assert not settings.divided_by_chance


def test_risk_settings_know_the_order_of_ordinal_words(repository: Path) -> None:
    from tfx_pipeline.pipeline.risk_settings import make_risk_settings

    config = configured(
        repository,
        "features.sex={kind: ordinal, values: [female, male]}",
        "risk.rules.rules=[{features: sex, effect: never_lowers, answer: Gentoo}]",
    )
    (rule,) = make_risk_settings(config, {}).checks["rules"]["rules"]
    assert rule["values"] == ["female", "male"]
