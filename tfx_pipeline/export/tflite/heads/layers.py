"""Dense layers and embeddings, in the numbers of a kind; see `kinds`.

Terms:
    range: the lowest and highest number of a tensor on training rows, which int8 is cut for.
    step: of whole numbers from -128 to 127 that stand for numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.graph import Quantization, Tensor
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.heads import Dense

Kind: TypeAlias = Literal["float32", "float16", "dynamic", "int8"]
Ranges: TypeAlias = Mapping[str, tuple[float, float]]
Array: TypeAlias = NDArray[np.float32]

_RELU = 1  # of the schema's ActivationFunctionType
_MOST_STEPS = 200.0
"""Steps of a result that one of a product may be; of 256, XNNPACK does not begin."""
_LEAST_WEIGHTS = 256
"""Fewer weights stay float32: there is nothing to gain."""


class Layers:
    """Writes layers of a kind.

    Attributes:
        watched: tensors whose ranges int8 needs, by name.
    """

    def __init__(self, writer: Writer, kind: Kind, ranges: Ranges | None) -> None:
        """Take the ranges of `watched`; without, layers of int8 are of float32, to be watched."""
        self._writer, self._kind, self._ranges = writer, kind, ranges
        self.watched: dict[str, Tensor] = {}
        self._steps: dict[int, Quantization] = {}

    @property
    def is_whole(self) -> bool:
        """Whether layers are computed in whole numbers."""
        return self._kind in ("dynamic", "int8")

    def dense(self, values: Tensor, layer: Dense, activation: str = "linear") -> Tensor:
        """Apply a layer; its activation too where that is `relu`, else it is the caller's."""
        kernel = np.asarray(layer.kernel, np.float32).T
        bias = np.asarray(layer.bias, np.float32)
        relu: dict[str, Any] = {"fusedActivationFunction": _RELU} if activation == "relu" else {}
        writer, is_large = self._writer, kernel.size >= _LEAST_WEIGHTS
        if self._ranges is not None and is_large:
            return self._of_int8(self._ranges, values, kernel, bias, relu)
        name = f"layer_{len(self.watched) // 2}"
        values = self.as_float(values)
        if self._kind == "dynamic" and is_large:
            weights = self._whole(kernel)
            relu["asymmetricQuantizeInputs"] = 1
        elif self._kind == "int8":
            weights = writer.constant(kernel, np.float32)
        else:
            weights = self.held(kernel)
        result = writer.product(values, weights, writer.constant(bias, np.float32), **relu)
        if is_large:
            self.watched |= {f"{name}/in": values, f"{name}/out": result}
        return result

    def linear(self, values: Tensor, layer: Dense) -> Tensor:
        """Apply a layer whose results count by themselves: of numbers that are not whole."""
        kernel = self.held(np.asarray(layer.kernel, np.float32).T)
        bias = self._writer.constant(np.asarray(layer.bias, np.float32), np.float32)
        return self._writer.product(self.as_float(values), kernel, bias)

    def held(self, values: Array) -> Tensor:
        """Hold weights that are used as float32; kinds but float32 hold many of them as float16."""
        if self._kind == "float32" or values.size < _LEAST_WEIGHTS:
            return self._writer.constant(values, np.float32)
        held = self._writer.constant(values, np.float16)
        return self._writer.add("DEQUANTIZE", [held], "float32", values.shape)

    def embedded(self, table: Array, ids: Tensor) -> Tensor:
        """Take rows of a table: `[…, width] float32`."""
        if self._kind in ("float32", "float16") or table.size < _LEAST_WEIGHTS:
            return self._writer.gathered(self.held(table), ids)
        whole = self._whole(table)
        step = self._steps[whole.index]
        shape = (*ids.shape, table.shape[1])
        inputs = [whole, ids]
        taken = self._writer.add("GATHER", inputs, "int8", shape, "GatherOptions", step, axis=0)
        return self._writer.add("DEQUANTIZE", [taken], "float32", shape)

    def as_float(self, values: Tensor) -> Tensor:
        """Make float32 of what a layer gave."""
        if values.dtype != "int8":
            return values
        return self._writer.add("DEQUANTIZE", [values], "float32", values.shape)

    def _of_int8(
        self, ranges: Ranges, values: Tensor, kernel: Array, bias: Array, to: dict[str, Any]
    ) -> Tensor:
        name = f"layer_{len(self.watched) // 2}"
        if values.dtype != "int8":
            step = _step(*ranges[f"{name}/in"])
            shape = values.shape
            values = self._writer.add("QUANTIZE", [values], "int8", shape, quantization=step)
            self._steps[values.index] = step
        weights = self._whole(kernel)
        scales = self._steps[values.index].scales * self._steps[weights.index].scales
        whole = np.clip(np.rint(bias / scales.astype(np.float64)), -(2**31), 2**31 - 1)
        added = self._writer.constant(whole, np.int32, Quantization(scales))
        step = _step(*ranges[f"{name}/out"], least=float(scales[0]) / _MOST_STEPS)
        result = self._writer.product(values, weights, added, step, **to)
        self._steps[result.index] = step
        self.watched |= {f"{name}/in": values, f"{name}/out": result}
        return result if to else self.as_float(result)

    def _whole(self, weights: Array) -> Tensor:
        """Hold weights as int8, of which 127 stands for the largest."""
        scale = np.float32(max(float(np.abs(weights).max(initial=0.0)), 1e-30) / 127)
        step = Quantization(np.array([scale], np.float32))
        whole = np.clip(np.rint(weights / scale), -127, 127)
        held = self._writer.constant(whole, np.int8, step)
        self._steps[held.index] = step
        return held


def _step(low: float, high: float, least: float = 1e-30) -> Quantization:
    """Cut a range into 255 steps, `least` or more, so that 0 is one of the numbers."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32(max((high - low) / 255, least))
    zero = int(np.clip(np.rint(-128 - low / scale), -128, 127))
    return Quantization(np.array([scale], np.float32), zero)
