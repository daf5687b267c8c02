"""Refused values are found in the table, by the tests that refused them in the split."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from tests.ingestion.table_forms import write_records, write_sqlite
from tfx_pipeline.components.data_gate.anomalies import Offence, refused_anomalies
from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.needs import CsvFormat, TableNeeds
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.runners.local.located_anomalies import configuration_options, located
from tfx_pipeline.runners.local.run_record import RunRecord

TABLE = "fare;pay\n1,5;Cash\n-2,5;Gold\n;Gold\n300;Beads\n"
SCHEMA = """
feature { name: "fare" type: FLOAT float_domain { min: 0 max: 100 } presence { min_fraction: 1 } }
feature { name: "pay" type: BYTES domain: "pay" }
string_domain { name: "pay" value: "Cash" }
"""


def offence(feature: str, kind: str) -> Offence:
    text = (
        f'anomaly_info {{ key: "{feature}" value {{ severity: ERROR path {{ step: "{feature}" }}'
        f" reason {{ type: {kind} }} }} }}"
    )
    anomalies = text_format.Parse(text, anomalies_pb2.Anomalies())
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    (found,) = refused_anomalies(anomalies, schema, warnings_too=False)
    return found


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRecord:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    needs = TableNeeds(csv=CsvFormat(decimal=","), uses={"fare": "number", "pay": "category"})
    table = read_table(tmp_path / "t.csv", needs)
    options = SimpleNamespace(command=("python", "run_local.py", "--config=my.yaml", "--no-cache"))
    return cast(Any, SimpleNamespace(table=table, options=options))


@pytest.mark.parametrize(
    ("feature", "kind", "received", "words"),
    [
        (
            "pay",
            "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
            "'Gold' at t.csv:3, 'Beads' at t.csv:5 in 2 of 3 rows (66.67%) of the train split",
            "domain/pay",
        ),
        (
            "fare",
            "FLOAT_TYPE_BIG_FLOAT",
            "'-2,5' at t.csv:3, '300' at t.csv:5 in 2 of 3 rows (66.67%) of the train split",
            "max/fare",
        ),
        (
            "fare",
            "FEATURE_TYPE_LOW_FRACTION_PRESENT",
            "(missing) at t.csv:4 in 2 of 3 rows (66.67%) of the train split",
            "min_fraction/fare=0.3333",
        ),
    ],
)
def test_located_names_file_and_line_and_the_command_of_this_run(
    feature: str, kind: str, received: str, words: str, record: RunRecord
) -> None:
    found = offence(feature, kind)
    found.rows = 2
    other = Problem("too few rows")
    error = DataError([other, found.to_problem("train", 3)], "the data breaks the schema")
    assert "t.csv" not in str(error)  # where the table is not at hand
    assert f"tfx-pipeline schema accept {words} --why '…'" in str(error)
    shown = located(error, record)
    first, problem = shown.problems
    assert (shown.title, first) == (error.title, other)
    assert problem.received == received
    assert problem.next_step
    assert problem.next_step.endswith(f"schema accept {words} --config my.yaml --why '…'")


@pytest.mark.parametrize("form", ["records", "query"])
def test_located_names_the_number_of_a_row_without_a_line(
    form: str, record: RunRecord, tmp_path: Path
) -> None:
    (tmp_path / "plain.csv").write_text("pay\nCash\nGold\nBeads\n", encoding="utf-8")
    needs = TableNeeds(uses={"pay": "category"})
    if form == "records":
        write_records(tmp_path / "plain.csv", tmp_path / "t.tfrecord")
        record.table = read_table(tmp_path / "t.tfrecord", needs)
    else:
        write_sqlite(tmp_path / "plain.csv", tmp_path / "t.db")
        query = SqlQuery(f"sqlite:///{tmp_path}/t.db", "SELECT * FROM trips", "trips")
        record.table = read_table(query.path, needs, query=query)
    found = offence("pay", "ENUM_TYPE_UNEXPECTED_STRING_VALUES")
    found.rows = 2
    (problem,) = located(DataError([found.to_problem("train", 3)]), record).problems
    place = "t.tfrecord" if form == "records" else "trips"
    assert f"'Gold' at {place}:2, 'Beads' at {place}:3 in 2 of 3 rows" in str(problem)


def test_located_passes_over_rows_that_became_no_example(record: RunRecord) -> None:
    path = record.table.files[0].path
    record.table.labels.without[path] = np.array([1])  # the first row with Gold
    found = offence("pay", "ENUM_TYPE_UNEXPECTED_STRING_VALUES")
    found.rows = 2
    (problem,) = located(DataError([found.to_problem("train", 3)]), record).problems
    assert "'Gold' at t.csv:4, 'Beads' at t.csv:5" in str(problem)


def test_located_leaves_other_refusals_as_they_are(record: RunRecord) -> None:
    error = DataError([Problem("too few rows")])
    assert located(error, record) is error


def test_configuration_options_are_what_another_command_needs() -> None:
    command = [
        "tfx-pipeline",
        "run",
        "--config",
        "a.yaml",
        "--set=a.b=c d",
        "--no-cache",
        "--env=x",
    ]
    expected = ["--config", "a.yaml", "--env", "x", "--set", "a.b=c d"]
    assert configuration_options(command) == expected
    assert configuration_options(["python", "run_local.py"]) == []


def test_problem_of_an_anomaly_is_written_and_read_as_any_other() -> None:
    problem = offence("pay", "ENUM_TYPE_UNEXPECTED_STRING_VALUES").to_problem("train", 3)
    assert str(Problem(**asdict(problem))) == str(problem)
