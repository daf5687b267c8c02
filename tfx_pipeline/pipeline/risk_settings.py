"""Translate the configuration of the risk checks to what ModelRiskAssessor takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.components.model_risk.settings import RiskSettings
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.features import OrdinalFeature
from tfx_pipeline.evaluation.risk.findings import CHECKS


def make_risk_settings(config: PipelineConfig, learning: Mapping[str, Any]) -> RiskSettings:
    """Say to ModelRiskAssessor what it checks; `learning` are the settings of the Trainer."""
    risk, label, split = config.risk, config.label, config.data.split
    sections = risk.model_dump(mode="json")
    for rule in sections["rules"]["rules"]:  # the words of an ordinal feature have an order
        feature = config.features.get(rule["features"][0])
        if isinstance(feature, OrdinalFeature) and not rule["values"]:
            rule["values"] = list(feature.values)
    kinds = dict.fromkeys((x.key for x in config.lookups.values()), "lookup")
    kinds |= {name: feature.kind for name, feature in config.features.items()}
    classes = () if label.task == "regression" else tuple(label.classes) or ("0", "1")
    return RiskSettings(
        config.name,
        label.task,
        classes,
        checks={name: sections[name] for name in CHECKS},
        accepted=tuple(sections["accepted"]),
        sample_rows=risk.sample_rows,
        seed=risk.seed,
        features=kinds,
        marks={name: tuple(x.missing) for name, x in config.features.items() if x.missing},
        clusters=tuple(split.columns) if split.by == "key" else (),
        divided_by_chance=split.by in ("row", "key"),
        learning=None if config.hooks.run_fn else dict(learning),
    )
