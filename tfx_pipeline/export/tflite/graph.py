"""A TFLite model while it is written: tensors, operations, tables of names; then its bytes.

The flatbuffer is written directly, by the schema that the runtime brings along: the converter
needs TensorFlow, minutes for a thousand columns, and refuses what is not TensorFlow's own.

Terms:
    tensor: of a type and a shape, whose axis of -1 is that of the rows.
    kernel: what runs an operation. All versions of operations are written as 1: kernels look at
        the types that they are given, and refuse those that they cannot take.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.library import schema

STRING = "string"
ROWS = -1
FACTS_NAME = "facts.json"
"""Name of the metadata that holds what the model says of itself."""

_SCHEMA_VERSION = 3
_DTYPES = {
    "float32": "FLOAT32",
    "float64": "FLOAT64",
    "float16": "FLOAT16",
    "int64": "INT64",
    "int32": "INT32",
    "int8": "INT8",
    "bool": "BOOL",
    STRING: "STRING",
    "resource": "RESOURCE",
}


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph.

    Attributes:
        index: among those of its subgraph.
        dtype: NumPy's name of it, or `string`.
        shape: -1 is the number of rows.
    """

    index: int
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Quantization:
    """Whole numbers that stand for others: (number - `zero`) * `scales`, one for all or a row."""

    scales: NDArray[np.float32]
    zero: int = 0


class Graph:
    """A model that is being written.

    Attributes:
        inputs, outputs: by name, in order.
    """

    def __init__(self) -> None:
        self.inputs: dict[str, Tensor] = {}
        self.outputs: dict[str, Tensor] = {}
        self._schema = schema()
        self._buffers: dict[bytes, int] = {b"": 0}
        self._codes: dict[int, int] = {}
        self._main, self._setup = (self._subgraph(name) for name in ("main", "fill_tables"))
        self._constants: dict[tuple[Any, ...], Tensor] = {}
        self._tables = 0
        self._drawn: list[Tensor] = []

    def input(self, name: str, dtype: str) -> Tensor:
        """Add an input, `[rows]`."""
        self.inputs[name] = self._tensor(self._main, name, dtype, (ROWS,))
        return self.inputs[name]

    def constant(self, values: Any, dtype: Any, quantization: Quantization | None = None) -> Tensor:
        """Hold an array, or texts where `dtype` is `STRING`; equal ones are held once."""
        return self._constant(self._main, values, dtype, quantization)

    def add(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        dtype: str,
        shape: Sequence[int],
        options: str | None = None,
        quantization: Quantization | None = None,
        **settings: Any,
    ) -> Tensor:
        """Add an operation of one output; `options` is the schema's name of what is set."""
        output = self._tensor(self._main, "", dtype, tuple(shape), 0, quantization)
        self._operator(self._main, operation, inputs, [output], options, settings)
        return output

    def table(self, texts: Sequence[str]) -> Tensor:
        """Make a table that gives the place of a text among these, as `look_up` asks for it.

        Tables are filled once, before the first rows.
        """
        self._tables += 1
        settings = {
            "tableId": self._tables,
            "keyDtype": self._schema.TensorType.STRING,
            "valueDtype": self._schema.TensorType.INT64,
        }
        handles = []
        for subgraph in (self._setup, self._main):
            handle = self._tensor(subgraph, "", "resource", (1,))
            self._operator(subgraph, "HASHTABLE", [], [handle], "HashtableOptions", settings)
            handles.append(handle)
        keys = self._constant(self._setup, list(texts), STRING, None)
        places = self._constant(self._setup, np.arange(len(texts)), np.int64, None)
        inputs = [handles[0], keys, places]
        self._operator(self._setup, "HASHTABLE_IMPORT", inputs, [], "HashtableImportOptions", {})
        return handles[1]

    def look_up(self, table: Tensor, texts: Tensor, unknown: int) -> Tensor:
        """Find texts in a table: int64 of their shape, `unknown` for those that it has not."""
        default = self.constant(np.array([unknown]), np.int64)
        inputs = [table, texts, default]
        return self.add("HASHTABLE_FIND", inputs, "int64", texts.shape, "HashtableFindOptions")

    def written(self, description: str) -> bytes:
        """Write the model, and beside it what it says of itself."""
        import flatbuffers

        made = self._schema
        subgraphs = [self._main]
        if self._tables:
            subgraphs.append(self._setup)
            self._setup.outputs = []
            code = made.OperatorT()
            code.opcodeIndex = self._code("CALL_ONCE")
            code.inputs, code.outputs = [], []
            code.builtinOptionsType = made.BuiltinOptions.CallOnceOptions
            code.builtinOptions = made.CallOnceOptionsT()
            code.builtinOptions.initSubgraphIndex = 1
            self._main.operators.insert(0, code)
        self._main.inputs = [each.index for each in self.inputs.values()]
        self._main.outputs = [each.index for each in self.outputs.values()]
        for name, tensor in self.outputs.items():
            self._main.tensors[tensor.index].name = name
        model = made.ModelT()
        model.version, model.subgraphs = _SCHEMA_VERSION, subgraphs
        model.description = "See the metadata `" + FACTS_NAME + "`"
        model.operatorCodes = [self._operator_code(each) for each in self._codes]
        model.signatureDefs = [self._signature()]
        entry = made.MetadataT()
        entry.name, entry.buffer = FACTS_NAME, self._buffer(description.encode())
        model.metadata = [entry]
        model.buffers = [self._buffer_of(content) for content in self._buffers]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    def _constant(
        self, subgraph: Any, values: Any, dtype: Any, quantization: Quantization | None
    ) -> Tensor:
        is_text = dtype == STRING
        array = None if is_text else np.ascontiguousarray(values, dtype)
        content = _packed_texts(values) if array is None else array.tobytes()
        name, shape = (STRING, (len(values),)) if array is None else (array.dtype.name, array.shape)
        key = (id(subgraph), content, name, shape, id(quantization) if quantization else None)
        if key not in self._constants:
            # An empty array has a buffer of its own: that without content means no constant.
            buffer = self._buffer(content)
            made = self._tensor(subgraph, "", name, shape, buffer, quantization)
            self._constants[key] = made
        return self._constants[key]

    def _tensor(
        self,
        subgraph: Any,
        name: str,
        dtype: str,
        shape: tuple[int, ...],
        buffer: int = 0,
        quantization: Quantization | None = None,
    ) -> Tensor:
        made = self._schema.TensorT()
        made.name, made.buffer = name or None, buffer  # a name would be half of what is written
        made.type = getattr(self._schema.TensorType, _DTYPES[dtype])
        made.shape = [1 if size == ROWS else size for size in shape]
        if ROWS in shape:
            made.shapeSignature = list(shape)
        if quantization is not None:
            made.quantization = self._schema.QuantizationParametersT()
            made.quantization.scale = quantization.scales.tolist()
            made.quantization.zeroPoint = [quantization.zero] * len(quantization.scales)
        subgraph.tensors.append(made)
        return Tensor(len(subgraph.tensors) - 1, dtype, shape)

    def _operator(
        self,
        subgraph: Any,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        options: str | None,
        settings: Mapping[str, Any],
    ) -> None:
        made = self._schema.OperatorT()
        made.opcodeIndex = self._code(operation)
        made.inputs = [each.index for each in inputs]
        made.outputs = [each.index for each in outputs]
        if options is not None:
            made.builtinOptionsType = getattr(self._schema.BuiltinOptions, options)
            made.builtinOptions = getattr(self._schema, f"{options}T")()
            for name, value in settings.items():
                setattr(made.builtinOptions, name, value)
        subgraph.operators.append(made)

    def _code(self, operation: str) -> int:
        code = getattr(self._schema.BuiltinOperator, operation)
        return self._codes.setdefault(code, len(self._codes))

    def _operator_code(self, code: int) -> Any:
        made = self._schema.OperatorCodeT()
        made.builtinCode, made.version = code, 1
        made.deprecatedBuiltinCode = min(code, 127)  # what readers of before 2020 look at
        return made

    def _buffer(self, content: bytes) -> int:
        return self._buffers.setdefault(content, len(self._buffers))

    def _buffer_of(self, content: bytes) -> Any:
        made = self._schema.BufferT()
        if content:
            made.data = np.frombuffer(content, np.uint8)
        return made

    def _signature(self) -> Any:
        made = self._schema.SignatureDefT()
        made.signatureKey, made.subgraphIndex = "serving_default", 0
        made.inputs = [self._mapped(*each) for each in self.inputs.items()]
        made.outputs = [self._mapped(*each) for each in self.outputs.items()]
        return made

    def _mapped(self, name: str, tensor: Tensor) -> Any:
        made = self._schema.TensorMapT()
        made.name, made.tensorIndex = name, tensor.index
        return made

    def _subgraph(self, name: str) -> Any:
        made = self._schema.SubGraphT()
        made.name = name
        made.tensors, made.operators, made.inputs, made.outputs = [], [], [], []
        return made


def _packed_texts(texts: Sequence[str]) -> bytes:
    """Pack texts as TFLite holds them: how many there are, where each begins, all of them."""
    encoded = [text.encode() for text in texts]
    first = 4 * (len(encoded) + 2)
    places = first + np.cumsum([0, *map(len, encoded)])
    return struct.pack(f"<{len(places) + 1}i", len(encoded), *places.tolist()) + b"".join(encoded)
