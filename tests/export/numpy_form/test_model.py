from __future__ import annotations

import typing

import numpy as np
import pytest

from tests.export.described_rows import rows_of
from tests.export.descriptions import HEAD_CASES, OPERATION_CASES
from tfx_pipeline.export.numpy_form import answers, transformed
from tfx_pipeline.export.numpy_form.heads.activations import ACTIVATIONS
from tfx_pipeline.export.numpy_form.heads.table import HEADS
from tfx_pipeline.export.numpy_form.operations.table import OPERATIONS
from tfx_pipeline.export.numpy_form.parsing import PARSERS
from tfx_pipeline.modules.description import columns, heads, operations

CASES = OPERATION_CASES | HEAD_CASES


def test_every_operation_head_and_parse_has_a_numpy_form_and_a_case():
    assert OPERATIONS.keys() == set(typing.get_args(operations.Operation))
    assert HEADS.keys() == set(typing.get_args(heads.Head))
    assert PARSERS.keys() == set(typing.get_args(columns.Parse))
    described = [*CASES.values()]
    assert {type(x) for each in described for x in each.operations} == OPERATIONS.keys()
    assert {type(each.head) for each in described} == HEADS.keys()
    networks = (heads.NetworkHead, heads.MlpHead)
    used = {x.head.activation for x in described if isinstance(x.head, networks)}
    assert used == ACTIVATIONS.keys() - {"linear"}
    parses = {type(x.parse) for each in described for x in each.columns}
    assert parses == PARSERS.keys() | {type(None)}


@pytest.mark.parametrize("name", CASES)
def test_answers_of_any_rows_are_numbers_and_those_of_each_row_alone(name):
    description = CASES[name]
    rows = rows_of(description)
    found = answers(description, rows)
    assert all(np.isfinite(x).all() for x in found.values() if x.dtype != object)
    alone = answers(description, {column: cells[7:8] for column, cells in rows.items()})
    none = answers(description, {column: cells[:0] for column, cells in rows.items()})
    for output, values in found.items():
        assert none[output].shape == (0, *values.shape[1:])
        assert none[output].dtype == values.dtype
        if values.dtype == object:
            assert alone[output][0] == values[7]
        else:
            np.testing.assert_allclose(alone[output][0], values[7], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", OPERATION_CASES)
def test_transformed_columns_have_their_widths_and_ids_their_sizes(name):
    description = OPERATION_CASES[name]
    columns = transformed(description, rows_of(description))
    for output, width in description.widths.items():
        assert (columns[output].shape[1], columns[output].dtype) == (width, np.float32)
    for output, size in description.sizes.items():
        assert columns[output].dtype == np.int64
        assert columns[output].min() >= 0
        assert columns[output].max() < size


def test_transformed_scaled_number_is_what_the_formula_says():
    description = OPERATION_CASES["marks"]
    rows = {"x": np.array([6.0, np.nan, 9999.0, 9e30]), "n": np.array([-1.0, 6.5, 7.5, 1e300])}
    found = transformed(description, rows)
    assert found["x_scaled"][:, 0].tolist() == [2.0, 0.0, 0.0, 1e6]
    assert found["x_missing"][:, 0].tolist() == [0.0, 1.0, 1.0, 0.0]
    assert found["n_scaled"][:, 0].tolist() == [0.0, 2.0, np.float32(5.5 / 1.75), 1e6]
