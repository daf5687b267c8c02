from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfx_pipeline.export.tflite.heads.layers import Layers
from tfx_pipeline.export.tflite.library import schema
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.heads import Dense


@pytest.mark.parametrize(("reach", "is_wide"), [(1.0, False), (1e6, True)])
def test_dense_of_int8_has_no_step_that_xnnpack_refuses(reach: float, is_wide: bool) -> None:
    """It refuses a model in which a step of the product is 256 steps of the result, or more."""
    writer = Writer()
    writer.input("x", "float32")
    values = writer.repeated(np.linspace(-1, 1, 16))
    ranges = {"layer_0/in": (-reach, reach), "layer_0/out": (-1.0, 1.0)}
    kernel = np.random.default_rng(0).normal(size=(16, 16)).astype(np.float32)
    layers = Layers(writer, "int8", ranges)
    writer.outputs["y"] = layers.dense(values, Dense(kernel, np.zeros(16, np.float32)))

    inputs, weights, output = _steps_of_product(writer.written("{}"))

    assert inputs * weights / output < 256
    assert (output > 2 / 255 * 1.01) == is_wide


def _steps_of_product(content: bytes) -> list[float]:
    """Give the steps of the input, the weights and the output of the only product."""
    made: Any = schema()
    graph = made.Model.GetRootAs(content, 0).Subgraphs(0)
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        if operator.InputsLength() != 3:  # a product has values, weights and a bias
            continue
        tensors = [*(operator.Inputs(x) for x in range(2)), operator.Outputs(0)]
        steps = [graph.Tensors(x).Quantization() for x in tensors]
        if all(x is not None and x.ScaleLength() == 1 for x in steps):
            return [float(x.Scale(0)) for x in steps]
    raise AssertionError("no product of int8")
