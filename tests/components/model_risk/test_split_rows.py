"""Samples of a split, and its rows as plain columns."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def write(file: Path, records: list[bytes]) -> None:
    """Write TFRecords; nobody reads the checksums."""
    framed = b"".join(struct.pack("<Q", len(x)) + bytes(4) + x + bytes(4) for x in records)
    file.write_bytes(gzip.compress(framed))


def test_read_split_keeps_the_same_rows_however_it_is_cut_into_files(tmp_path: Path) -> None:
    from tfx_pipeline.components.model_risk.split_rows import read_split

    records = [f"row {number}".encode() for number in range(5000)]
    one, many = tmp_path / "one", tmp_path / "many"
    one.mkdir()
    many.mkdir()
    write(one / "data-0", records)
    for part in range(5):
        write(many / f"data-{part}", records[1000 * part : 1000 * (part + 1)])
    whole, cut = (read_split(folder.iterdir(), 300, 7) for folder in (one, many))
    assert len(whole.records) == 300
    assert whole.of == 5000
    assert whole.records == cut.records == [records[place] for place in whole.places]
    assert np.array_equal(whole.places, cut.places)
    assert (np.diff(whole.places) > 0).all()
    other = read_split(one.iterdir(), 300, 8)
    assert other.records != whole.records
    # Every row is as likely: the places are spread evenly, to five deviations.
    assert abs(whole.places.mean() - 2500) < 5 * 5000 / np.sqrt(12 * 300)


def test_read_split_of_few_rows_keeps_all(tmp_path: Path) -> None:
    from tfx_pipeline.components.model_risk.split_rows import read_split

    write(tmp_path / "data", [b"b", b"a", b"b"])
    rows = read_split(tmp_path.iterdir(), 100, 0)
    assert (rows.records, rows.places.tolist(), rows.of) == ([b"b", b"a", b"b"], [0, 1, 2], 3)


def test_columns_of_rows_are_numbers_and_texts_with_gaps() -> None:
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from tfx_pipeline.components.model_risk.split_rows import columns_of

    def example(**features: object) -> bytes:
        proto = tf.train.Example()
        for name, value in features.items():
            lists = proto.features.feature[name]
            if isinstance(value, bytes):
                lists.bytes_list.value.append(value)
            elif isinstance(value, int):
                lists.int64_list.value.append(value)
            else:
                lists.float_list.value.append(value)
        return proto.SerializeToString()

    records = [
        example(miles=1.5, area=7, name=b"Z\xc3\xbcrich"),
        example(area=2**53 - 1, name=b"\xff!"),
        example(miles=float("inf")),
    ]
    features = {
        "fare": schema_pb2.Feature(name="fare", type=schema_pb2.FLOAT),
        "shop": schema_pb2.Feature(name="shop", type=schema_pb2.BYTES),
    }
    columns = columns_of(records, features)
    np.testing.assert_array_equal(columns["miles"], [1.5, np.nan, np.inf])
    np.testing.assert_array_equal(columns["area"], [7.0, 2.0**53 - 1, np.nan])
    assert columns["name"].tolist() == ["Zürich", "\udcff!", ""]
    assert np.isnan(columns["fare"]).all()
    assert columns["shop"].tolist() == ["", "", ""]
