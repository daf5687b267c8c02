from __future__ import annotations

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.column_cells import csv_format, number_use, spelled_columns

FEATURES = {
    "income": {"kind": "numeric", "missing": ["9999", "unknown", "1e39"]},
    "price": {"kind": "numeric", "parse": "$1.50", "missing": ["9999", "n/a"]},
    "code": {"kind": "categorical", "missing": "99"},
    "words": {"kind": "text"},
    "grade": {"kind": "ordinal", "values": ["1.0", "2.0"]},
    "level": {"kind": "ordinal", "values": ["1", "2"]},
}


def config(**label):
    return PipelineConfig.model_validate(
        {
            "name": "test",
            "data": {"path": "data", "csv": {"missing_values": "-"}},
            "label": {"column": "y", "task": "binary", **label},
            "features": FEATURES,
        }
    )


def test_csv_format_leaves_to_the_model_the_marks_that_are_numbers_of_a_column_of_numbers():
    written = csv_format(config())
    assert written.missing_in == {
        "income": ("unknown", "1e39"),
        "price": ("9999", "n/a"),
        "code": ("99",),
    }
    cells = written.missing_cells([' "code" ', "words"])
    assert cells == [frozenset({"-", "99"}), frozenset({"-"})]


def test_spelled_columns_are_those_compared_with_what_no_number_gives_back():
    assert spelled_columns(config()) == {"grade"}
    assert spelled_columns(config(classes=["0.0", "1.0"])) == {"grade", "y"}
    assert spelled_columns(config(rule="y == 'a'")) == {"grade", "y"}


def test_number_use_of_what_the_model_parses_is_text():
    assert [number_use(config(), name) for name in ("price", "income", "y")] == [
        *("text", "number", "number")
    ]
