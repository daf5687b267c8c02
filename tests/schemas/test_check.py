"""Each rule, with how many rows break it and where the first ones stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schemas.conftest import schema_of, table_of
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.table import cell_places
from tfx_pipeline.schemas.check import CheckResult, check_table
from tfx_pipeline.schemas.rules import ALL, RULES

TABLE = "n,f,s\n1,0.5,a\n2,-1.5,b\n,,\n4,1e39,c\n-5,2.5,c\n6,,d\n7,-2.5,e\n"


def check(
    tmp_path: Path, schema: str, text: str = TABLE, environment: str | None = None
) -> CheckResult:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    parsed = schema_of(schema)
    return check_table(table_of(tmp_path / "t.csv", parsed), parsed, environment)


N = 'feature { name: "f" type: FLOAT } feature { name: "s" type: BYTES }'
F = 'feature { name: "n" type: INT } feature { name: "s" type: BYTES }'
S = 'feature { name: "n" type: INT } feature { name: "f" type: FLOAT }'


@pytest.mark.parametrize(
    ("rules", "name", "rows", "values", "limit"),
    [
        (N + 'feature { name: "n" type: INT int_domain { min: 0 } }', "min/n", 1, ["-5"], -5),
        (
            N + 'feature { name: "n" type: INT int_domain { max: 3 } }',
            "max/n",
            3,
            ["4", "6", "7"],
            7,
        ),
        (
            F + 'feature { name: "f" type: FLOAT float_domain { min: 0 } }',
            "min/f",
            2,
            ["-1.5", "-2.5"],
            -2.5,
        ),
        (
            F + 'feature { name: "f" type: FLOAT float_domain { disallow_inf: true } }',
            "inf/f",
            1,
            ["1e39"],
            None,
        ),
        (
            S + 'feature { name: "s" type: BYTES string_domain { value: "a" } }',
            "domain/s",
            5,
            ["b", "c", "d"],
            ["b", "c", "d", "e"],
        ),
        (
            S + 'feature { name: "s" type: BYTES int_domain {} }',
            "domain/s",
            6,
            ["a", "b", "c"],
            ["a", "b", "c", "d", "e"],
        ),
        (
            F + 'feature { name: "f" type: FLOAT presence { min_fraction: 1 } }',
            "min_fraction/f",
            2,
            ["", ""],
            5 / 7,
        ),
        (
            F + 'feature { name: "f" type: FLOAT presence { min_count: 6 } }',
            "min_count/f",
            2,
            ["", ""],
            5,
        ),
        (
            N + 'feature { name: "n" type: INT value_count { min: 2 } }',
            "value_count/n",
            0,
            [],
            None,
        ),
        (
            N + 'feature { name: "n" type: INT shape { dim { size: 1 } } }',
            "shape/n",
            1,
            [""],
            None,
        ),
        (
            S + 'feature { name: "s" type: BYTES unique_constraints { min: 1 max: 3 } }',
            "unique_max/s",
            0,
            [],
            5,
        ),
        (
            S + 'feature { name: "s" type: BYTES unique_constraints { min: 9 max: 10 } }',
            "unique_min/s",
            0,
            [],
            5,
        ),
        (S, "column/s", 6, ["a", "b", "c"], None),
        (
            S
            + 'feature { name: "s" type: BYTES }'
            + 'feature { name: "gone" type: INT presence { min_count: 1 } }',
            "column/gone",
            0,
            [],
            "optional",
        ),
        (
            N + 'feature { name: "n" type: INT } dataset_constraints { min_examples_count: 8 }',
            f"rows/{ALL}",
            0,
            [],
            7,
        ),
        (
            S + 'feature { name: "s" type: BYTES domain: "gone" }',
            "schema/s",
            0,
            [],
            None,
        ),
    ],
)
def test_check_finds_the_one_rule_that_is_broken(
    rules: str, name: str, rows: int, values: list[str], limit: object, tmp_path: Path
) -> None:
    result = check(tmp_path, rules)
    (found,) = result.findings
    assert (found.name, found.evidence.rows, found.limit) == (name, rows, limit)
    assert [cell.value for cell in found.evidence.cells] == values
    assert found.rule in RULES and result.rows == 7


def test_check_of_unfit_cells_counts_them_and_goes_on(tmp_path: Path) -> None:
    schema = 'feature { name: "n" type: INT int_domain { max: 3 } presence { min_fraction: 1 } }'
    result = check(tmp_path, schema, "n\n1\nx\n2.5\nx\n9\n")
    assert [(x.name, x.evidence.rows) for x in result.findings] == [("type/n", 3), ("max/n", 1)]
    assert [(c.index, c.value) for c in result.findings[0].evidence.cells] == [(1, "x"), (2, "2.5")]


def test_check_of_values_within_the_domain_mass_tolerates_them(tmp_path: Path) -> None:
    schema = (
        'feature { name: "s" type: BYTES string_domain { value: "a" }'
        " distribution_constraints { min_domain_mass: 0.5 } }"
    )
    result = check(tmp_path, schema, "s\na\na\nb\n")
    assert result.findings == [] and [x.limit for x in result.tolerated] == [["b"]]
    result = check(tmp_path, schema, "s\na\nb\nb\n")
    assert [x.name for x in result.findings] == ["domain/s"] and result.tolerated == []


SERVED = """
default_environment: "TRAINING" default_environment: "SERVING"
feature { name: "n" type: INT presence { min_fraction: 1 } }
feature { name: "y" type: INT presence { min_fraction: 1 } not_in_environment: "SERVING" }
"""


@pytest.mark.parametrize(
    ("text", "environment", "names"),
    [
        ("n\n1\n2\n", "SERVING", []),
        ("n\n1\n2\n", "TRAINING", ["column/y"]),
        ("n\n1\n2\n", None, ["column/y"]),
        ("n,y\n1,0\n2,1\n", "TRAINING", []),
        ("n,y\n1,0\n2,1\n", "SERVING", ["environment/y"]),
        ("n,y\n1,\n2,\n", "SERVING", []),
    ],
)
def test_check_asks_of_each_environment_what_it_has(
    text: str, environment: str | None, names: list[str], tmp_path: Path
) -> None:
    assert [x.name for x in check(tmp_path, SERVED, text, environment).findings] == names


def test_check_says_what_a_single_table_cannot_break(tmp_path: Path) -> None:
    schema = 'feature { name: "n" type: INT drift_comparator { infinity_norm { threshold: 0 } } }'
    result = check(tmp_path, schema, "n\n1\n")
    assert (result.findings, result.unchecked) == ([], ["drift_comparator of `n`"])


def test_check_says_what_the_rules_allow_and_no_row_has(tmp_path: Path) -> None:
    schema = (
        'feature { name: "n" type: INT int_domain { min: -5 max: 9 } }'
        'feature { name: "f" type: FLOAT presence { min_fraction: 0.2 } }'
        'feature { name: "s" type: BYTES string_domain { value: "a" value: "z" } }'
        'feature { name: "t" type: BYTES }'
    )
    spare = check(tmp_path, schema, "n,f,s,t\n1,,a,\n-5,1.5,a,\n").spare
    assert [(x.name, x.limit) for x in spare] == [
        ("max/n", 1),
        ("min_fraction/n", 1.0),
        ("min_fraction/f", 0.5),
        ("domain/s", ["z"]),
        ("min_fraction/s", 1.0),
        ("column/t", None),
    ]


def test_check_counts_over_blocks_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfx_pipeline.ingestion.reading.regular_text._BLOCK_BYTES", 64)
    for name in ("a", "b"):
        rows = "".join(f"{i},{name}{i % 50}\n" for i in range(100))
        (tmp_path / f"{name}.csv").write_text(f"n,s\n{rows}", encoding="utf-8")
    schema = schema_of(
        'feature { name: "n" type: INT int_domain { max: 89 } }'
        'feature { name: "s" type: BYTES string_domain { value: "a0" } }'
    )
    big, outside = check_table(table_of(tmp_path, schema), schema).findings
    assert (big.evidence.rows, big.limit) == (20, 99)
    cells = [(c.path.name, c.index, c.value) for c in big.evidence.cells]
    assert cells == [("a.csv", 90, "90"), ("a.csv", 91, "91"), ("a.csv", 92, "92")]
    assert outside.evidence.rows == 198 and len(outside.limit) == 99


def test_places_of_evidence_count_lines_of_quoted_cells_and_blank_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    schema = (
        'feature { name: "n" type: INT int_domain { max: 0 } } feature { name: "s" type: BYTES }'
    )
    (found,) = check(tmp_path, schema, 'n,s\n1,"x\ny"\n\n2,z\n0,w\n3,w\n').findings
    cells = found.evidence.cells
    assert cell_places(cells, CsvFormat(), set()) == ["t.csv:2", "t.csv:5", "t.csv:7"]
