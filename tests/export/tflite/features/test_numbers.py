from __future__ import annotations

import numpy as np
import pytest

from tests.export.descriptions import WHOLE, scaled
from tfx_pipeline.export.numpy_form.cells import Cells as Oracle
from tfx_pipeline.export.numpy_form.operations import numbers
from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.numbers import write_scaled
from tfx_pipeline.export.tflite.runtime import TfliteRuntime
from tfx_pipeline.export.tflite.writer import Writer


@pytest.mark.parametrize("origin", [0.0, -1e9, 1e12])
def test_scaled_whole_numbers_at_the_ends_of_int64_are_those_of_the_oracle(origin: float) -> None:
    largest = float(np.finfo(np.float32).max)
    operation = scaled("n", origin=origin, unit=1.0, farthest=largest)
    ends = [2.0**62, 5e18, 2.0**63, 1e300]
    cells = {"n": np.array([*ends, *(-x for x in ends), 7.0, np.nan])}
    writer = Writer()
    ((_, matrix),) = write_scaled(writer, Cells(writer, [WHOLE]), None, [operation])
    writer.outputs = {"scaled": matrix}

    found = TfliteRuntime(writer.written("{}"))(cells)["scaled"]

    expected = numbers.scaled(operation, Oracle([WHOLE], cells))
    np.testing.assert_allclose(found, expected, 1e-6)
