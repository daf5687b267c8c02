"""Whole jobs: what is answered, what is set apart, what is refused, and how a job goes on."""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.batch.made_jobs import expected, good_cells, make_model, run, write_text, written
from tfx_pipeline.batch.job import JobPlan
from tfx_pipeline.batch.output.folder import OutputFolder, opened
from tfx_pipeline.errors import ConfigError, DataError, PipelineError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery

COUNT = 1500


def bad_rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "_bad_rows.csv", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_job_answers_each_row_in_order_and_names_the_model(tmp_path, model, table):
    outcome = run(model, tmp_path / "out", table, id_column="key", kept=["n"])
    answered = pq.read_table(tmp_path / "out")
    cells, wanted = good_cells(COUNT), expected(good_cells(COUNT))
    assert answered.column_names == ["key", "n", "probability", "class"]
    assert answered["key"].to_pylist() == cells["key"]
    assert answered["n"].to_pylist() == [None if x is None else str(x) for x in cells["n"]]
    assert np.abs(answered["probability"].to_numpy() - wanted["probability"]).max() < 1e-6
    assert answered["class"].to_pylist() == wanted["class"].tolist()
    assert answered.schema.metadata[b"model"] == b"made"
    assert answered.schema.metadata[b"version"] == b"7"
    assert outcome.manifest["rows"] == {"read": COUNT, "written": COUNT, "bad": 0}
    assert [part["rows"] for part in outcome.manifest["parts"]] == [256] * 5 + [220]
    assert {x.name[0] for x in (tmp_path / "out").iterdir()} == {"p", "_"}


def test_job_of_parquet_answers_as_that_of_text(tmp_path, model, table):
    cells = good_cells(COUNT)
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table(cells), file, row_group_size=400)
    run(model, tmp_path / "text", table)
    run(model, tmp_path / "parquet", file)
    assert written(tmp_path / "text") == written(tmp_path / "parquet")


def test_job_sets_bad_rows_apart_in_the_words_of_a_server(tmp_path, model):
    lines = ["key,x,n,t", "k0,1,2,a", "k1,abc,2,a", "k2,1,2,a,9", "k3,1e999,2,b", 'k4,1,2,"b\nb"']
    lines += ["k5,1,2.5x,a", "k6,NA,,"]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(lines) + "\n")
    outcome = run(model, tmp_path / "out", file, id_column="key")
    assert outcome.manifest["rows"] == {"read": 7, "written": 3, "bad": 4}
    assert pq.read_table(tmp_path / "out")["key"].to_pylist() == ["k0", "k4", "k6"]
    found = [
        (x["line"], x["row"], x["id"], x["column"], x["value"]) for x in bad_rows(tmp_path / "out")
    ]
    assert found == [
        ("3", "2", "k1", "x", "abc"),
        ("4", "3", "", "", ""),
        ("5", "4", "k3", "x", "1e999"),
        ("8", "6", "k5", "n", "2.5x"),
    ]
    assert [x["reason"] for x in bad_rows(tmp_path / "out")] == [
        'JSON Value: "abc" Type: String is not of expected type: float',
        "the row has 5 cells, and the header 4",
        "JSON Parse error: Number too big to be stored in double.",
        'JSON Value: "2.5x" Type: String is not of expected type: double',
    ]


def test_job_sets_apart_what_is_not_utf8_behind_the_beginning(tmp_path, model):
    file = tmp_path / "rows.csv"
    good = b"k,1,2,a\n" * 40_000  # the beginning is decoded as a whole, and refused
    file.write_bytes(b"key,x,n,t\n" + good + b"k,1,2,Z\xfcrich\n" + good)
    outcome = run(model, tmp_path / "out", file, chunk_rows=1 << 17)
    assert outcome.manifest["rows"] == {"read": 80_001, "written": 80_000, "bad": 1}
    (bad,) = bad_rows(tmp_path / "out")
    assert (bad["line"], bad["value"], bad["reason"]) == (
        "40002",
        "Z\\xfcrich",
        "it is not UTF-8 text",
    )


def test_job_reads_numbers_as_the_first_rows_write_them(tmp_path, model):
    lines = ["key;x;n;t", "k0;1.234,5;1.000;a", "k1;3,25;7;a", "k2;2,5;1.234.567;a"]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(lines))
    plain = write_text(
        tmp_path / "plain.csv",
        {
            "key": ["k0", "k1", "k2"],
            "x": [1234.5, 3.25, 2.5],
            "n": [1000, 7, 1234567],
            "t": ["a"] * 3,
        },
    )
    run(model, tmp_path / "german", file)
    run(model, tmp_path / "plain", plain)
    assert written(tmp_path / "german") == written(tmp_path / "plain")


def test_job_refuses_numbers_that_can_be_read_in_two_ways(tmp_path, model):
    file = tmp_path / "rows.csv"
    file.write_text('key,x,n,t\nk,"1,234",2,a\n')
    with pytest.raises(DataError) as error:
        run(model, tmp_path / "out", file)
    assert "`x` can be read in two ways" in str(error.value)


def test_job_of_no_row_writes_a_file_that_can_be_read(tmp_path, model):
    file = tmp_path / "rows.csv"
    file.write_text("key,x,n,t\n")
    outcome = run(model, tmp_path / "out", file, id_column="key")
    assert pq.read_table(tmp_path / "out").column_names == ["key", "probability", "class"]
    assert outcome.manifest["rows"] == {"read": 0, "written": 0, "bad": 0}


def test_job_keeps_a_thousand_columns(tmp_path, model):
    cells = {**good_cells(300), **{f"c{place}": [float(place)] * 300 for place in range(1000)}}
    pq.write_table(pa.table(cells), tmp_path / "rows.parquet")
    run(model, tmp_path / "out", tmp_path / "rows.parquet", kept=["*"], chunk_rows=0)
    answered = pq.read_table(tmp_path / "out")
    assert answered.shape == (300, 1006)
    assert answered["c999"].to_pylist() == [999.0] * 300


def test_job_writes_csv(tmp_path, model, table):
    run(model, tmp_path / "out", table, written="csv", id_column="key")
    rows = []
    for file in sorted((tmp_path / "out").glob("part-*.csv")):
        with open(file, encoding="utf-8", newline="") as stream:
            rows += list(csv.DictReader(stream))
    wanted = expected(good_cells(COUNT))
    assert [row["key"] for row in rows] == good_cells(COUNT)["key"]
    found = np.array([float(row["probability"]) for row in rows])
    assert np.abs(found - wanted["probability"]).max() < 1e-6


def test_job_writes_probabilities_as_a_list_or_as_json(tmp_path, table):
    model = make_model(tmp_path / "m" / "1", answer="multiclass")
    run(model, tmp_path / "parquet", table)
    run(model, tmp_path / "csv", table, written="csv")
    lists = pq.read_table(tmp_path / "parquet")["probabilities"].to_pylist()
    with open(tmp_path / "csv/part-00000.csv", encoding="utf-8", newline="") as stream:
        texts = [row["probabilities"] for row in csv.DictReader(stream)]
    read = np.array([json.loads(text) for text in texts], np.float32)
    assert (read == np.array(lists[:256], np.float32)).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kept": ["t"]}, "another `keep`"),
        ({"written": "csv"}, "another `format`"),
        ({"engine": "tensorflow"}, "another engine"),
    ],
)
def test_job_goes_on_with_the_same_options_only(tmp_path, model, table, change, said):
    stop_at_first_chunk(model, tmp_path / "out", table)
    before = sorted((tmp_path / "out").rglob("*"))
    with pytest.raises(ConfigError) as error:
        run(model, tmp_path / "out", table, resumes=True, **change)
    assert said in str(error.value)
    assert sorted((tmp_path / "out").rglob("*")) == before


def stop_at_first_chunk(model: Path, output: Path, *files: Path) -> None:
    """Begin a job, and stop it as Ctrl-C does."""

    def stop(text: str) -> None:
        if text.startswith("engine"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(model, output, *files, say=stop)
    with opened(output) as folder:
        folder.begin({**document(model, output, files), "engine": "onnx", "chunk_rows": 256})


def document(model: Path, output: Path, files: tuple[Path, ...]) -> dict[str, object]:
    from tfx_pipeline.batch.job import job_document
    from tfx_pipeline.batch.models import find_model

    plan = JobPlan(model=find_model(model, ""), output=output, files=files)
    return {**job_document(plan, plan.states()), "number_styles": {}}


def test_job_goes_on_with_the_same_model_only(tmp_path, model, table):
    stop_at_first_chunk(model, tmp_path / "out", table)
    other = make_model(tmp_path / "made" / "8", unit=1.5)
    with pytest.raises(ConfigError) as error:
        run(other, tmp_path / "out", table, resumes=True)
    assert "it was begun with another model" in str(error.value)
    assert "made version 7" in str(error.value) and "made version 8" in str(error.value)


def test_job_goes_on_with_the_same_files_only(tmp_path, model):
    file = write_text(tmp_path / "rows.csv", good_cells(400))
    stop_at_first_chunk(model, tmp_path / "out", file)
    write_text(file, good_cells(400, seed=1))
    with pytest.raises(ConfigError) as error:
        run(model, tmp_path / "out", file, resumes=True)
    assert "rows.csv: it changed since the job was begun" in str(error.value)


def test_job_is_not_begun_over_an_interrupted_one(tmp_path, model, table):
    stop_at_first_chunk(model, tmp_path / "out", table)
    with pytest.raises(ConfigError) as error:
        run(model, tmp_path / "out", table, resume_command="tfx-pipeline batch … --resume")
    assert "tfx-pipeline batch … --resume" in str(error.value)


def test_job_that_is_finished_is_not_done_again(tmp_path, model, table):
    run(model, tmp_path / "out", table)
    before = written(tmp_path / "out")
    with pytest.raises(ConfigError, match="cannot be used"):
        run(model, tmp_path / "out", table)
    assert run(model, tmp_path / "out", table, resumes=True).was_finished
    assert written(tmp_path / "out") == before


def test_job_refuses_a_folder_that_holds_something_else(tmp_path, model, table):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(ConfigError) as error:
        run(model, tmp_path, table)
    assert "the folder holds something else" in str(error.value)
    assert "letter.txt" in str(error.value)


def test_job_that_cannot_be_begun_leaves_no_folder_that_was_not_there(tmp_path, model, table):
    (tmp_path / "empty").mkdir()
    for output in (tmp_path / "new", tmp_path / "empty"):
        with pytest.raises(ConfigError, match="there is no column `bogus`"):
            run(model, output, table, kept=["bogus"])
    assert [x.name for x in tmp_path.iterdir()] == ["empty"]


def test_job_refuses_a_folder_in_which_another_process_works(tmp_path, model, table):
    with opened(tmp_path / "out"), pytest.raises(ConfigError) as error:
        run(model, tmp_path / "out", table)
    assert "another process writes there" in str(error.value)


def test_job_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    tmp_path, model, table, monkeypatch
):
    synced, fsync = [0], os.fsync

    def full(descriptor: int) -> None:
        synced[0] += 1
        if synced[0] > 12:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(PipelineError) as error:
            run(model, tmp_path / "out", table)
    assert "No space left on device" in str(error.value)
    assert "--resume" in str(error.value)
    done = len(list((tmp_path / "out").glob("part-*")))
    assert 0 < done < 6
    run(model, tmp_path / "whole", table)
    run(model, tmp_path / "out", table, resumes=True)
    assert written(tmp_path / "out") == written(tmp_path / "whole")


def test_job_stops_when_a_file_changes_while_it_is_read(tmp_path, model):
    file = write_text(tmp_path / "rows.csv", good_cells(400))

    def change(text: str) -> None:
        if text.startswith("engine"):
            with open(file, "a", encoding="utf-8") as stream:
                stream.write("k,1,2,a\n")

    with pytest.raises(DataError) as error:
        run(model, tmp_path / "out", file, say=change)
    assert "it changed while it was read" in str(error.value)
    assert not list((tmp_path / "out").glob("part-*"))


def test_job_stops_when_a_file_vanishes_while_it_is_read(tmp_path, model):
    file = write_text(tmp_path / "rows.csv", good_cells(400))
    with pytest.raises(DataError) as error:
        run(model, tmp_path / "out", file, say=lambda text: file.unlink(missing_ok=True))
    assert "vanished" in str(error.value) or "No such file" in str(error.value)


def test_job_killed_at_any_write_goes_on_without_a_doubled_or_lost_row(tmp_path, model):
    """Each process is killed by SIGKILL at a write of its own, the next one goes on."""
    cells = good_cells(1500)
    cells["x"][700] = "abc"
    files = [write_text(tmp_path / "a.csv", cells), write_text(tmp_path / "b.csv", good_cells(500))]
    run(model, tmp_path / "whole", *files, id_column="key")
    command = [sys.executable, "-m", "tests.batch.made_jobs", str(model), str(tmp_path / "out")]
    draw = random.Random(7)
    deaths = 0
    for at in [3, *(draw.randint(8, 24) for _ in range(4)), 10_000]:
        done = subprocess.run(
            [*command, str(at), *map(str, files)], capture_output=True, text=True, timeout=120
        )
        if not done.returncode:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        deaths += 1
    assert deaths >= 3
    assert done.returncode == 0
    assert written(tmp_path / "out") == written(tmp_path / "whole")
    keys = pq.read_table(tmp_path / "out")["key"].to_pylist()
    assert keys == [x for x in cells["key"] if x != "k700"] + good_cells(500)["key"]


@pytest.fixture
def database(tmp_path) -> Path:
    file = tmp_path / "rows.db"
    cells = good_cells(COUNT)
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE rows (key TEXT, x REAL, n INTEGER, t TEXT)")
        rows = zip(*cells.values(), strict=True)
        connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", rows)
    return file


def query(database: Path) -> SqlQuery:
    return SqlQuery(f"sqlite:///{database}", "SELECT * FROM rows ORDER BY rowid")


def test_job_goes_on_with_the_bytes_of_the_whole_wherever_blocks_end(tmp_path, model):
    cells = good_cells(70_000)
    cells["key"] = [f"{x:>100}" for x in cells["key"]]  # more than a page
    table = pa.table({**cells, "kind": pa.array(cells["t"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=7001)
    options = {"kept": ["key", "kind"], "chunk_rows": 32_768}
    run(model, tmp_path / "whole", tmp_path / "rows.parquet", **options)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(OutputFolder, "add", _stopping(OutputFolder.add, after=1))
        with pytest.raises(KeyboardInterrupt):
            run(model, tmp_path / "out", tmp_path / "rows.parquet", **options)
    run(model, tmp_path / "out", tmp_path / "rows.parquet", **options, resumes=True)
    assert written(tmp_path / "out") == written(tmp_path / "whole")
    assert pq.read_table(tmp_path / "out")["kind"].to_pylist() == cells["t"]


def test_job_of_a_query_answers_as_that_of_a_file(tmp_path, model, table, database):
    run(model, tmp_path / "file", table, id_column="key")
    run(model, tmp_path / "query", query=query(database), id_column="key")
    wanted, found = (pq.read_table(tmp_path / name) for name in ("file", "query"))
    assert found.equals(wanted)


def test_job_of_a_query_goes_on_where_it_gives_the_same_rows(tmp_path, model, database):
    run(model, tmp_path / "whole", query=query(database), id_column="key")
    for name, change in (("same", ""), ("other", "UPDATE rows SET x = 7 WHERE key = 'k300'")):
        output = tmp_path / name
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(OutputFolder, "add", _stopping(OutputFolder.add, after=3))
            with pytest.raises(KeyboardInterrupt):
                run(model, output, query=query(database), id_column="key")
        assert len(list(output.glob("part-*"))) == 3
        if not change:
            run(model, output, query=query(database), id_column="key", resumes=True)
            assert written(output) == written(tmp_path / "whole")
            continue
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(change)
        with pytest.raises(DataError) as error:
            run(model, output, query=query(database), id_column="key", resumes=True)
        assert "rows 257 to 512: the query gives other rows" in str(error.value)


def _stopping(add, after):
    """Make what stops a job, as Ctrl-C does, when so many chunks are done."""

    def adding(self, *arguments):
        if len(self.records) == after:
            raise KeyboardInterrupt
        add(self, *arguments)

    return adding
