"""Finds what is wrong with a request's values, in the order and words of TensorFlow Serving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.json.columns import (
    MOST_DIMENSIONS,
    STRING,
    decoded,
    is_expressible,
    is_object,
    json_type,
    stacked,
    type_name,
)
from tfx_pipeline.serving.json.text import pretty


class _RowChecks:
    """Finds the first row that is wrong, in the order in which TensorFlow Serving looks."""

    def __init__(self, dtypes: Mapping[str, int]) -> None:
        self._dtypes = dtypes
        self._first: dict[str, tuple[tuple[int, ...], int]] = {}

    def check(self, name: str, value: Any) -> None:
        """Compare a value with its data type, and with the first value of its name."""
        if name not in self._dtypes:
            raise invalid_argument(f"JSON object: does not have named input: {name}")
        shape, size = _shape_and_size(value, self._dtypes[name])
        first_shape, first_size = self._first.setdefault(name, (shape, size))
        if size != first_size:
            raise invalid_argument(f"Expecting tensor size: {first_size} but got: {size}")
        if shape != first_shape:
            raise invalid_argument(
                f"Expecting shape {_bracketed(first_shape)} but got: {_bracketed(shape)}"
            )


def refuse_value(value: Any, dtype: int) -> NoReturn:
    """Say why a value makes no tensor.

    INVALID_ARGUMENT: it is not regular or a scalar has a wrong type; UNIMPLEMENTED: JSON cannot
    express the data type.
    """
    _shape_and_size(value, dtype)
    raise _inexpressible(value, dtype)  # there is no scalar in it


def refuse_bare_rows(instances: list[Any], name: str, dtypes: Mapping[str, int]) -> NoReturn:
    """Say why rows that are the only input make no tensor: the first reason, INVALID_ARGUMENT."""
    checks = _RowChecks(dtypes)
    for index, value in enumerate(instances):
        if is_object(value):
            raise invalid_argument(
                f"Expecting value/list but got object at item {index} of input list"
            )
        try:
            checks.check(name, value)
        except ServingError as error:
            raise _row_error(f"{index} of 'instances' list. Error: {error}") from error
    raise _inexpressible(instances, dtypes[name])


def refuse_object_rows(instances: list[Any], dtypes: Mapping[str, int]) -> NoReturn:
    """Say why rows that hold inputs by name make no tensors; as `refuse_bare_rows`."""
    checks = _RowChecks(dtypes)
    for index, row in enumerate(instances):
        if not is_object(row):
            raise invalid_argument(f"Expecting object but got list at item {index} of input list")
        for name, value in row.items():
            try:
                checks.check(name, value)
            except ServingError as error:
                where = f"{index} key: {name} of 'instances' list."
                raise _row_error(f"{where} Error: {error}") from error
        if row.keys() != dtypes.keys():
            raise _row_error(
                f"{index} of 'instances' list. JSON object: {pretty(row)}"
                f" keys must be equal to: {','.join(sorted(dtypes))}"
            )
    raise _inexpressible(instances, next(iter(dtypes.values())))


def _row_error(words: str) -> ServingError:
    return invalid_argument(f"Failed to process element: {words}")


def _bracketed(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _shape_and_size(value: Any, dtype: int) -> tuple[tuple[int, ...], int]:
    """Return a value's shape, which is that of its first elements, and its scalars' number."""
    shape = []
    inner = value
    while type(inner) is list:
        shape.append(len(inner))
        if not inner:
            break
        inner = inner[0]
    if len(shape) >= MOST_DIMENSIONS:
        raise invalid_argument(f"JSON Value: {pretty(value)} has too many dimensions")
    return tuple(shape), _checked_count(value, 0, shape, dtype)


def _checked_count(value: Any, level: int, shape: Sequence[int], dtype: int) -> int:
    if type(value) is not list:
        if level != len(shape):
            raise invalid_argument(
                f"JSON Value: {pretty(value)} found at incorrect level: {level + 1}"
                f" in the JSON DOM. Expected at level: {len(shape)}"
            )
        _check_scalar(value, dtype)
        return 1
    if level >= len(shape):
        raise invalid_argument(
            f"Encountered list at unexpected level: {level} expected < {len(shape)}"
        )
    if len(value) != shape[level]:
        raise invalid_argument(
            f"Encountered list at unexpected size: {len(value)} at level: {level}"
            f" expected size: {shape[level]}"
        )
    return sum(_checked_count(each, level + 1, shape, dtype) for each in value)


def _check_scalar(value: Any, dtype: int) -> None:
    if type(value) is dict and dtype == STRING:
        decoded(value)
    elif not is_expressible(dtype) and type(value) is not dict:
        raise _inexpressible(value, dtype)
    elif stacked([value], dtype) is None:
        raise invalid_argument(
            f"JSON Value: {pretty(value)} Type: {json_type(value)}"
            f" is not of expected type: {type_name(dtype)}"
        )


def _inexpressible(value: Any, dtype: int) -> ServingError:
    words = f"Conversion of JSON Value: {pretty(value)} to type: {type_name(dtype)}"
    return ServingError(Code.UNIMPLEMENTED, words)
