"""A graph of ONNX that is being written.

Terms:
    value: what a node makes, known by its name; `[rows of it, batch]` where nothing else is said,
        so that to take columns, or to put some together, is to copy memory in one piece.
    table: an array that is part of the graph.

Every node has a name: onnxruntime-web needs it. Names count up, so that the same model gives the
same bytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ML = "ai.onnx.ml"
TEXTS = "com.microsoft"
"""The domain of the one operator that ONNX itself has not: `Tokenizer`."""

_IR_VERSION = 8
_OPSETS = {"": 17, ML: 3, TEXTS: 1}


class Graph:
    """Nodes and tables, in the order in which they were added."""

    def __init__(self, inputs: Iterable[tuple[str, Any]], reserved: Iterable[str]) -> None:
        """Take names and NumPy types of the inputs, all `[batch]`, and names that are not free."""
        self._inputs = tuple(inputs)
        self._taken = {name for name, _ in self._inputs} | set(reserved)
        self._nodes: list[Any] = []
        self._made: dict[tuple[Any, ...], str] = {}
        self._tables: dict[tuple[Any, ...], str] = {}
        self._arrays: list[Any] = []
        self._known: dict[str, Any] = {}
        self._domains = {""}
        self._counts: dict[str, int] = {}

    def add(self, operator: str, *values: str, domain: str = "", **attributes: Any) -> str:
        """Add a node, once only, and give the name of the value that it makes."""
        key = (operator, values, domain, repr(attributes))
        if key not in self._made:
            self._made[key] = self._new_name(operator)
            self._node(operator, values, self._made[key], domain, attributes)
        return self._made[key]

    def say(self, value: str, dtype: Any, shape: tuple[Any, ...]) -> None:
        """Say what a value is where onnx does not know: else its checker ends the process."""
        self._known[value] = _info(value, dtype, shape)

    @property
    def rows(self) -> str:
        """How many rows the batch has: `[1] int64`."""
        return self.add("Shape", self._inputs[0][0])

    def end(self, value: str, output: str) -> None:
        """Call a value by the name of an output."""
        self._node("Identity", (value,), output, "", {})

    def table(self, values: Any, dtype: Any = None) -> str:
        """Add a table, once only, and give its name."""
        array = np.ascontiguousarray(np.asarray(values, dtype))
        array = array.reshape(np.shape(values))
        content = tuple(array.ravel()) if array.dtype == object else array.tobytes()
        key = (array.dtype.str, array.shape, content)
        if key not in self._tables:
            name = self._new_name("table")
            self._tables[key] = name
            self._arrays.append(onnx_module("numpy_helper").from_array(array, name))
        return self._tables[key]

    def stacked(self, values: Sequence[str]) -> str:
        """Put `[batch]` values one above the other: `[values, batch]`."""
        # By the first input's rows: others of another length are not torn up, but an error.
        shape = self.joined([self.table([len(values)], np.int64), self.rows])
        return self.add("Reshape", self.joined(values), shape)

    def joined(self, values: Sequence[str], axis: int = 0) -> str:
        """Concatenate values."""
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=axis)

    def taken(self, value: str, rows: Sequence[int], count: int) -> str:
        """Take rows of a value that has `count` of them."""
        if list(rows) == list(range(count)):
            return value
        return self.add("Gather", value, self.table(rows, np.int64), axis=0)

    def cast(self, value: str, dtype: Any) -> str:
        """Convert a value to a type of NumPy."""
        return self.add("Cast", value, to=element_type(dtype))

    def floor_div(self, value: str, divisor: str) -> tuple[str, str]:
        """Divide int64 towards the past: quotient, and what is left, from 0 on."""
        cut = self.add("Div", value, divisor)  # towards 0; so no int64 is too far off
        is_above = self.add("Greater", self.add("Mul", cut, divisor), value)
        quotient = self.add("Sub", cut, self.cast(is_above, np.int64))
        return quotient, self.add("Mod", value, divisor)

    def model(self, outputs: Iterable[tuple[str, Any, tuple[Any, ...]]], **facts: Any) -> Any:
        """Make the model; outputs have names, NumPy types and shapes, `facts` are its fields."""
        helper = onnx_module("helper")
        graph = helper.make_graph(
            self._nodes,
            "model",
            [_info(name, dtype, ("batch",)) for name, dtype in self._inputs],
            [_info(*output) for output in outputs],
            self._arrays,
            value_info=list(self._known.values()),
        )
        opsets = [helper.make_opsetid(x, _OPSETS[x]) for x in _OPSETS if x in self._domains]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, **facts)

    def _node(
        self, operator: str, values: Sequence[str], output: str, domain: str, attributes: Any
    ) -> None:
        self._domains.add(domain)
        helper = onnx_module("helper")
        node = helper.make_node(
            operator, values, [output], name=output, domain=domain, **attributes
        )
        self._nodes.append(node)

    def _new_name(self, kind: str) -> str:
        while True:
            number = self._counts.get(kind, 0)
            self._counts[kind] = number + 1
            name = f"{kind}_{number}"
            if name not in self._taken:
                return name


def onnx_module(name: str) -> Any:
    """Import a module of the package `onnx`.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        return importlib.import_module(f"onnx.{name}")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "to write ONNX needs the package onnx: pip install 'tfx-pipeline[formats]'"
        ) from error


def element_type(dtype: Any) -> int:
    """Give ONNX's number of a type of NumPy; `object` is text."""
    number: int = onnx_module("helper").np_dtype_to_tensor_dtype(np.dtype(dtype))
    return number


def _info(name: str, dtype: Any, shape: tuple[Any, ...]) -> Any:
    return onnx_module("helper").make_tensor_value_info(name, element_type(dtype), shape)


def column(values: Sequence[Any] | NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Make `[values, 1]`, which stands beside each row of a value."""
    return np.asarray(values, dtype)[:, np.newaxis]
