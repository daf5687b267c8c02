"""Cells as tf.Examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tfx_pipeline.batch.beam.examples import ExampleFiles, has_example, row_name, unused_name
from tfx_pipeline.modules.description.columns import CellType

COLUMNS: dict[str, CellType] = {"x": "float32", "n": "int64", "t": "string"}


def test_unused_name_is_none_of_the_columns() -> None:
    assert unused_name("row", ["a"]) == "_row_"
    assert unused_name("row", ["_row_", "__row__"]) == "___row___"


@pytest.mark.parametrize(
    ("number", "has"),
    [
        (7.0, True),
        (-0.0, True),
        (np.nan, True),
        (np.inf, True),
        (2.0**53 - 1, True),
        (2.0**53, False),
        (-(2.0**53), False),
        (0.5, False),
        (1e300, False),
    ],
)
def test_has_example_is_false_where_a_whole_number_is_none(number: float, has: bool) -> None:
    cells = {"x": np.float32([0.5]), "n": np.array([number]), "t": np.array([""], object)}
    assert has_example(cells, COLUMNS).tolist() == [has]


@pytest.mark.slow
def test_write_makes_examples_that_lack_what_is_missing(tmp_path: Path) -> None:
    import tensorflow as tf

    cells = {
        "x": np.float32([1.5, np.nan, np.inf, -np.inf]),
        "n": np.array([-3.0, np.nan, np.inf, 2.0**53 - 1]),
        "t": np.array(["Zürich", "", "a", "🦦"], object),
    }
    ExampleFiles(tmp_path, COLUMNS).write(cells, np.array([5, 6, 8, 9]))
    (file,) = tmp_path.iterdir()
    found = []
    for record in tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        values = {}
        for name, feature in features.items():
            kind = feature.WhichOneof("kind")
            values[name] = list(getattr(feature, kind).value)
        found.append(values)
    row = row_name(COLUMNS)
    assert found == [
        {row: [5], "x": [1.5], "n": [-3], "t": ["Zürich".encode()]},
        {row: [6]},
        {row: [8], "t": [b"a"]},
        {row: [9], "n": [2**53 - 1], "t": ["🦦".encode()]},
    ]
