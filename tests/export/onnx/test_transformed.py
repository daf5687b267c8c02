"""Transformed columns, of each operation and type of column, against the NumPy form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.export.onnx import made_models
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.onnx.columns.cells import Cells
from tfx_pipeline.export.onnx.emitter import input_names
from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.export.onnx.transformed import OPERATIONS, transformed, uses_of
from tfx_pipeline.export.rows import CELL_DTYPES
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import Bucket, Operation, Scaled

ROWS = 2000
Columns = Mapping[str, NDArray[Any]]


def _by_onnx(description: ModelDescription, rows: Columns) -> dict[str, NDArray[Any]]:
    """Run a graph that ends with the transformed columns."""
    onnxruntime = pytest.importorskip("onnxruntime")
    inputs = input_names([x.name for x in description.columns], ["numbers", "ids"])
    types = [(inputs[x.name], CELL_DTYPES[x.type]) for x in description.columns]
    graph = Graph(types, ["numbers", "ids"])
    cells = Cells(graph, description.columns, inputs, uses_of(description.operations))
    made = transformed(graph, cells, description)
    outputs = []
    for name, value, dtype in (("numbers", made.numbers, np.float32), ("ids", made.ids, np.int32)):
        if value is not None:
            graph.end(value, name)
            outputs.append((name, dtype, (f"{name}_columns", "batch")))
    content = graph.model(outputs).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feeds = {inputs[x.name]: rows[x.name] for x in description.columns}
    names = [name for name, *_ in outputs]
    found = dict(zip(names, session.run(names, feeds), strict=True))
    columns, start = {}, 0
    for name, width in description.widths.items():
        columns[name] = found["numbers"][start : start + width].T
        start += width
    first = 0
    for place, (name, size) in enumerate(description.sizes.items()):
        columns[name] = found["ids"][place][:, np.newaxis].astype(np.int64) - first
        first += size
    return columns


@pytest.fixture(scope="module")
def both() -> tuple[Columns, Columns]:
    description = made_models.model("linear", "binary")
    rows = made_models.rows(ROWS)
    return _by_onnx(description, rows), numpy_form.transformed(description, rows)


@pytest.mark.parametrize("operation", made_models.operations(), ids=lambda each: each.output)
def test_operation_of_hurting_rows_gives_what_the_oracle_does(
    operation: Operation, both: tuple[Columns, Columns]
) -> None:
    got, expected = (columns[operation.output] for columns in both)

    assert got.shape == expected.shape
    assert len(np.unique(expected)) > 1 or operation.output in ("flat_scaled", "ratio_bucket")
    if expected.dtype == np.int64:
        assert (got == expected).all()
    else:
        np.testing.assert_allclose(got, expected, rtol=3e-7, atol=3e-7)


def test_operations_each_kind_has_an_emitter_and_is_tested() -> None:
    kinds = set(Operation.__args__)

    assert set(OPERATIONS) == kinds
    assert {type(each) for each in made_models.operations()} == kinds


def test_bucket_on_and_beside_each_of_many_boundaries_is_that_of_float64() -> None:
    boundaries = np.sort(np.random.default_rng(0).normal(0, 100, 500).astype(np.float32))
    made = (
        Bucket("b", "miles", boundaries.astype(np.float64)),
        Scaled("s", "miles", False, 0, 0, 1, 9),
    )
    description = made_models.model("linear", "binary", made)
    below, above = (np.nextafter(boundaries, np.float32(x)) for x in (-np.inf, np.inf))
    cells = np.concatenate([below, boundaries, above])
    rows = {**made_models.rows(len(cells)), "miles": cells}

    got = _by_onnx(description, rows)["b"]

    assert (got == numpy_form.transformed(description, rows)["b"]).all()
    assert got.max() == 501


def test_clock_of_many_zones_and_centuries_gives_what_the_oracle_does() -> None:
    from tfx_pipeline.modules.description.operations import CalendarId, Clock

    zones = ("America/New_York", "Australia/Lord_Howe", None, "Africa/Casablanca", "Asia/Tokyo")
    made = tuple(
        CalendarId(f"{zone}_{part}", Clock("seconds", 1, zone), part)
        for zone in zones
        for part in made_models.PARTS
    )
    description = made_models.model("linear", "binary", made)
    random = np.random.default_rng(3)
    cells = random.integers(-3_000_000_000, 5_000_000_000, ROWS).astype(np.float64)
    rows = {**made_models.rows(ROWS), "seconds": cells}

    got, expected = _by_onnx(description, rows), numpy_form.transformed(description, rows)

    assert all((got[each.output] == expected[each.output]).all() for each in made)
