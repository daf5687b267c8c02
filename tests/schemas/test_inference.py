"""An inferred schema is TFDV's, where both speak, and lets its own table pass."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from tests.schemas.conftest import schema_of, table_of
from tests.schemas.random_tables import write_random_table
from tests.schemas.tfdv_statistics import statistics_of
from tfx_pipeline.schemas.check import check_table
from tfx_pipeline.schemas.inference import MAX_DOMAIN, infer_schema
from tfx_pipeline.schemas.typed_columns import TypedTable

NOTHING = schema_pb2.Schema()


def assert_inferred_as_by_tfdv(table: TypedTable) -> None:
    """Compare types, presence and domains; a column without any value is unknown to TFDV."""
    ours = infer_schema(table)
    theirs = tfdv.infer_schema(statistics_of(table), infer_feature_shape=False)
    expected = {feature.name: feature for feature in theirs.feature}
    domains = {domain.name: list(domain.value) for domain in theirs.string_domain}
    found = {domain.name: list(domain.value) for domain in ours.string_domain}
    assert [x.name for x in ours.feature] == list(table.header)
    for feature in ours.feature:
        if feature.name not in expected:
            assert feature.presence.min_count == 0
            continue
        other = expected[feature.name]
        assert (feature.type, feature.presence) == (other.type, other.presence), feature.name
        kind = feature.WhichOneof("domain_info")
        assert kind == other.WhichOneof("domain_info"), feature.name
        if kind == "domain":
            assert found[feature.domain] == domains[other.domain]
        elif kind == "bool_domain":
            assert feature.bool_domain == other.bool_domain


@pytest.mark.slow
@pytest.mark.parametrize("table", ["taxi", "penguins", "ames"])
def test_infer_schema_of_a_shipped_table_is_tfdvs(table: str, repository: Path) -> None:
    assert_inferred_as_by_tfdv(table_of(repository / "data" / table, NOTHING).careful())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_infer_schema_of_a_random_table_is_tfdvs(seed: int, tmp_path: Path) -> None:
    write_random_table(tmp_path / "table.csv", random.Random(seed))
    assert_inferred_as_by_tfdv(table_of(tmp_path / "table.csv", NOTHING).careful())


@pytest.mark.parametrize("seed", range(20))
def test_infer_schema_with_ranges_lets_its_table_pass(seed: int, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    write_random_table(file, random.Random(seed))
    schema = infer_schema(table_of(file, NOTHING).careful(), [], with_ranges=True)
    found = check_table(table_of(file, schema), schema, "TRAINING").findings
    assert {x.rule for x in found} <= {"inf"}  # 1e40 is infinite as 32 bits have it


def test_infer_schema_says_which_columns_callers_do_not_send(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("price,label\n1.5,yes\n2.5,no\n", encoding="utf-8")
    schema = infer_schema(table_of(tmp_path / "t.csv", NOTHING).careful(), ["label"])
    assert schema == schema_of("""
        default_environment: "TRAINING" default_environment: "SERVING"
        feature {
          name: "price" type: FLOAT value_count { max: 1 }
          presence { min_count: 1 min_fraction: 1 }
        }
        feature {
          name: "label" type: BYTES domain: "label" value_count { max: 1 }
          presence { min_count: 1 min_fraction: 1 } not_in_environment: "SERVING"
        }
        string_domain { name: "label" value: "no" value: "yes" }
    """)


@pytest.mark.parametrize("names", [MAX_DOMAIN, MAX_DOMAIN + 1])
def test_infer_schema_lists_a_limited_number_of_categories(names: int, tmp_path: Path) -> None:
    rows = "".join(f"name {i},1.5\n" for i in range(names))
    (tmp_path / "t.csv").write_text(f"name,x\n{rows}", encoding="utf-8")
    schema = infer_schema(table_of(tmp_path / "t.csv", NOTHING).careful())
    assert len(schema.string_domain) == (names <= MAX_DOMAIN)


@pytest.mark.parametrize(
    ("cells", "is_truth"), [("0 1 1", True), ("-1 0 1", False), ("0 0 0", False)]
)
def test_infer_schema_takes_zero_and_one_for_truth(
    cells: str, is_truth: bool, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("\n".join(["n", *cells.split()]), encoding="utf-8")
    (feature,) = infer_schema(table_of(tmp_path / "t.csv", NOTHING).careful()).feature
    assert feature.HasField("bool_domain") == is_truth
