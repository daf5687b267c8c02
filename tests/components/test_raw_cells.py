"""Raw cells of examples, as a caller would send them."""

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.components.raw_cells import read_cells
from tfx_pipeline.errors import StepError
from tfx_pipeline.modules.description.columns import Column

COLUMNS = (
    Column("fare", "float32"),
    Column("area", "int64", is_name=True),
    Column("way", "string"),
    Column("never", "string"),
    Column("nowhere", "int64"),
)


def example(**values):
    row = tf.train.Example()
    for name, value in values.items():
        feature = row.features.feature[name]
        kind = {float: feature.float_list, int: feature.int64_list, bytes: feature.bytes_list}
        kind[type(value)].value.append(value)
    return row.SerializeToString(deterministic=True)


ROWS = [
    example(fare=0.1, area=2**53 + 1, way=b"Cash"),
    example(area=7, way="Größe".encode()),
    example(fare=float("inf"), way=b"caf\xe9"),
]


@pytest.fixture
def files(tmp_path):
    for name, rows in (("b.gz", ROWS[2:]), ("a.gz", ROWS[:2])):
        with tf.io.TFRecordWriter(str(tmp_path / name), "GZIP") as writer:
            for row in rows:
                writer.write(row)
    return sorted(tmp_path.iterdir(), reverse=True)


def test_read_cells_gives_each_column_its_type_and_what_is_missing_its_cell(files):
    cells, records = read_cells(files, COLUMNS, 10)
    assert records == ROWS
    np.testing.assert_array_equal(cells["fare"], np.float32([0.1, np.nan, np.inf]))
    np.testing.assert_array_equal(cells["area"], [2.0**53, 7, np.nan])
    assert cells["way"].tolist() == ["Cash", "Größe", "caf\ufffd"]
    assert cells["never"].tolist() == ["", "", ""]
    assert np.isnan(cells["nowhere"]).all()
    kinds = {name: values.dtype.name for name, values in cells.items()}
    assert (kinds["fare"], kinds["way"], kinds["never"]) == ("float32", "object", "object")
    assert kinds["area"] == kinds["nowhere"] == "float64"


def test_read_cells_takes_the_first_rows(files):
    cells, records = read_cells(files, COLUMNS, 2)
    assert records == ROWS[:2] and len(cells["fare"]) == 2


def test_read_cells_of_no_rows_gives_none(tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "a.gz"), "GZIP"):
        pass
    assert read_cells([], COLUMNS, 10) == ({}, [])
    assert read_cells(tmp_path.iterdir(), COLUMNS, 10) == ({}, [])


def test_read_cells_of_a_damaged_file_raises(tmp_path, files):
    content = files[0].read_bytes()
    files[0].write_bytes(content[: len(content) // 2])
    with pytest.raises(StepError):
        read_cells(files, COLUMNS, 10)
