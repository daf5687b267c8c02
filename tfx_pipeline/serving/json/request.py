"""What a request's document asks for: the signature, and the model's inputs.

Terms:
    row form: `{"instances": [row, …]}`; a row holds the inputs by name, or is the only input.
    columnar form: `{"inputs": …}`, whole inputs by name, or the only input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from tfx_pipeline.serving.errors import invalid_argument
from tfx_pipeline.serving.json.checks import refuse_bare_rows, refuse_object_rows, refuse_value
from tfx_pipeline.serving.json.columns import is_object, stacked, stacked_one
from tfx_pipeline.serving.json.text import pretty
from tfx_pipeline.serving.types import TensorSpec

_INPUTS, _INSTANCES = "inputs", "instances"
_TENSOR_INFO = "multiple input tensors required as per tensorinfo_map"


def signature_name(document: dict[str, Any]) -> str:
    """Return the signature asked for, empty where none is; INVALID_ARGUMENT: it is no string."""
    name = document.get("signature_name", "")
    if type(name) is not str:
        raise invalid_argument(
            f"JSON Value: {pretty(document)} not formatted correctly."
            " 'signature_name' key must be a string value."
        )
    return name


def has_rows(document: dict[str, Any]) -> bool:
    """Tell whether a predict request has the row form, with rows; each may still be wrong."""
    rows = document.get(_INSTANCES)
    return type(rows) is list and len(rows) > 0 and _INPUTS not in document


def predict_inputs(
    document: dict[str, Any], inputs: Mapping[str, TensorSpec]
) -> tuple[dict[str, Any], bool]:
    """Make the inputs' arrays of a predict request, by name; tell whether it has the row form.

    Shapes are those of the JSON: they are not compared with the signature. UNIMPLEMENTED: JSON
    cannot express an input's data type; INVALID_ARGUMENT: all else that is wrong.
    """
    if not inputs:
        name = signature_name(document) or "DEFAULT"
        raise invalid_argument(f"Failed to get input map for signature: {name}")
    dtypes = {name: spec.dtype for name, spec in inputs.items()}
    if _INSTANCES in document:
        return _rows(_instances(document), dtypes), True
    if _INPUTS in document:
        return _columns(document[_INPUTS], dtypes), False
    raise invalid_argument("Missing 'inputs' or 'instances' key")


def _instances(document: dict[str, Any]) -> list[Any]:
    instances = document[_INSTANCES]
    if _INPUTS in document:
        problem = "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to"
        problem += " exist "
    elif type(instances) is not list:
        problem = "Expecting 'instances' to be an list/array"
    elif not instances:
        problem = "No values in 'instances' array"
    else:
        return instances
    raise invalid_argument(f"JSON Value: {pretty(document)} {problem}")


def _rows(instances: list[Any], dtypes: Mapping[str, int]) -> dict[str, Any]:
    if type(instances[0]) is not dict and len(dtypes) > 1:
        raise invalid_argument(
            f"instances is a plain list, but expecting list of objects as {_TENSOR_INFO}"
        )
    if not is_object(instances[0]):
        name, dtype = next(iter(dtypes.items()))
        array = stacked(instances, dtype)
        if array is None:
            refuse_bare_rows(instances, name, dtypes)
        return {name: array}
    arrays = _object_rows(instances, dtypes)
    if arrays is None:
        refuse_object_rows(instances, dtypes)
    return arrays


def _object_rows(instances: list[Any], dtypes: Mapping[str, int]) -> dict[str, Any] | None:
    """Make the array of each name; none unless all rows are objects with these names."""
    if "b64" in dtypes and not all(map(is_object, instances)):
        return None
    names_by_dtype: dict[int, list[str]] = {}
    for name, dtype in dtypes.items():
        names_by_dtype.setdefault(dtype, []).append(name)
    arrays: dict[str, Any] = {}
    try:
        for dtype, names in names_by_dtype.items():
            arrays |= zip(names, _stacked_columns(instances, names, dtype), strict=True)
        has_more = set(map(len, instances)) != {len(dtypes)}
    except (KeyError, TypeError):  # only an object has elements by name
        return None
    return None if has_more or any(each is None for each in arrays.values()) else arrays


def _stacked_columns(instances: list[Any], names: list[str], dtype: int) -> Sequence[Any | None]:
    """Make the arrays of names with one data type, all at once if they have one shape."""
    rows = map(itemgetter(*names), instances)
    if len(names) == 1:
        return [stacked(list(rows), dtype)]
    values = list(chain.from_iterable(rows))
    block = stacked(values, dtype)
    if block is None:
        count = len(names)
        return [stacked(values[start::count], dtype) for start in range(count)]
    by_row = block.reshape(len(instances), len(names), *block.shape[1:])
    return list(np.ascontiguousarray(by_row.swapaxes(0, 1)))


def _columns(value: Any, dtypes: Mapping[str, int]) -> dict[str, Any]:
    if is_object(value):
        values = value
    elif len(dtypes) > 1:
        raise invalid_argument(
            f"inputs is a plain value/list, but expecting an object as {_TENSOR_INFO}"
        )
    else:
        values = {next(iter(dtypes)): value}
    arrays = {}
    for name, dtype in dtypes.items():
        if name not in values:
            raise invalid_argument(f"Missing named input: {name} in 'inputs' object.")
        arrays[name] = stacked_one(values[name], dtype)
        if arrays[name] is None:
            refuse_value(values[name], dtype)
    return arrays
