"""The runtime: what it takes, and what it says to what it does not take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.export.onnx import made_models
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.export.onnx import runtime as onnx_runtime
from tfx_pipeline.export.onnx.emitter import emit
from tfx_pipeline.export.onnx.runtime import OnnxRuntime, load

ROWS = made_models.rows(300, seed=2)


@pytest.fixture(scope="module")
def content() -> bytes:
    description = made_models.model("linear", "decided")
    return emit(description, made_models.facts(description))


@pytest.fixture(scope="module")
def model(content: bytes) -> OnnxRuntime:
    return OnnxRuntime(content)


def test_load_of_a_file_answers_as_its_bytes_do(
    content: bytes, model: OnnxRuntime, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)

    answers = FORMATS["onnx"].load(path)(ROWS)

    assert answers.keys() == {"probability", "class"}
    for name, values in model(ROWS).items():
        assert (answers[name] == values).all()
    assert (load(path, threads=2)(ROWS)["class"] == answers["class"]).all()


def test_call_with_no_rows_gives_empty_answers(model: OnnxRuntime) -> None:
    answers = model({name: cells[:0] for name, cells in ROWS.items()})

    assert {name: (x.shape, x.dtype) for name, x in answers.items()} == {
        "probability": ((0,), np.float32),
        "class": ((0,), object),
    }


def test_call_with_more_rows_than_go_at_once_answers_each_as_alone(
    model: OnnxRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = model(ROWS)
    monkeypatch.setattr(onnx_runtime, "_CELLS_AT_ONCE", 7 * len(ROWS))

    answers = model(ROWS)

    assert all(np.array_equal(answers[name], expected[name]) for name in expected)


def test_call_with_columns_of_arrow_answers_as_with_arrays(model: OnnxRuntime) -> None:
    columns: dict[str, Any] = {name: pa.array(cells) for name, cells in ROWS.items()}
    columns["company"] = columns["company"].dictionary_encode()
    null = np.flatnonzero(ROWS["class"] == "")
    texts = ROWS["class"].copy()
    texts[null] = None
    columns["class"] = pa.array(texts, pa.string())
    columns["seconds"] = pa.array(
        [None if np.isnan(x) else x for x in ROWS["seconds"]], pa.float64()
    )

    answers, expected = model(columns), model(ROWS)

    assert all(np.array_equal(answers[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    ("column", "cells", "said"),
    [
        ("miles", np.array(["1.5"] * 300, object), "input 'miles' needs numbers.*received object"),
        ("miles", np.zeros((300, 1), np.float32), r"received float32 of shape \[300, 1\]"),
        ("miles", np.zeros(299, np.float32), "columns of one length.*'miles': 299"),
        ("seconds", np.array(["2020-01-01"] * 300, "datetime64[s]"), "received datetime64"),
        ("company", np.zeros(300), "input 'company' needs texts, \"\" where missing.*float64"),
        ("company", np.array([7] * 300, object), "objects that are no texts"),
        ("company", np.array([None] * 300, object), r"no texts \(None\)"),
        ("company", np.array([b"Blue"] * 300), r"received \|S4"),
        ("company", pa.array([1] * 300), "received int64"),
        ("miles", None, "a column is absent: 'miles'"),
        ("mile", np.zeros(300), "no input 'mile'.*did you mean `miles`"),
    ],
)
def test_call_with_what_it_does_not_take_says_what_was_received(
    model: OnnxRuntime, column: str, cells: Any, said: str
) -> None:
    rows = {**ROWS, column: cells}
    if cells is None:
        del rows[column]

    with pytest.raises(ValueError, match=said):
        model(rows)


def test_call_with_numbers_of_another_type_converts_them(model: OnnxRuntime) -> None:
    whole = ROWS | {"seconds": np.arange(300, dtype=np.int32)}

    answers = model(whole)

    expected = model(ROWS | {"seconds": np.arange(300, dtype=np.float64)})
    assert (answers["probability"] == expected["probability"]).all()


def test_load_of_what_is_no_model_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")

    with pytest.raises(ValueError, match="cannot read the file"):
        load(path)


def test_load_of_a_foreign_model_says_that_it_is_no_export(tmp_path: Path) -> None:
    import onnx

    model = onnx.load_from_string(_foreign())
    onnx.save(model, tmp_path / "model.onnx")

    with pytest.raises(ValueError, match="no export of this package"):
        load(tmp_path / "model.onnx")


def _foreign() -> bytes:
    from tfx_pipeline.export.onnx.graph import Graph

    graph = Graph([("x", np.float32)], ["y"])
    graph.end("x", "y")
    content: bytes = graph.model([("y", np.float32, ("batch",))]).SerializeToString()
    return content
