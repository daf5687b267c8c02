"""Every operation and every head, each for each task, against the NumPy form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.export.described_rows import rows_of
from tests.export.descriptions import HEAD_CASES, OPERATION_CASES
from tests.export.onnx import made_models
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.onnx.emitter import emit
from tfx_pipeline.export.onnx.runtime import OnnxRuntime
from tfx_pipeline.modules.description.model_description import ModelDescription

REFUSED = {"category_hashed", "words_hashed", "words_hashed_weighed"}
CASES = {**OPERATION_CASES, **HEAD_CASES}
TOLERANCE = 1e-6
Columns = Mapping[str, NDArray[Any]]


def _both(description: ModelDescription, rows: Columns) -> tuple[Columns, Columns]:
    model = OnnxRuntime(emit(description, made_models.facts(description)))
    return model(rows), numpy_form.answers(description, rows)


def _compare(got: Columns, expected: Columns) -> None:
    assert got.keys() == expected.keys()
    for name, values in expected.items():
        assert (got[name].shape, got[name].dtype) == (values.shape, values.dtype)
        if name == "class":
            assert (got[name] == values).all()
        else:
            # Of far numbers that cancel, float32 leaves what the largest term's last bit is worth;
            # probabilities of the same heads are compared as they are.
            scale = np.abs(values).max() if name == "value" else 1
            assert np.abs(got[name] - values).max() <= TOLERANCE * scale


@pytest.mark.parametrize("name", sorted(CASES.keys() - REFUSED))
def test_model_of_hurting_rows_answers_as_the_oracle_does(name: str) -> None:
    got, expected = _both(CASES[name], rows_of(CASES[name]))

    _compare(got, expected)
    (first, *_) = expected.values()
    assert len(np.unique(first)) > 1


@pytest.mark.parametrize("head", made_models.HEADS)
def test_model_of_all_operations_at_once_answers_as_the_oracle_does(head: str) -> None:
    rows = dict(made_models.rows(800, seed=1))
    # Where this column is too large, a sum of weights is no number in either.
    rows["Fläche = m²"] = np.linspace(-50, 50, 800, dtype=np.float32)

    got, expected = _both(made_models.model(head, "multiclass"), rows)

    _compare(got, expected)
    assert len(np.unique(expected["class"])) > 1


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_model_that_needs_a_hash_of_texts_is_refused(name: str) -> None:
    with pytest.raises(NotExportableError, match="cannot be written as ONNX"):
        emit(CASES[name], made_models.facts(CASES[name]))
