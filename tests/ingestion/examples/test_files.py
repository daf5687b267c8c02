"""Examples in sharded, compressed files: TensorFlow reads them; they are whole or absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.ingestion.conftest import Read
from tfx_pipeline.ingestion.examples import files as example_files
from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder
from tfx_pipeline.ingestion.examples.files import ExampleWriter, write_examples
from tfx_pipeline.ingestion.examples.splits import Splitter
from tfx_pipeline.ingestion.needs import SplitNeeds
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.staging import stage_table

TEXT = "a,b\n" + "".join(f"{i},{i * i % 97}x\n" for i in range(4000))
SPLITTER = Splitter(SplitNeeds({"train": 2, "eval": 1}, 5))


@pytest.fixture
def staged(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StagedTable:
    """A table of 4,000 rows in five batches."""
    monkeypatch.setattr("tfx_pipeline.ingestion.reading.regular_text._BLOCK_BYTES", 8000)
    staged = StagedTable(stage_table(read(TEXT, a="number"), tmp_path / "staged"))
    assert staged.files[0].batches == 5
    return staged


def records(folder: Path) -> list[bytes]:
    """All records of a split, as TensorFlow reads them, in the order of the files."""
    import tensorflow as tf

    files = sorted(map(str, folder.iterdir()))
    return list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())


@pytest.mark.slow
def test_write_examples_gives_each_row_to_its_split(staged: StagedTable, tmp_path: Path) -> None:
    folders = [tmp_path / "Split-train", tmp_path / "Split-eval"]
    counts, proof = write_examples(staged, SPLITTER, folders)
    expected: dict[str, list[bytes]] = {"train": [], "eval": []}
    encoder = ExampleEncoder(staged.types)
    for batch in staged.batches(staged.files[0]):
        examples = encoder.encode(batch)
        codes = SPLITTER.divide(batch, SPLITTER.row_hashes(examples.to_pylist())).codes
        for code, example in zip(codes, examples, strict=True):
            expected[SPLITTER.names[code]].append(example.as_py())
    assert {x: len(y) for x, y in expected.items()} == counts
    assert [records(folder) for folder in folders] == list(expected.values())
    assert (proof.rows, proof.different_rows, proof.rows_in_two) == (4000, 4000, 0)
    assert [x.name for x in folders[0].iterdir()] == ["data_tfrecord-00000-of-00001.gz"]


@pytest.mark.slow
def test_write_examples_of_many_bytes_shares_them_out_and_is_repeatable(
    staged: StagedTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [tmp_path / "whole" / name for name in SPLITTER.names]
    write_examples(staged, SPLITTER, whole)
    monkeypatch.setattr(example_files, "_SHARD_BYTES", 60_000)
    contents = []
    for attempt in "ab":
        folders = [tmp_path / attempt / name for name in SPLITTER.names]
        write_examples(staged, SPLITTER, folders)
        contents.append({x.name: x.read_bytes() for folder in folders for x in folder.iterdir()})
        assert len(list(folders[0].iterdir())) > 1
        for one, many in zip(whole, folders, strict=True):
            assert sorted(records(one)) == sorted(records(many))
    assert contents[0] == contents[1]


def test_write_examples_of_no_row_gives_empty_splits(read: Read, tmp_path: Path) -> None:
    staged = StagedTable(stage_table(read("a,b\n"), tmp_path / "staged"))
    assert write_examples(staged, SPLITTER, [tmp_path / "t", tmp_path / "e"])[0] == {
        "train": 0,
        "eval": 0,
    }
    assert len(list((tmp_path / "e").iterdir())) == 1


def test_writer_that_fails_leaves_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "Split-train"

    def write() -> None:
        with ExampleWriter([folder], 0) as writer:
            writer.write(np.zeros(1, np.int8), pa.array([b"x"], pa.binary()))
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        write()
    assert list(folder.iterdir()) == []


def test_writer_on_a_full_disk_raises_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Split-train"
    full = partial(open, "/dev/full")
    monkeypatch.setattr(example_files, "open", lambda _, mode: full(mode), raising=False)

    def write() -> None:
        with ExampleWriter([folder], 0) as writer:
            for _ in range(50):
                noise = os.urandom(200_000)
                writer.write(np.zeros(1, np.int8), pa.array([noise], pa.binary()))
            writer.finish()

    with pytest.raises(OSError, match="No space left"):
        write()
    assert list(folder.iterdir()) == []


KILLED = """
import sys, numpy as np, pyarrow as pa
from pathlib import Path
from tfx_pipeline.ingestion.examples.files import ExampleWriter
with ExampleWriter([Path(sys.argv[1])], 0) as writer:
    while True:
        writer.write(np.zeros(1000, np.int8), pa.array([b"row"] * 1000, pa.binary()))
        print("wrote", flush=True)
"""


def test_writer_that_is_killed_leaves_no_file_by_its_name(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout and child.stdout.readline() == "wrote\n"
    time.sleep(0.2)
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    assert [file.name.startswith(".data_tfrecord") for file in tmp_path.iterdir()] == [True]
