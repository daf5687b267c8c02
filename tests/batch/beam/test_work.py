"""BulkInferrer, in process, against the model itself: the same rows, the same answers."""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.batch.beam.made_model import save_model
from tests.batch.made_jobs import good_cells, run, write_text
from tfx_pipeline.batch.beam import bulk_inferrer, examples, work
from tfx_pipeline.errors import ConfigError, PipelineError

pytestmark = pytest.mark.slow

COUNT = 900


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("serving") / "made" / "7")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows with missing cells, of the extremes of each type, and three that no model takes."""
    cells = good_cells(COUNT)
    cells["x"][:6] = ["inf", "-inf", "1e39", "-0.0", "3.4e38", "1e-45"]
    cells["n"][:6] = [2.5, 2**53, -(2**53) + 1, 1e300, 9007199254740991, -0.5]
    cells["t"][6:10] = ["\u2028", "🦦 otter", 'a,b\n"c"', "-"]
    cells["x"][20], cells["n"][300], cells["x"][899] = "ten", "x1", "1.2.3"
    return write_text(tmp_path_factory.mktemp("tables") / "rows.csv", cells)


@pytest.fixture
def small_waves(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let a wave have two chunks, and note the examples of each."""
    monkeypatch.setattr(work, "MOST_ROWS", 300)
    waves: list[int] = []

    def infer(model: Any, examples: Path, *rest: Any) -> None:
        waves.append(len([*bulk_inferrer.split_folder(examples).iterdir()]))
        bulk_inferrer.infer(model, examples, *rest)

    monkeypatch.setattr(work, "infer", infer)
    return waves


def check_same(here: Path, beam: Path, files: int = 4) -> None:
    """Compare the output of two jobs: files, rows, bad rows, answers."""
    manifests = [json.loads((x / "_manifest.json").read_bytes()) for x in (here, beam)]
    for name in ("rows", "bad_rows"):
        assert manifests[0][name] == manifests[1][name]
    parts = [[(x["file"], x["rows"], x["bad"]) for x in each["parts"]] for each in manifests]
    assert parts[0] == parts[1] and len(parts[0]) == files
    assert (here / "_bad_rows.csv").read_bytes() == (beam / "_bad_rows.csv").read_bytes()
    one, other = (pq.read_table(x) for x in (here, beam))
    assert one.schema.equals(other.schema)
    for name in ("key", "n", "class"):
        assert one[name].equals(other[name]), name
    for name in ("value", "probabilities"):
        values = [np.array(each[name].to_pylist()) for each in (one, other)]
        assert np.allclose(*values, rtol=1e-6, atol=1e-6), name
    assert sorted(x.name for x in beam.iterdir()) == sorted(x.name for x in here.iterdir())


def test_beam_answers_in_waves_what_the_model_answers(
    tmp_path: Path, model: Path, table: Path, small_waves: list[int]
) -> None:
    options = {"id_column": "key", "kept": ["n"]}
    run(model, tmp_path / "here", table, engine="tensorflow", **options)
    outcome = run(model, tmp_path / "beam", table, engine="beam", **options)
    assert outcome.manifest["rows"] == {"read": COUNT, "written": COUNT - 3, "bad": 3}
    assert outcome.manifest["job"]["engine"] == "beam"
    assert small_waves == [2, 2]
    check_same(tmp_path / "here", tmp_path / "beam")


def test_beam_that_fails_leaves_whole_waves_and_the_job_goes_on(
    tmp_path: Path,
    model: Path,
    table: Path,
    small_waves: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {"id_column": "key", "kept": ["n"], "engine": "beam"}
    run(model, tmp_path / "here", table, **{**options, "engine": "tensorflow"})

    def fail_second(*words: Any) -> None:
        if small_waves:
            raise PipelineError([], "Beam did not answer the rows")
        small_waves.append(0)
        bulk_inferrer.infer(*words)

    with monkeypatch.context() as patch:
        patch.setattr(work, "infer", fail_second)
        with pytest.raises(PipelineError, match="Beam did not answer"):
            run(model, tmp_path / "beam", table, **options)
    there = {x.name for x in (tmp_path / "beam").iterdir()}
    assert there == {"_job.json", "_chunks", "part-00000.parquet", "part-00001.parquet"}
    run(model, tmp_path / "beam", table, resumes=True, **options)
    assert small_waves == [0, 2]
    check_same(tmp_path / "here", tmp_path / "beam")


def test_beam_that_loses_rows_writes_none_of_their_wave(
    tmp_path: Path, model: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_a_file(model: Any, examples: Path, output: Path, *rest: Any) -> None:
        sorted(bulk_inferrer.split_folder(examples).iterdir())[1].unlink()
        bulk_inferrer.infer(model, examples, output, *rest)

    monkeypatch.setattr(work, "infer", lose_a_file)
    with pytest.raises(PipelineError) as caught:
        run(model, tmp_path / "beam", table, engine="beam")
    assert "rows that went to BulkInferrer did not come back" in str(caught.value)
    assert "255 of 897" in str(caught.value)
    assert not [*(tmp_path / "beam").glob("part-*")]


def test_beam_whose_model_fails_says_so(tmp_path: Path, model: Path, table: Path) -> None:
    words = ("--runner=NoSuchRunner",)
    with pytest.raises(PipelineError) as caught:
        run(model, tmp_path / "beam", table, engine="beam", beam_options=words)
    assert "BulkInferrer failed" in str(caught.value) and "NoSuchRunner" in str(caught.value)


def test_beam_whose_disk_is_full_says_so_and_leaves_no_examples(
    tmp_path: Path, model: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(examples.ExampleFiles, "_write", full)
    with pytest.raises(PipelineError) as caught:
        run(model, tmp_path / "beam", table, engine="beam")
    assert "the output cannot be written" in str(caught.value)
    assert "No space left on device" in str(caught.value)
    assert {x.name for x in (tmp_path / "beam").iterdir()} == {"_job.json", "_chunks"}


def test_beam_of_no_rows_writes_an_empty_table(tmp_path: Path, model: Path) -> None:
    empty = write_text(tmp_path / "empty.csv", {x: [] for x in ("key", "x", "n", "t")})
    outcome = run(model, tmp_path / "beam", empty, engine="beam")
    assert outcome.manifest["rows"] == {"read": 0, "written": 0, "bad": 0}
    assert pq.read_table(tmp_path / "beam").column_names == ["probabilities", "value", "class"]


def test_beam_of_rows_that_no_example_can_say_asks_the_model_itself(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = {"x": [1.0, 2.0], "n": [0.5, math.pi], "t": ["a", ""]}
    table = write_text(tmp_path / "halves.csv", cells)
    monkeypatch.setattr(work, "infer", None)
    run(model, tmp_path / "beam", table, engine="beam")
    run(model, tmp_path / "here", table, engine="tensorflow")
    assert pq.read_table(tmp_path / "beam").equals(pq.read_table(tmp_path / "here"))


def test_model_that_takes_no_examples_is_refused_before_rows_are_written(
    tmp_path: Path, table: Path
) -> None:
    model = save_model(tmp_path / "m" / "1", takes_examples=False)
    with pytest.raises(ConfigError) as caught:
        run(model, tmp_path / "beam", table, engine="beam")
    assert "needs the signature `serving_examples`" in str(caught.value)
    assert "serving_default" in str(caught.value) and "--engine tensorflow" in str(caught.value)
