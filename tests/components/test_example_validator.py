"""The validator asks of rows what the schema asks of the environment TRAINING."""

from __future__ import annotations

from pathlib import Path

import pytest
from tfx.components.example_validator import labels
from tfx.types import standard_component_specs as specs

from tests.schemas.conftest import schema_of, table_of
from tests.schemas.tfdv_statistics import statistics_of
from tfx_pipeline.components.data_gate.anomalies import read_anomalies
from tfx_pipeline.components.example_validator import TrainingValidator, TrainingValidatorExecutor

pytestmark = pytest.mark.slow

FEATURES = """
feature { name: "a" type: INT presence { min_fraction: 1 } }
feature { name: "sent" type: INT presence { min_fraction: 1 } not_in_environment: "TRAINING" }
"""
ENVIRONMENTS = 'default_environment: "TRAINING" default_environment: "SERVING"'


@pytest.mark.parametrize(
    ("environments", "columns", "features"),
    [
        (ENVIRONMENTS, "a", []),
        (ENVIRONMENTS, "a,sent", ["sent"]),
        ("", "a,sent", []),
        ("", "a", ["sent"]),
        ('default_environment: "SERVING"', "a,b", ["b", "sent"]),
    ],
)
def test_validate_leaves_out_what_training_rows_do_not_have(
    environments: str, columns: str, features: list[str], tmp_path: Path
) -> None:
    schema = schema_of(FEATURES + environments)
    row = ",".join("1" for _ in columns.split(","))
    (tmp_path / "t.csv").write_text(f"{columns}\n{row}\n{row}\n", encoding="utf-8")
    statistics = statistics_of(table_of(tmp_path / "t.csv", schema))
    folder = tmp_path / "Split-train"
    inputs = {specs.STATISTICS_KEY: statistics, specs.SCHEMA_KEY: schema}
    TrainingValidatorExecutor()._Validate(inputs, {labels.SCHEMA_DIFF_PATH: str(folder)})
    ((split, anomalies),) = read_anomalies(tmp_path)
    assert (split, sorted(anomalies.anomaly_info)) == ("train", features)


def test_validator_is_tfxs_with_this_executor() -> None:
    assert TrainingValidator.EXECUTOR_SPEC.executor_class is TrainingValidatorExecutor
