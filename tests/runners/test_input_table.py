"""The table is diagnosed first, then the configuration is compared with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError, DataError, PipelineError
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.runners.input_table import checked_table, table_needs

CONFIG = """\
name: trips
data: {path: data}
label: LABEL
features:
  fare: {kind: numeric}
  miles: {kind: bucketized}
  started: {kind: timestamp}
  payment: {kind: categorical}
  words: {kind: text}
lookups:
  area_fare: {key: area, value: cost}
evaluation:
  slices: [[company]]
"""
LABEL = "{column: tips, task: binary, rule: tips > 0.2 * fare}"
HEADER = "fare,miles,started,payment,words,area,cost,company,tips\n"
ROWS = "5,1.5,1700000000,Cash,a b,3,2,x,0\n6,2.5,1700000100,Card,c d,4,3,y,5\n" * 30


def project(folder: Path, text: str, label: str = LABEL, schema: str = "") -> Path:
    (folder / "configs").mkdir()
    (folder / "data").mkdir()
    (folder / "data/trips.csv").write_text(text, encoding="utf-8")
    config = CONFIG.replace("LABEL", label)
    if schema:
        (folder / "schema.pbtxt").write_text(schema, encoding="utf-8")
        config = config.replace("path: data", "path: data, schema_file: schema.pbtxt")
    (folder / "configs/trips.yaml").write_text(config, encoding="utf-8")
    return folder / "configs/trips.yaml"


def refusal(config: Path) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        checked_table(load_config(config))
    return caught.value


@pytest.mark.parametrize(
    ("label", "tips"),
    [
        (LABEL, "number"),
        ("{column: tips, task: binary, rule: tips == 'big'}", "spelling"),
        ("{column: tips, task: regression}", "number"),
        ("{column: tips, task: binary, classes: [small, large]}", "category"),
        ("{column: tips, task: binary, classes: [0.0, 1.0]}", "spelling"),
    ],
)
def test_table_needs_say_what_each_column_is_used_for(
    tmp_path: Path, label: str, tips: str
) -> None:
    needs = table_needs(load_config(project(tmp_path, HEADER, label)))
    assert dict(needs.uses) == {
        "fare": "number",
        "miles": "number",
        "started": "moment",
        "payment": "category",
        "words": "text",
        "area": "category",
        "cost": "number",
        "company": "category",
        "tips": tips,
    }
    assert (needs.places["fare"] or "").endswith("trips.yaml:5")


@pytest.mark.parametrize(
    ("label", "lookup", "column", "received", "line"),
    [
        ("{column: tips, task: binary, rule: tips + payment > 3}", "cost", "payment", "'Cash'", 3),
        ("{column: tips, task: binary, rule: tips > words}", "cost", "words", "'a b'", 3),
        (LABEL, "payment", "payment", "'Cash'", 11),
        (LABEL, "words", "words", "'a b'", 11),
    ],
)
def test_checked_table_with_a_category_that_is_needed_as_a_number_names_both(
    tmp_path: Path, label: str, lookup: str, column: str, received: str, line: int
) -> None:
    config = project(tmp_path, HEADER + ROWS, label)
    config.write_text(config.read_text().replace("value: cost", f"value: {lookup}"))
    error = refusal(config)
    assert isinstance(error, DataError)
    (problem,) = error.problems
    assert problem.what.startswith(f"`{column}` is needed as a number ({config}:{line}), and stays")
    assert (problem.received, problem.place) == (received, str(tmp_path / "data/trips.csv:2"))
    assert problem.next_step


def test_checked_table_computes_with_a_category_of_whole_numbers(tmp_path: Path) -> None:
    label = "{column: tips, task: binary, rule: tips > payment}"
    rows = "".join(f"{i},1.5,1700000000,{i % 2},a,3,2,x,1\n" for i in range(60))
    table = checked_table(load_config(project(tmp_path, HEADER + rows, label)))
    assert dict(table.labels.counts) == {"0": 30, "1": 30}


def test_checked_table_whose_label_is_a_category_and_a_feature_says_so(tmp_path: Path) -> None:
    config = project(tmp_path, HEADER + ROWS, "{column: payment, task: binary}")
    assert "`payment` is the label and also a feature" in str(refusal(config))


def test_checked_table_without_a_fault_gives_types(tmp_path: Path) -> None:
    table = checked_table(load_config(project(tmp_path, HEADER + ROWS)))
    assert {plan.name: plan.type for plan in table.plans} == {
        "fare": "int64",
        "miles": "float32",
        "started": "int64",
        "payment": "string",
        "words": "string",
        "area": "int64",
        "cost": "int64",
        "company": "string",
        "tips": "int64",
    }


def test_checked_table_takes_types_from_the_schema(tmp_path: Path) -> None:
    schema = 'feature { name: "fare" type: FLOAT }\nfeature { name: "area" type: BYTES }\n'
    table = checked_table(load_config(project(tmp_path, HEADER + ROWS, schema=schema)))
    types = {plan.name: plan.type for plan in table.plans}
    assert (types["fare"], types["area"], types["cost"]) == ("float32", "string", "int64")


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (HEADER.replace(",", "^") + ROWS.replace(",", "^"), DataError, "is a single name"),
        (ROWS, DataError, "the first line looks like a row"),
        (HEADER + '5,"1.5\n' + ROWS, DataError, "a quoted cell that begins here is never closed"),
        ("PK\x03\x04xl/", DataError, "this is an Excel workbook"),
        (HEADER.replace("fare", "Fare") + ROWS, ConfigError, "`fare` is not a column of the table"),
        (HEADER + ROWS.replace("5,1.5", "x,1.5"), DataError, "`fare` has 30 values that cannot"),
        (HEADER + ROWS.replace(",Cash,", ",,").replace(",Card,", ",,"), DataError, "no value in"),
        (HEADER + ROWS.replace(",5\n", ",0\n"), DataError, "there is nothing to learn"),
        (
            HEADER + ROWS[: len(ROWS) // 30].replace("y", "d"),
            DataError,
            "there are too few rows for the splits",
        ),
    ],
)
def test_checked_table_says_the_first_cause_alone(
    tmp_path: Path, text: str, kind: type[PipelineError], expected: str
) -> None:
    error = refusal(project(tmp_path, text))
    assert type(error) is kind
    assert expected in str(error.problems[0])
    assert len(error.problems) <= 2


def test_checked_table_of_a_pattern_reads_all_that_match(tmp_path: Path) -> None:
    config = project(tmp_path, HEADER + ROWS)
    (tmp_path / "data/2024").mkdir()
    (tmp_path / "data/2024/trips.csv").write_text(HEADER + ROWS.replace("Cash", "Voucher"))
    config.write_text(config.read_text().replace("path: data", "path: data/**/*.csv"))
    table = checked_table(load_config(config))
    assert (table.rows, len(table.files)) == (120, 2)
    staged = stage_table(table, tmp_path / "staged")
    assert sorted(file.name for file in staged.glob("*.arrow")) == [
        "0001-trips.csv.arrow",
        "trips.csv.arrow",
    ]


def test_checked_table_with_a_broken_schema_names_it(tmp_path: Path) -> None:
    error = refusal(project(tmp_path, HEADER + ROWS, schema="feature { nome: 1 }"))
    assert "schema.pbtxt: not a schema" in str(error)


def test_checked_table_imports_nothing_heavy(tmp_path: Path) -> None:
    schema = 'feature { name: "fare" type: FLOAT }\n'
    config = project(tmp_path, HEADER + ROWS, schema=schema)
    program = (
        "import sys; from tfx_pipeline.config.loader import load_config;"
        "from tfx_pipeline.runners.input_table import checked_table;"
        f"from pathlib import Path; checked_table(load_config(Path({str(config)!r})));"
        "print(sorted({'tensorflow', 'tfx', 'apache_beam', 'pandas'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


@pytest.mark.parametrize(
    "rule",
    [
        "tips >",
        "class > tips",
        "tips == True",
        "tips == '1' or tips > 1",
        "tips > 9007199254740999",
        "tips if fare else 1",
        "(tips",
        "tips > fare > ",
        "len(tips)",
        "tips ** 2",
    ],
)
def test_rule_that_is_none_is_refused_by_name_and_line(tmp_path: Path, rule: str) -> None:
    label = f'{{column: tips, task: binary, rule: "{rule}"}}'
    error = refusal(project(tmp_path, HEADER + ROWS, label))
    assert isinstance(error, ConfigError)
    assert "trips.yaml:" in str(error)
    assert "rule" in str(error)


@pytest.mark.parametrize(
    ("label", "cells", "counts"),
    [
        ("rule: \"tips == '1.0'\"", ["1.0", "0.0", "1.0"], {"0": 1, "1": 2}),
        ("rule: \"tips != '1.0'\"", ["1.0", "0.0", "1.0"], {"0": 2, "1": 1}),
        ("rule: \"tips == '007'\"", ["007", "7", "7"], {"0": 2, "1": 1}),
        ("rule: \"tips == '1'\"", ["1", "0", "0"], {"0": 2, "1": 1}),
        ("classes: [0.0, 1.0]", ["1.0", "0.0", "1.0"], {"0.0": 1, "1.0": 2}),
        ("classes: ['0.0', '1.0']", ["1.0", "0.0", "1.0"], {"0.0": 1, "1.0": 2}),
        ("classes: [0, 1]", ["1.0", "0.0", "1.0"], {"0": 1, "1": 2}),
        ("classes: [1.5, 2.5]", ["1.5", "2.5", "2.5"], {"1.5": 1, "2.5": 2}),
    ],
)
def test_label_compared_with_text_is_as_the_table_spells_it(
    tmp_path: Path, label: str, cells: list[str], counts: dict[str, int]
) -> None:
    rows = "".join(f"{i},1.5,1700000000,Cash,a b,3,2,x,{cells[i % 3]}\n" for i in range(120))
    text = f"{{column: tips, task: binary, {label}}}"
    table = checked_table(load_config(project(tmp_path, HEADER + rows, text)))
    assert dict(table.labels.counts) == {name: 40 * count for name, count in counts.items()}
    (plan,) = (plan for plan in table.plans if plan.name == "tips")
    assert plan.type == ("int64" if label == "classes: [0, 1]" else "string")


def test_label_whose_spelling_a_schema_drops_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{i},1.5,1700000000,Cash,a b,3,2,x,{i % 2}.0\n" for i in range(60))
    label = "{column: tips, task: binary, rule: \"tips == '1.0'\"}"
    schema = 'feature { name: "tips" type: INT }'
    (problem,) = refusal(project(tmp_path, HEADER + rows, label, schema)).problems
    assert "numbers lose their spelling, which changes the label of 30 rows" in str(problem)
    assert "trips.csv:3" in str(problem)
