from __future__ import annotations

import numpy as np

from tfx_pipeline.components.data_gate.read_columns import as_read
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.evaluation.distances.columns import Categories, Numbers
from tfx_pipeline.evaluation.leaks import names_each_row
from tfx_pipeline.pipeline.check_settings import make_check_settings

CONFIG = PipelineConfig.model_validate(
    {
        "name": "test",
        "data": {"path": "data"},
        "label": {"column": "y", "task": "binary", "rule": "y > 0.2 * cost"},
        "features": {
            "price": {"kind": "numeric", "parse": "$1,234.50", "missing": ["7"]},
            "day": {"kind": "timestamp", "parse": "iso8601", "zone": "Asia/Kolkata"},
            "income": {"kind": "numeric", "missing": ["9999", "-3.4e38"]},
            "cost": {"kind": "numeric", "missing": ["9999"]},
            "plain": {"kind": "numeric"},
            "gone": {"kind": "numeric", "missing": ["9999"]},
        },
    }
)
READ = make_check_settings(CONFIG).read
NAN = float("nan")


def test_as_read_texts_become_the_numbers_that_the_features_read():
    codes = np.array([1, 0, -1, 2, 3])
    columns = {
        "price": Categories(codes, ("$5", "$1,000", "x", "7.0")),
        "day": Categories(codes, ("1970-01-01", "1970-01-02T00:00Z", "x", "1970-02-31")),
        "y": Categories(codes, ("$5", "$1,000", "x", "7.0")),
    }
    read = as_read(columns, READ)
    np.testing.assert_array_equal(read["price"].values, [1000, 5, NAN, NAN, NAN])
    np.testing.assert_array_equal(read["day"].values, [86_400, -5.5 * 3600, NAN, NAN, NAN])
    assert read["y"] is columns["y"]


def test_as_read_marks_are_missing_but_for_columns_of_the_label():
    values = np.array([1, 9999, -3.4e38], np.float32)
    columns = {name: Numbers(values) for name in ("income", "cost", "plain")}
    read = as_read(columns, READ)
    np.testing.assert_array_equal(read["income"].values, [1, NAN, NAN])
    assert read["cost"] is columns["cost"] and read["plain"] is columns["plain"]
    whole = Numbers(np.array([1.0, 9999.0]), is_whole=True)
    found = as_read({"income": whole}, READ)["income"]
    assert found.is_whole
    np.testing.assert_array_equal(found.values, [1, NAN])


def test_as_read_prices_that_all_differ_are_no_ids():
    names = tuple(f"${i}.50" for i in range(500))
    column = Categories(np.arange(500), names)
    assert names_each_row(column)
    assert not names_each_row(as_read({"price": column}, READ)["price"])
