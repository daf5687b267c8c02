"""Bodies of Predict, read and written without message objects where they are as usual.

Terms:
    usual: a request of small tensors (see `entries`); protobuf's maps (`wire`) read all others.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfx_pipeline.serving.errors import ServingError, invalid_argument
from tfx_pipeline.serving.memory import Reservation
from tfx_pipeline.serving.tensors.entries import ENTRY_TAG, LONG, read_entry
from tfx_pipeline.serving.tensors.reading import decode
from tfx_pipeline.serving.tensors.rows import TensorRows, known_layout
from tfx_pipeline.serving.tensors.wire import message_class, parse_message, spec_of
from tfx_pipeline.serving.tensors.writing import encode, varint_bytes
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, ModelSpec

_SPEC_TAG = 0x0A
_TIMES_EXPANDED = 4  # as large as the input are what a model makes of it, and the answer
_REMEMBERED = 1024  # of things that take less than 1 kB each


class PredictBody(NamedTuple):
    """A request; `spec` is none where it has no `model_spec`."""

    spec: ModelSpec | None
    inputs: Mapping[str, Any] | TensorRows
    output_filter: Sequence[str]


class _Tensors(dict[str, Any]):
    """Arrays by alias; those that are serialized tensors are decoded where they are asked for.

    A reservation takes what an array has more than its tensor.
    """

    reservation: Reservation | None = None

    def __getitem__(self, alias: str) -> Any:
        value = super().__getitem__(alias)
        if type(value) is not bytes:
            return value
        try:
            array = decode(value)
        except (ValueError, MemoryError) as error:
            raise invalid_argument(f"tensor parsing error: {alias}") from error
        if self.reservation is not None and array.nbytes > len(value):
            self.reservation.add(_TIMES_EXPANDED * (array.nbytes - len(value)))
        return array


def read_request(body: bytes) -> PredictBody:
    """Read a serialized `PredictRequest`; ServingError: it is none.

    The inputs raise one too where one that is no tensor is asked for.
    """
    try:
        usual = _read_usual(body)
    except IndexError:  # it ends too early
        usual = None
    if usual is not None:
        return usual
    request = parse_message(message_class("PredictRequest"), body)
    spec = spec_of(request.model_spec) if request.HasField("model_spec") else None
    return PredictBody(spec, _Tensors(request.inputs), request.output_filter)


def arrays_of(
    inputs: Mapping[str, Any] | TensorRows, reservation: Reservation
) -> Mapping[str, Any]:
    """Return the inputs of a request as arrays by alias; `reservation` may refuse large ones."""
    if isinstance(inputs, TensorRows):
        return inputs.by_alias()
    if isinstance(inputs, _Tensors):
        inputs.reservation = reservation
    return inputs


def write_response(
    outputs: Mapping[str, Any], spec: ModelSpec, version: int, as_content: bool
) -> bytes:
    """Write a serialized `PredictResponse` of arrays by alias."""
    parts = []
    for alias, array in outputs.items():
        tensor = encode(array, as_content)
        opening = _output_opening(alias) + varint_bytes(len(tensor))
        parts += [b"\x0a", varint_bytes(len(opening) + len(tensor)), opening, tensor]
    parts.append(_answered_spec(spec.name, version, spec.signature_name))
    return b"".join(parts)


def _read_usual(body: bytes) -> PredictBody | None:
    """Read a request of small tensors and a spec at most; none: another; IndexError: it is cut."""
    spec, position, size = None, 0, len(body)
    fields: list[Any] = []
    values: list[Any] = []
    while position < size:
        tag = body[position]
        if tag == ENTRY_TAG:
            position = read_entry(body, position, fields, values)
            if not position:
                return None
        elif tag == _SPEC_TAG and spec is None and body[position + 1] < LONG:
            end = position + 2 + body[position + 1]
            spec = _known_spec(body[position:end])
            if spec is None:
                return None
            position = end
        else:
            return None
    layout = known_layout(tuple(fields))
    if layout is None or position != size:
        return None
    return PredictBody(spec, TensorRows(layout, layout.sort(values), layout.rows or 0), ())


@functools.lru_cache(_REMEMBERED)
def _known_spec(field: bytes) -> ModelSpec | None:
    try:
        return spec_of(parse_message(message_class("PredictRequest"), field).model_spec)
    except ServingError:
        return None


@functools.lru_cache(_REMEMBERED)
def _output_opening(alias: str) -> bytes:
    name = alias.encode()
    return b"\x0a" + varint_bytes(len(name)) + name + b"\x12"


@functools.lru_cache(_REMEMBERED)
def _answered_spec(name: str, version: int, signature_name: str) -> bytes:
    response = message_class("PredictResponse")()
    response.model_spec.name = name
    response.model_spec.version.value = version
    response.model_spec.signature_name = signature_name or DEFAULT_SIGNATURE
    return response.SerializeToString()
