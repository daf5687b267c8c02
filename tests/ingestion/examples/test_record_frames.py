"""Examples framed as TFRecords."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import tensorflow as tf

from tfx_pipeline.ingestion.examples.record_frames import frame_records

EXAMPLES = [b"", b"abc", b"x" * 1000, b"\n" * 70_000]


def test_frame_records_are_those_of_tensorflows_writer(tmp_path: Path) -> None:
    file = tmp_path / "records"
    with tf.io.TFRecordWriter(str(file)) as writer:
        for example in EXAMPLES:
            writer.write(example)
    records, examples = frame_records([pa.array(EXAMPLES, pa.binary())])
    assert b"".join(records.to_pylist()) == file.read_bytes()
    assert examples == EXAMPLES


def test_frame_records_join_pieces_and_skip_those_that_a_row_lacks() -> None:
    pieces = [pa.array([b"a", None, b"b"], pa.binary()), pa.array([b"c", b"", b"d"], pa.binary())]
    records, examples = frame_records(pieces)
    assert examples == [b"ac", b"", b"bd"]
    (alone, _) = frame_records([pa.array(examples, pa.binary())])
    assert records.equals(alone)


def test_frame_records_of_a_part_are_its_own() -> None:
    part = pa.array(EXAMPLES, pa.binary()).slice(1, 2)
    records, examples = frame_records([part])
    assert examples == EXAMPLES[1:3]
    assert records.to_pylist() == frame_records([pa.array(EXAMPLES)])[0].to_pylist()[1:3]
