"""Rows are counted and compared exactly, whatever files they lie in."""

from __future__ import annotations

import gzip
import random
import struct
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.examples import record_blocks, row_hashes
from tfx_pipeline.ingestion.examples.row_hashes import (
    RowDifference,
    compare_rows,
    count_records,
    records_of,
)


def write(file: Path, records: Iterable[bytes], *, packed: bool = True) -> None:
    """Write TFRecords without checksums, which nobody here looks at."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = b"".join(struct.pack("<Q", len(x)) + b"crc1" + x + b"crc2" for x in records)
    file.write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("block", [1, 7, 100, 1 << 22])
@pytest.mark.parametrize("packed", [True, False])
def test_records_are_read_whatever_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, packed: bool
) -> None:
    monkeypatch.setattr(record_blocks, "_BLOCK_BYTES", block)
    made = random.Random(block)
    records = [made.randbytes(made.choice([0, 1, 5, 300])) for _ in range(50)]
    write(tmp_path / "Split-train/data_tfrecord-00000-of-00002.gz", records[:20], packed=packed)
    write(tmp_path / "Split-train/data_tfrecord-00001-of-00002.gz", records[20:], packed=packed)
    write(tmp_path / "Split-eval/data_tfrecord-00000-of-00001.gz", [], packed=packed)
    assert list(records_of(str(tmp_path), "train")) == records
    assert count_records(str(tmp_path)) == {"eval": 0, "train": 50}


@pytest.mark.slow
def test_records_are_those_that_tensorflow_wrote(tmp_path: Path) -> None:
    import tensorflow as tf

    folder = tmp_path / "Split-train"
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / "data.gz"), "GZIP") as writer:
        for number in range(1000):
            writer.write(b"x" * number)
    assert [len(x) for x in records_of(str(tmp_path), "train")] == list(range(1000))


@pytest.mark.parametrize("packed", [True, False])
def test_file_that_is_cut_off_is_refused(tmp_path: Path, packed: bool) -> None:
    file = tmp_path / "Split-train/data.gz"
    write(file, [random.Random(1).randbytes(1000)] * 3, packed=packed)
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(DataError, match="the examples cannot be read") as caught:
        count_records(str(tmp_path))
    assert (caught.value.problems[0].place or "").endswith("data.gz")


def test_compare_rows_counts_rows_that_are_there_several_times(tmp_path: Path) -> None:
    made = random.Random(0)
    for case in range(20):
        versions = []
        for name in "ab":
            rows = [b"%d" % made.randrange(8) for _ in range(made.randrange(30))]
            folder = tmp_path / f"{case}{name}"
            write(folder / "Split-train/data.gz", rows[::2])
            write(folder / "Split-eval/data.gz", rows[1::2])
            versions.append((Counter(rows), row_hashes.row_hashes(str(folder))))
        (then, hashes_then), (now, hashes_now) = versions
        assert compare_rows(hashes_then, hashes_now) == RowDifference(
            (then & now).total(), (then - now).total(), (now - then).total()
        )
