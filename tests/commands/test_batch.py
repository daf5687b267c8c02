"""`tfx-pipeline batch`: its words, its statuses, and what it prints."""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing

import pyarrow.parquet as pq
import pytest

from tests.batch.made_jobs import good_cells, make_model, write_text
from tfx_pipeline.batch.output.folder import OutputFolder
from tfx_pipeline.cli import main

ROWS = 400


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a model and a table, in which the command is typed."""
    monkeypatch.chdir(tmp_path)
    make_model(tmp_path / "made" / "7")
    make_model(tmp_path / "made" / "8", unit=1.5)
    write_text(tmp_path / "rows.csv", good_cells(ROWS))
    return tmp_path


@pytest.fixture
def batch(place, capfd):
    def run(*words: str) -> tuple[int, str, str]:
        status = main(["batch", "--model=made", "--output=out", *words])
        return (status, *capfd.readouterr())

    return run


def test_batch_answers_by_the_newest_version_and_says_by_what(batch, place):
    status, output, errors = batch("--input", "rows.csv", "--id", "key")
    assert (status, errors) == (0, "")
    assert "engine: onnx (written from the model's description, equal on 600 rows" in output
    assert "400 rows read = 400 written + 0 bad in" in output
    table = pq.read_table(place / "out")
    assert table["key"].to_pylist() == good_cells(ROWS)["key"]
    assert table.schema.metadata[b"version"] == b"8"


def test_batch_takes_the_version_that_is_asked_for(batch, place):
    assert batch("--input", "rows.csv", "--version", "7")[0] == 0
    assert pq.read_table(place / "out").schema.metadata[b"version"] == b"7"
    status, _, errors = batch("--input", "rows.csv", "--version", "9")
    assert status == 2
    assert "no version 9 of the model is there" in errors


def test_batch_prints_the_manifest_as_json(batch):
    status, output, _ = batch("--input", "rows.csv", "--json")
    assert status == 0
    document = json.loads(output)
    assert document["rows"] == {"read": ROWS, "written": ROWS, "bad": 0}
    assert document["job"]["model"]["version"] == "8"
    assert document["job"]["engine"] == "onnx"


def test_batch_shows_the_first_bad_rows_and_refuses_when_all_are_bad(batch, place):
    (place / "bad.csv").write_text("key,x,n,t\nk,abc,1,a\n")
    status, output, _ = batch("--input", "bad.csv")
    assert status == 3
    assert "1 row read = 0 written + 1 bad" in output
    assert 'bad.csv:2, x: JSON Value: "abc" Type: String is not' in output
    assert "out/_bad_rows.csv" in output


def test_batch_passes_columns_over_once_and_takes_patterns_and_folders(batch, place):
    (place / "more").mkdir()
    for name in ("b.csv", "a.csv"):
        write_text(place / "more" / name, good_cells(10))
    status, output, _ = batch("--input", "more", "row*.csv")
    assert status == 0
    assert output.count("columns passed over: key") == 1
    files = [
        x["file"] for x in json.loads((place / "out/_manifest.json").read_text())["job"]["input"]
    ]
    assert [x.rpartition("/")[2] for x in files] == ["a.csv", "b.csv", "rows.csv"]


def test_batch_names_the_command_that_goes_on(batch, place, monkeypatch):
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(OutputFolder, "add", stop)
        status, _, errors = batch("--input", "rows.csv", "--keep", "x y", "t")
        assert (status, "there is no column `x y`, which is to be kept" in errors) == (2, True)
        status, _, errors = batch("--input", "rows.csv", "--keep", "key", "t")
    assert status == 130
    command = errors.strip().partition("Go on: ")[2]
    assert main(["batch", "--model=made", "--output=out", "--input", "rows.csv"]) == 2
    assert main(shlex.split(command)[1:]) == 0
    assert pq.read_table(place / "out").column_names == ["key", "t", "probability", "class"]


def test_batch_asks_a_database(batch, place):
    with closing(sqlite3.connect(place / "rows.db")) as connection, connection:
        connection.execute("CREATE TABLE rows (key TEXT, x REAL, n INTEGER, t TEXT)")
        rows = zip(*good_cells(ROWS).values(), strict=True)
        connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", rows)
    words = ("--input", "SELECT * FROM rows ORDER BY rowid", "--id", "key")
    status, _, errors = batch(*words, "--database", "sqlite:///nowhere.db")
    assert (status, "no such file" in errors) == (2, True)
    status, _, errors = batch(*words, "--database", "postgresql://ada:secret@host/rows")
    assert (status, "password" in errors, "secret" in errors) == (2, True, False)
    assert batch(*words, "--database", "sqlite:///rows.db")[0] == 0
    assert pq.read_table(place / "out")["key"].to_pylist() == good_cells(ROWS)["key"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--input", "nothing*.csv"], 2, "no file matches this pattern"),
        (["--input", "nothing.csv"], 2, "no such file or folder"),
        (["--input", "SELECT 1"], 2, "configs/taxi.yaml"),
        (["--input", "rows.csv", "--keep", "probability"], 2, "there is no column `probability`"),
        (["--input", "short.csv"], 2, "there is no column `n`, which the model takes"),
        (["--input", "rows.csv", "lists.parquet"], 2, "`x` holds no plain values"),
        (["--input", "clash.csv", "--keep", "class"], 2, "names that the model's answers have"),
        (["--input", "empty.csv"], 3, "an empty file"),
        (["--input", "damaged.parquet"], 3, "a damaged Parquet file"),
        (["--input", "latin.csv"], 3, "byte 14 is not UTF-8 text"),
        (["--input", "dated.parquet", "--keep", "key", "--format", "csv"], 2, "--format parquet"),
    ],
)
def test_batch_refuses_what_cannot_be_used(batch, place, words, status, said):
    import pyarrow as pa

    (place / "short.csv").write_text("key,x,t\nk,1,a\n")
    (place / "clash.csv").write_text("class,x,n,t\nk,1,2,a\n")
    (place / "empty.csv").touch()
    (place / "latin.csv").write_bytes(b"key,x,n,t\nk,1,\xfc,a\n")
    (place / "damaged.parquet").write_bytes(b"PAR1" + bytes(100))
    lists = {"key": [1], "x": [[1.0]], "n": [2], "t": ["a"]}
    pq.write_table(pa.table(lists), place / "lists.parquet")
    dated = {"key": [{"of": 1}], "x": [1.0], "n": [2], "t": ["a"]}
    pq.write_table(pa.table(dated), place / "dated.parquet")
    found, output, errors = batch(*words)
    assert found == status, output + errors
    assert said in errors
    assert not list(place.glob("out/part-*"))


def test_batch_answers_without_a_column_where_that_is_allowed(batch, place):
    (place / "short.csv").write_text("key,x,t\nk,1,a\n")
    status, output, _ = batch("--input", "short.csv", "--allow-missing")
    assert status == 0
    assert "columns that are not there, and answered as missing: n" in output


def test_batch_by_onnx_imports_no_tensorflow_and_no_pandas(place):
    program = (
        "import sys; from tfx_pipeline.cli import main;"
        "status = main(['batch', '--model=made', '--output=out', '--input', 'rows.csv']);"
        "heavy = {'tensorflow', 'tfx', 'apache_beam', 'pandas'} & sys.modules.keys();"
        "sys.exit(status or ', '.join(heavy) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=place, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
