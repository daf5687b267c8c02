"""Translate the configuration of the data checks to what DataGate takes."""

from __future__ import annotations

from typing import Any

from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.data_checks import ColumnChecks, ShiftCheck
from tfx_pipeline.config.sections.features import TimestampFeature
from tfx_pipeline.evaluation.data_verdict import Check, Severity
from tfx_pipeline.evaluation.distances.compare import Bounds
from tfx_pipeline.evaluation.leaks import MAX_POWER
from tfx_pipeline.modules.label_rule.rule import LabelRule


def make_check_settings(config: PipelineConfig) -> CheckSettings:
    """Say to DataGate what it checks, and what happens then."""
    checks, leaks, label = config.data.checks, config.data.checks.leaks, config.label
    features = config.features.items()
    return CheckSettings(
        pipeline=config.name,
        severities={
            "anomalies": checks.anomalies,
            "drift": checks.drift.severity,
            "skew": checks.skew.severity,
            "leaks": leaks.severity,
        },
        drift=_bounds(checks.drift, config.data.split.seed),
        skew=_bounds(checks.skew, config.data.split.seed),
        max_power=leaks.max_single_feature_power or MAX_POWER[label.task],
        columns={name: _severities(each) for name, each in checks.columns.items()},
        refuse_warnings=config.data.refuse_warnings,
        features={name: feature.kind for name, feature in features},
        timestamp_units={n: x.unit for n, x in features if isinstance(x, TimestampFeature)},
        read=_read(config),
        label=label.model_dump(mode="json", exclude={"weight", "decision"}),
        label_time=(leaks.label_time, leaks.label_time_unit) if leaks.label_time else (),
        sample_rows=checks.sample_rows,
        split_columns=config.data.split.columns,
    )


def _read(config: PipelineConfig) -> dict[str, dict[str, Any]]:
    """Give what features say of their cells; the label's rule takes those of its columns as is."""
    rule = LabelRule.parse(config.label.rule).columns if config.label.rule else ()
    said = {name: feature.model_dump(mode="json") for name, feature in config.features.items()}
    return {
        name: {key: feature.get(key) for key in ("kind", "missing", "parse", "zone")}
        for name, feature in said.items()
        if (feature["missing"] or feature.get("parse")) and name not in rule
    }


def _bounds(check: ShiftCheck, seed: int) -> Bounds:
    return Bounds(check.alpha, check.min_distance, seed)


def _severities(column: ColumnChecks) -> dict[Check, Severity | None]:
    return {
        "anomalies": column.anomalies,
        "drift": column.drift,
        "skew": column.skew,
        "leaks": column.leaks,
    }
