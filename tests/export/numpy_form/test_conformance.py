"""The NumPy form against the exported model, on rows of the table and on rows that hurt."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path

import numpy as np
import pytest
import tensorflow_transform as tft

from tests.export.described_rows import rows_of
from tests.export.numpy_form.conformance_table import (
    answer,
    as_tensor,
    make_configuration,
    make_table,
)
from tests.modules.tables import make_fn_args, train_config, transform_config
from tfx_pipeline.components.transform.analysis import write_transform_graph
from tfx_pipeline.export.numpy_form import answers, transformed
from tfx_pipeline.export.rows import CELL_DTYPES
from tfx_pipeline.modules.description.description_file import read_description
from tfx_pipeline.modules.description.operations import Bucket
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.signatures import instance_reader, only_names
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.preprocessing import preprocessing_fn
from tfx_pipeline.modules.training import run_fn

pytestmark = pytest.mark.slow
TABLE = make_table()


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A model of every kind of feature, in `model` of the folder; the graph is in `graph`."""
    folder = tmp_path_factory.mktemp("conformance")
    config = make_configuration("multiclass")
    file = TABLE.write(folder / "rows.gz")
    schema = tft.DatasetMetadata.from_feature_spec(TABLE.spec).schema
    generic = functools.partial(preprocessing_fn, custom_config=transform_config(config))
    (folder / "graph").mkdir()
    write_transform_graph(generic, schema, [file], str(folder / "graph"))
    run_fn(make_fn_args(config, str(folder / "graph"), file, file, folder))
    return folder


@pytest.fixture(scope="module")
def rows(trained):
    """The rows of the table, then those that hurt: at and beside boundaries, too."""
    description = read_description(trained / "model")
    columns = description.columns
    cells = {x.name: [row.get(x.name) for row in TABLE.rows] for x in columns}
    clean = {
        x.name: np.array(
            [missing(x) if cell is None else cell for cell in cells[x.name]], CELL_DTYPES[x.type]
        )
        for x in columns
    }
    known = {name: [x for x in each if x is not None] for name, each in cells.items()}
    for operation in description.operations:
        if isinstance(operation, Bucket):
            known[operation.column] += beside(operation, known[operation.column])
    hurting = rows_of(description, 900, known=known)
    return {name: np.concatenate([clean[name], hurting[name]]) for name in clean}


def missing(column):
    return "" if column.type == "string" else np.nan


def beside(operation, cells):
    """Give boundaries and their neighbours, where numbers are sent as numbers."""
    if isinstance(cells[0] if cells else 0.0, str):
        return []
    dtype = np.float32 if isinstance(cells[0] if cells else 0.0, float) else np.float64
    at = operation.boundaries.astype(dtype)
    return [*at, *np.nextafter(at, dtype(-1e30)), *np.nextafter(at, dtype(1e30))]


def test_transformed_columns_are_those_of_the_graph(trained, rows):
    description = read_description(trained / "model")
    config = train_config(make_configuration("multiclass"))
    graph = TransformGraph(str(trained / "graph"))
    inputs = ModelInputs.from_schema(graph.schema)
    read = instance_reader(graph, inputs, [*rows], only_names(config))
    expected = read({name: as_tensor(cells) for name, cells in rows.items()})
    found = transformed(description, rows)
    assert found.keys() == {*inputs.names}
    for name, width in inputs.widths.items():
        start = inputs.place(name)
        reference = expected["numbers"][:, start : start + width].numpy()
        assert (found[name].dtype, found[name].shape) == (reference.dtype, reference.shape), name
        np.testing.assert_allclose(found[name], reference, rtol=1e-6, atol=1e-6, err_msg=name)
    starts = itertools.accumulate(inputs.sizes.values(), initial=0)
    for place, (name, start) in enumerate(zip(inputs.sizes, starts, strict=False)):
        reference = expected["ids"][:, place].numpy() - start
        np.testing.assert_array_equal(found[name][:, 0], reference, err_msg=name)


def test_answers_are_those_of_the_exported_model(trained, rows):
    description = read_description(trained / "model")
    expected, found = answer(trained / "model", rows), answers(description, rows)
    assert expected.keys() == found.keys()
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], atol=1e-6)
    assert (found["class"] == expected["class"]).all()
    assert len(np.unique(found["class"])) == 3
