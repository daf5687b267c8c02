"""`tfx-pipeline data quarantine`: out, mended, and back, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runners.test_input_table import HEADER, ROWS, project
from tfx_pipeline.cli import main
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.runners.input_table import check_rows

BAD = "x,1.5,1700000000,Cash,a b,3,2,x,0\n-1,1.5,1700000000,Cash,a b,3,2,x,0\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = project(tmp_path, HEADER + ROWS + BAD)
    data = (
        "data: {path: data/trips.csv, on_bad_row: quarantine, max_bad_share: 1, tests: [fare > 0]}"
    )
    file.write_text(file.read_text().replace("data: {path: data}", data))
    (tmp_path / "configs/env").mkdir()
    (tmp_path / "configs/env/local.yaml").write_text("environment: {runner: local}\n")
    return file


def test_quarantine_is_shown_exported_and_mended_rows_come_back(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def command(*words: str) -> tuple[int, str]:
        status = main(["data", "quarantine", *words, "--config", str(config)])
        captured = capfd.readouterr()
        return status, captured.out + captured.err

    status, text = command("show")
    assert (status, "there is no such quarantine" in text) == (2, True)
    loaded = load_config(config)
    checked = check_rows(loaded)
    place = checked.keep_aside(str(loaded.config.pipeline_root))
    status, text = command("show", Path(place).name[:6])
    assert status == 0
    assert text == (
        f"{place}: 2 rows\n"
        "trips.csv:62: not a number, fare: x\n    x,1.5,1700000000,Cash,a b,3,2,x,0\n"
        "trips.csv:63: not `fare > 0`, fare: -1\n    -1,1.5,1700000000,Cash,a b,3,2,x,0\n"
    )
    status, text = command("export", "-o", "bad.csv")
    assert (status, text.splitlines()[0]) == (0, "bad.csv: 2 rows")
    exported = Path("bad.csv").read_text()
    Path("bad.csv").write_text(exported.replace(",x,1.5", ",4,1.5"))
    status, text = command("resubmit", "bad.csv")
    assert status == 3
    assert "data/trips.csv.mended-" in text
    assert "1 of 2 rows are not taken\n  bad.csv:3: still not `fare > 0`, `fare`" in text
    again = check_rows(loaded)
    assert (again.table.rows_read, again.table.rows, len(again.aside)) == (63, 61, 2)
    assert [bool(row.mended) for row in again.aside] == [True, False]
    status, text = command("resubmit", "bad.csv")
    assert (status, "2 of 2 rows are not taken" in text) == (3, True)
    status, text = command("export", "-o", "bad.csv")
    assert text.splitlines()[0] == "bad.csv: 1 rows"
