"""Changes sorted into breaking, widening and narrowing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schemas.conftest import schema_of, table_of
from tfx_pipeline.schemas.check import check_table
from tfx_pipeline.schemas.differences import data_changes, schema_changes

BASE = """
default_environment: "TRAINING" default_environment: "SERVING"
feature { name: "a" type: INT int_domain { min: 0 max: 9 } presence { min_fraction: 0.5 } }
feature { name: "s" type: BYTES domain: "d" }
string_domain { name: "d" value: "x" value: "y" }
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("type: INT", "type: FLOAT", ("breaking", "type/a")),
        ('feature { name: "s" type: BYTES domain: "d" }', "", ("breaking", "column/s")),
        (
            'domain: "d" }',
            'domain: "d" not_in_environment: "SERVING" }',
            ("breaking", "environment/s"),
        ),
        ("max: 9", "max: 10", ("widening", "max/a")),
        ("max: 9", "max: 8", ("narrowing", "max/a")),
        ("min: 0", "min: -1", ("widening", "min/a")),
        ("min: 0", "min: 1", ("narrowing", "min/a")),
        ("max: 9", "", ("widening", "max/a")),
        ("min_fraction: 0.5", "min_fraction: 0.4", ("widening", "min_fraction/a")),
        ("min_fraction: 0.5", "min_fraction: 1", ("narrowing", "min_fraction/a")),
        ('value: "y"', 'value: "y" value: "z"', ("widening", "domain/s")),
        ('value: "y"', "", ("narrowing", "domain/s")),
        (' domain: "d"', "", ("widening", "domain/s")),
        (
            "string_domain",
            'feature { name: "t" type: INT } string_domain',
            ("widening", "column/t"),
        ),
    ],
)
def test_schema_changes_are_sorted(old: str, new: str, expected: tuple[str, str]) -> None:
    assert old in BASE
    changed = BASE.replace(old, new)
    (change,) = schema_changes(schema_of(BASE), schema_of(changed))
    assert (change.kind, change.name) == expected


def test_schema_changes_of_the_same_schema_are_none() -> None:
    assert schema_changes(schema_of(BASE), schema_of(BASE)) == []


def test_data_changes_are_sorted_by_what_they_mean(tmp_path: Path) -> None:
    schema = schema_of(BASE)
    (tmp_path / "t.csv").write_text("a,s,new\n1,x,7\n12,z,8\n", encoding="utf-8")
    changes = data_changes(check_table(table_of(tmp_path / "t.csv", schema), schema), schema)
    assert [(x.kind, x.name) for x in changes] == [
        ("breaking", "max/a"),
        ("breaking", "domain/s"),
        ("widening", "column/new"),
        ("narrowing", "min/a"),
        ("narrowing", "min_fraction/a"),
        ("narrowing", "domain/s"),
        ("narrowing", "min_fraction/s"),
    ]
