"""The verdicts of `check_table` are those of TFDV over the examples of the same file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from tests.schemas.conftest import table_of
from tests.schemas.random_tables import random_schema, write_random_table
from tests.schemas.tfdv_statistics import statistics_of, without_types
from tfx_pipeline.schemas.check import check_table
from tfx_pipeline.schemas.rules import ALL
from tfx_pipeline.schemas.typed_columns import TypedTable

pytestmark = pytest.mark.slow


def tfdv_verdict(table: TypedTable, schema: schema_pb2.Schema, environment: str | None) -> set[str]:
    """Name the features with anomalies, by TFDV, over the examples of a table."""
    statistics = statistics_of(table)
    anomalies = tfdv.validate_statistics(statistics, schema, environment)
    of_all = {ALL} if anomalies.HasField("dataset_anomaly_info") else set()
    return set(anomalies.anomaly_info) | of_all


@pytest.mark.parametrize("seed", range(60))
def test_check_of_a_random_table_finds_what_tfdv_finds(seed: int, tmp_path: Path) -> None:
    generator = random.Random(seed)
    schema, file = random_schema(generator), tmp_path / "table.csv"
    write_random_table(file, generator)
    environment = generator.choice([None, "TRAINING", "SERVING"])
    found = check_table(table_of(file, schema), schema, environment).findings
    unfit = {each.feature for each in found if each.rule == "type"}
    same = table_of(file, without_types(schema, unfit)).careful()
    expected = tfdv_verdict(same, schema, environment)
    assert {each.feature for each in found} == expected, f"{schema}\n{file.read_text()}\n{found}"
