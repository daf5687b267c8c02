"""Tests of the data from the configuration to a refusal, and the quarantine on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runners.test_input_table import HEADER, LABEL, ROWS, project
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.quarantine.quarantine_file import read_quarantine
from tfx_pipeline.runners.input_table import check_rows
from tfx_pipeline.runners.local.up_to_date import early_fingerprint

BAD = "-1,1.5,1700000000,Cash,a b,3,2,x,0\n5,x,1700000000,Cash,a b,3,2,x,0\n7\n"
TESTS = """
  tests:
    - fare >= 0
    - {fresh: {column: started, max_age: 2 days}, severity: warn}
    - {in_file: {column: payment, file: payments.csv, key: kind}}
    - {function: {name: checks.slow, columns: [miles, started]}, max_bad_share: 1}
"""


def loaded(folder: Path, rows: str, more: str = "") -> LoadedConfig:
    config = project(folder, HEADER + rows)
    text = config.read_text().replace("data: {path: data}", f"data:\n  path: data{TESTS}{more}")
    config.write_text(text)
    (folder / "payments.csv").write_text("kind\nCash\nCard\n")
    (folder / "checks.py").write_text(
        "def slow(batch):\n"
        "    assert batch.schema.names == ['miles', 'started']\n"
        "    return batch.column('miles').to_numpy(zero_copy_only=False) < 2\n"
    )
    return load_config(config)


def test_check_rows_runs_all_kinds_of_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checked = check_rows(loaded(tmp_path, ROWS), now_s=1700000100.0 + 3 * 86_400)
    assert list(checked.aside) == []
    assert [result.facts()["broken"] for result in checked.table.tests] == [0, 0, 0, 30]
    row = "miles = '2.5', started = '1700000100'"
    assert checked.table.notes == (
        "data tests: 2 of 4 hold in all 60 rows",
        "`started no older than 2 days`: the newest row is 3 days old (of severity warn)",
        "30 of 60 rows (50 %) break `checks.slow(miles, started)` (within its max_bad_share):"
        f" data/trips.csv:3: {row}; data/trips.csv:5: {row}; data/trips.csv:7: {row}",
    )


def test_check_rows_refuses_bad_rows_or_puts_them_aside(tmp_path: Path) -> None:
    config = loaded(tmp_path, ROWS + BAD)
    with pytest.raises(DataError) as caught:
        check_rows(config, now_s=0.0)
    assert "1 cell in this row" in str(caught.value)
    file = tmp_path / "configs/trips.yaml"
    put_aside = "data:\n  on_bad_row: quarantine\n  max_bad_share: SHARE"
    file.write_text(file.read_text().replace("data:", put_aside, 1).replace("SHARE", "0.05"))
    checked = check_rows(load_config(file), tmp_path / "input", now_s=0.0)
    place = checked.keep_aside(str(tmp_path / "root"))
    assert read_quarantine(place) == list(checked.aside)
    assert [(row.line, row.column, row.value) for row in checked.aside] == [
        (62, "fare", "-1"),
        (63, "miles", "x"),
        (64, "", "1 cell"),
    ]
    assert (checked.table.rows_read, checked.table.rows) == (63, 60)
    file.write_text(file.read_text().replace("0.05", "0.04"))
    with pytest.raises(DataError, match="cannot be used") as caught:
        check_rows(load_config(file), now_s=0.0)
    assert "3 of 63 rows (4.76 %) cannot be used" in str(caught.value)
    assert checked.keep_aside(str(tmp_path / "root")) == place


def test_run_whose_tests_look_elsewhere_is_never_up_to_date_early(tmp_path: Path) -> None:
    config = loaded(tmp_path, ROWS)
    assert early_fingerprint(config.config, "digest") is None
    file = tmp_path / "configs/trips.yaml"
    file.write_text(file.read_text().replace(TESTS, "\n  tests: [fare >= 0, {unique: area}]\n"))
    assert early_fingerprint(load_config(file).config, "digest") is not None
    assert LABEL in file.read_text()
