"""Bodies of responses, laid out to the byte as TensorFlow Serving lays them out.

RapidJSON's PrettyWriter writes them there: four spaces a level, and lists either on one line or a
line an element. TensorFlow Serving switches between the two in the midst of a document, hence
`[1.0, 2.0` and the closing bracket on the next line.

Terms:
    level: how many lists and objects are open.
    text: a str of Latin-1 letters, one a byte, for strings may be any bytes.
"""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.serving.errors import invalid_argument
from tfx_pipeline.serving.json.numbers import decimal, decimals, is_decimal
from tfx_pipeline.serving.json.text import INDENT, quoted
from tfx_pipeline.serving.types import Servable, VersionState

_BETWEEN = "\0"  # in no JSON text
_SOLE = b'{\n    "predictions": [%b\n    ]\n}'
_TYPE_NAMES = {"float16": "half"}


def predictions_body(outputs: Mapping[str, Any], row: bool) -> bytes:
    """Write the response to a predict request, in row form or not.

    `outputs` are arrays by name; strings are object arrays of `bytes`, written in base64 if the
    name ends in `_bytes`. INVALID_ARGUMENT: JSON cannot express it.
    """
    if not outputs:
        raise invalid_argument("Cannot convert empty tensor map to JSON")
    if row and len(outputs) == 1:
        [array] = outputs.values()
        if array.shape == (1,) and is_decimal(array):  # a sole row of a sole number
            return _SOLE % decimal(array.item(), array.dtype).encode("ascii")
    return body_of_rows(row_texts(outputs), len(outputs)) if row else _columns(outputs)


def classifications_body(results: Sequence[Sequence[tuple[str | bytes, float]]]) -> bytes:
    """Write the response to classify: labels and float32 scores of each example, at least one."""
    if not results:
        raise invalid_argument("Cannot convert empty ClassificationResults to JSON")
    scores = [score for result in results for _, score in result]
    texts = iter(decimals(np.asarray(scores, np.float32)))
    lists = (
        ", ".join(f"[{quoted(_text(label))}, {next(texts)}]" for label, _ in result)
        for result in results
    )
    return _document("results", _half_open([f"[{each}]" for each in lists]))


def regressions_body(values: Sequence[float]) -> bytes:
    """Write the response to regress: a float32 value of each example, at least one."""
    if not len(values):
        raise invalid_argument("Cannot convert empty RegressionResults to JSON")
    return _document("results", f"[{', '.join(decimals(np.asarray(values, np.float32)))}]")


def error_body(message: str) -> bytes:
    """Write the response that reports an error."""
    return _document("error", quoted(_text(message)))


def status_document(states: Sequence[VersionState]) -> bytes:
    """Write a `GetModelStatusResponse`; 64-bit numbers are strings, as in all JSON of protobuf."""
    return _pretty(
        {
            "model_version_status": [
                {
                    "version": str(each.version),
                    "state": each.state.name,
                    "status": {"error_code": each.code.name, "error_message": each.message},
                }
                for each in states
            ]
        }
    )


def metadata_document(servable: Servable, signatures: Any) -> bytes:
    """Write a `GetModelMetadataResponse` of a `SignatureDefMap`, with the fields not set."""
    from google.protobuf import json_format

    # Renamed in protobuf 5.
    known = inspect.signature(json_format.MessageToDict).parameters
    old, new = "including_default_value_fields", "always_print_fields_with_no_presence"
    options = {(new if new in known else old): True}
    fields = json_format.MessageToDict(signatures, preserving_proto_field_name=True, **options)
    by_name = fields.get("signature_def", {})
    return _pretty(
        {
            "model_spec": {
                "name": servable.name,
                "signature_name": "",
                "version": str(servable.version),
            },
            "metadata": {"signature_def": {"signature_def": dict(sorted(by_name.items()))}},
        }
    )


def row_texts(outputs: Mapping[str, Any]) -> list[str]:
    """Write each row of a response in row form, for `body_of_rows`, or raise INVALID_ARGUMENT."""
    _check_batch_sizes(outputs)
    if len(outputs) == 1:
        [(name, array)] = outputs.items()
        return _elements(name, array, 2, on_one_line=True)
    line = "\n" + INDENT * 3
    columns = []
    for name, array in outputs.items():
        start = f"{line}{quoted(_text(name))}: "
        columns.append([start + each for each in _elements(name, array, 3, on_one_line=True)])
    return [f"{{{','.join(members)}\n{INDENT * 2}}}" for members in zip(*columns, strict=True)]


def body_of_rows(texts: list[str], outputs: int) -> bytes:
    """Write the response that holds these rows, of a signature with so many outputs."""
    return _document("predictions", _half_open(texts) if outputs == 1 else _on_lines(texts, 1))


def _columns(outputs: Mapping[str, Any]) -> bytes:
    if len(outputs) == 1:
        [(name, array)] = outputs.items()
        return _document("outputs", _whole(name, array, 1))
    line = "\n" + INDENT * 2
    members = (f"{line}{quoted(_text(k))}: {_whole(k, v, 2)}" for k, v in outputs.items())
    return _document("outputs", f"{{{','.join(members)}\n{INDENT}}}")


def _check_batch_sizes(outputs: Mapping[str, Any]) -> None:
    expected = None
    for name, array in outputs.items():
        if not array.ndim:
            raise invalid_argument(f"Tensor name: {name} has no shape information ")
        if expected not in (None, len(array)):
            raise invalid_argument(
                f"Tensor name: {name} has inconsistent batch size: {len(array)}"
                f" expecting: {expected}"
            )
        expected = len(array)


def _whole(name: str, array: Any, level: int) -> str:
    """Write an array in a place with `level` lists and objects open, an element a line."""
    if not array.ndim:
        return _scalars(name, array, level)[0]
    return _on_lines(_elements(name, array, level + 1, on_one_line=False), level)


def _elements(name: str, array: Any, level: int, on_one_line: bool) -> list[str]:
    """Write the elements of an array's first axis, each in a place with `level` open."""
    element = "%s"
    for axis in range(array.ndim - 1, 0, -1):
        parts = [element] * array.shape[axis]
        element = f"[{', '.join(parts)}]" if on_one_line else _on_lines(parts, level + axis - 1)
    texts = tuple(_scalars(name, array, level + array.ndim - 1))
    return (_BETWEEN.join([element] * len(array)) % texts).split(_BETWEEN) if len(array) else []


def _scalars(name: str, array: Any, level: int) -> list[str]:
    if not array.size:
        return []  # of any type
    if is_decimal(array):
        return decimals(array)
    kind, values = array.dtype.kind, array.ravel().tolist()
    if kind in "OS":
        if not name.endswith("_bytes"):
            return [quoted(_text(value)) for value in values]
        inner, outer = "\n" + INDENT * (level + 1), "\n" + INDENT * level
        codes = (base64.b64encode(value).decode("ascii") for value in values)
        return [f'{{{inner}"b64": "{code}"{outer}}}' for code in codes]
    if kind == "b":
        return ["true" if value else "false" for value in values]
    if kind in "iu" and array.dtype != np.uint16:
        return list(map(str, values))
    dtype = array.dtype
    # NumPy has quantized types as structures of one field, which has their name.
    name = dtype.names[0] if dtype.names else _TYPE_NAMES.get(dtype.name, dtype.name)
    raise invalid_argument(f"Failed to write JSON value for tensor type: {name}")


def _half_open(elements: list[str]) -> str:
    return f"[{', '.join(elements)}\n{INDENT}]" if elements else "[]"


def _on_lines(elements: list[str], level: int) -> str:
    if not elements:
        return "[]"
    line = "\n" + INDENT * (level + 1)
    return f"[{line}{(',' + line).join(elements)}\n{INDENT * level}]"


def _document(name: str, text: str) -> bytes:
    return f'{{\n{INDENT}"{name}": {text}\n}}'.encode("latin-1")


def _text(value: str | bytes) -> str:
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    return value.decode("latin-1")


def _pretty(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
