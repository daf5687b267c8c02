"""What is accepted passes the next check, and nothing else changes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from tests.schemas.conftest import schema_of, table_of
from tests.schemas.random_tables import random_schema, write_random_table
from tfx_pipeline.schemas.allowances import allow, narrow, rounded_fraction
from tfx_pipeline.schemas.check import check_table
from tfx_pipeline.schemas.inference import infer_schema


@pytest.mark.parametrize("seed", range(40))
def test_allow_of_all_findings_leaves_none(seed: int, tmp_path: Path) -> None:
    generator = random.Random(seed)
    schema, file = random_schema(generator), tmp_path / "table.csv"
    write_random_table(file, generator)
    environment = generator.choice([None, "TRAINING", "SERVING"])
    inferred = infer_schema(table_of(file, schema_pb2.Schema()).careful(), [])
    for _ in range(3):  # of a new type, other rules are looked at
        found = check_table(table_of(file, schema), schema, environment).findings
        for each in found:
            if each.rule != "schema":
                allow(schema, each.rule, each.feature, each.limit, inferred)
    left = check_table(table_of(file, schema), schema, environment).findings
    assert [each.name for each in left if each.rule != "schema"] == []


@pytest.mark.parametrize("seed", range(40))
def test_narrow_to_what_a_table_has_still_lets_it_pass(seed: int, tmp_path: Path) -> None:
    generator = random.Random(seed)
    schema, file = random_schema(generator), tmp_path / "table.csv"
    write_random_table(file, generator)
    result = check_table(table_of(file, schema), schema)
    for each in result.spare:
        if each.limit is not None:
            narrow(schema, each.rule, each.feature, each.limit)
    again = check_table(table_of(file, schema), schema)
    assert {x.name for x in again.findings} == {x.name for x in result.findings}
    assert [x.name for x in again.spare if x.rule in ("domain", "min", "max")] == []


@pytest.mark.parametrize(("rule", "limit"), [("min", 5.0), ("max", 0.5), ("min_fraction", 0.9)])
def test_allow_never_asks_for_more_than_before(rule: str, limit: float) -> None:
    text = (
        'feature { name: "a" type: FLOAT float_domain { min: 0 max: 1 }'
        " presence { min_fraction: 0.5 } }"
    )
    schema = schema_of(text)
    allow(schema, rule, "a", limit)
    assert schema == schema_of(text)


def test_allow_of_an_infinite_value_drops_the_bound() -> None:
    schema = schema_of('feature { name: "a" type: FLOAT float_domain { min: 0 max: 1 } }')
    allow(schema, "max", "a", float("inf"))
    assert schema == schema_of('feature { name: "a" type: FLOAT float_domain { min: 0 } }')


def test_allow_adds_to_the_shared_domain_once() -> None:
    text = 'feature { name: "a" type: BYTES domain: "d" } string_domain { name: "d" value: "x" }'
    schema = schema_of(text)
    allow(schema, "domain", "a", ["y", "x"])
    assert list(schema.string_domain[0].value) == ["x", "y"]


def test_allow_of_a_new_column_brings_its_domain_under_a_free_name() -> None:
    schema = schema_of('string_domain { name: "a" value: "old" }')
    inferred = schema_of(
        'feature { name: "a" type: BYTES domain: "a" not_in_environment: "SERVING" }'
        ' string_domain { name: "a" value: "new" }'
    )
    allow(schema, "column", "a", None, inferred)
    (feature,) = schema.feature
    assert feature.domain == "a_values" and not feature.not_in_environment
    assert [list(x.value) for x in schema.string_domain] == [["old"], ["new"]]


def test_allow_of_what_no_rule_allows_is_refused() -> None:
    with pytest.raises(ValueError, match="contradicts itself"):
        allow(schema_of('feature { name: "a" type: INT }'), "schema", "a", None)
    with pytest.raises(ValueError, match="neither the schema nor the data"):
        allow(schema_pb2.Schema(), "column", "a", None)


@pytest.mark.parametrize("fraction", [1 / 3, 0.49999, 1.0, 0.00004])
def test_rounded_fraction_is_reached_by_what_was_counted(fraction: float) -> None:
    assert fraction - 1e-4 < rounded_fraction(fraction) <= fraction
