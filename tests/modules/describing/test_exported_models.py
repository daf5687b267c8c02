"""Descriptions that real trainings wrote beside their models."""

from __future__ import annotations

import numpy as np
import pytest

from tests.export.numpy_form.conformance_table import answer
from tfx_pipeline.export.numpy_form import answers
from tfx_pipeline.export.rows import CELL_DTYPES
from tfx_pipeline.modules.description.description_file import read_description

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["taxi", "penguins", "ames"])
def test_description_of_a_trained_model_answers_as_it_does(name, request):
    trained = request.getfixturevalue(name)
    description = read_description(trained.model)
    assert tuple(x.name for x in description.columns) == trained.config.raw_features
    rows = {
        column.name: np.array(
            [missing(column, row.get(column.name)) for row in trained.evaluation.rows],
            CELL_DTYPES[column.type],
        )
        for column in description.columns
    }
    expected, found = answer(trained.model, rows), answers(description, rows)
    assert expected.keys() == found.keys()
    for output, values in expected.items():
        if values.dtype == object:
            assert (found[output] == values).all()
        else:
            np.testing.assert_allclose(found[output], values, rtol=1e-5, atol=1e-6)


def missing(column, cell):
    if cell is not None:
        return cell
    return "" if column.type == "string" else np.nan
