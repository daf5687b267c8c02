"""The file that a description is kept in, inside the exported model: one archive of NumPy.

`description.json` in it holds all but the arrays. Those of one type stand one after the other in a
member of their own, for trees are thousands of them: in their stead it says type, place and shape.
A value of one of our types is an object with its type's name as `is`.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description import columns, heads, model_description, operations
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.storage import fileio

LOCATION = Path("assets.extra") / "description.npz"
"""Place of the file inside the exported model."""
FORM = 1
"""Of the file: a reader refuses another one."""

_TYPES: dict[str, Any] = {
    name: each
    for module in (columns, heads, model_description, operations)
    for name, each in vars(module).items()
    if dataclasses.is_dataclass(each) and each.__module__ == module.__name__
}


class NoDescriptionError(ValueError):
    """A model has no description; the message says why, and what to do."""


def write_description(
    model_directory: str | os.PathLike[str], description: ModelDescription | str
) -> None:
    """Write it, or why there is none, into a model's folder or URI, whole or not at all."""
    members = _Members()
    text = json.dumps({"form": FORM, "description": _plain(description, members)})
    arrays = members.joined()
    arrays["description.json"] = np.frombuffer(text.encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    fileio.write_bytes(_place(model_directory), buffer.getvalue())


def read_description(model_directory: str | os.PathLike[str]) -> ModelDescription:
    """Read the description of an exported model, by its folder or URI.

    Raises:
        NoDescriptionError: it has none.
        ValueError: the file is not what `write_description` of this version writes.
    """
    place = _place(model_directory)
    if not fileio.exists(place):
        raise NoDescriptionError(
            f"the model in {os.fspath(model_directory)} has no {LOCATION}: it was made by an"
            " earlier version, or by a run_fn of your own; run the pipeline again"
        )
    try:
        description = _read(fileio.read_bytes(place))
    except _UNREADABLE as error:
        raise ValueError(
            f"{place} is no description of a model that this version reads ({error}): run the"
            " pipeline again with this version"
        ) from error
    if isinstance(description, str):
        raise NoDescriptionError(
            f"the model in {os.fspath(model_directory)} cannot be described: {description}"
        )
    return description


_OF_HEADERS = (SyntaxError, tokenize.TokenError)  # NumPy reads them as Python
_OF_ARCHIVES = (EOFError, zipfile.BadZipFile, zlib.error)
_UNREADABLE = (ValueError, KeyError, TypeError, *_OF_HEADERS, *_OF_ARCHIVES)


def _place(model_directory: str | os.PathLike[str]) -> str:
    return fileio.join(os.fspath(model_directory), LOCATION.as_posix())


def _read(content: bytes) -> ModelDescription | str:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError(f"its {len(content):,} bytes are no archive of NumPy, or not all of it")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        read = json.loads(arrays["description.json"].tobytes())
        if read["form"] != FORM:
            raise ValueError(f"its form is {read['form']!r} and not {FORM}")
        members = {name: arrays[name] for name in arrays.files}
        description = _typed(read["description"], members)
    if not isinstance(description, ModelDescription | str):
        raise ValueError(f"it holds a {type(description).__name__}")
    return description


class _Members:
    """Arrays, by type, one after the other."""

    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {}
        self._sizes: dict[str, int] = {}

    def put(self, array: NDArray[Any]) -> list[Any]:
        """Put an array behind the others of its type; return type, place and shape."""
        name = array.dtype.name
        place = self._sizes.get(name, 0)
        self._parts.setdefault(name, []).append(array.ravel())
        self._sizes[name] = place + array.size
        return [name, place, list(array.shape)]

    def joined(self) -> dict[str, NDArray[Any]]:
        return {name: np.concatenate(parts) for name, parts in self._parts.items()}


def _plain(value: Any, arrays: _Members) -> Any:
    """Make what JSON holds; arrays are put aside, by type, and their places named."""
    if dataclasses.is_dataclass(value):
        fields = {
            field.name: _plain(getattr(value, field.name), arrays)
            for field in dataclasses.fields(value)
        }
        return {"is": type(value).__name__, **fields}
    if isinstance(value, np.ndarray):
        return {"array": arrays.put(value)}
    if isinstance(value, Mapping):
        return {"pairs": [[key, _plain(each, arrays)] for key, each in value.items()]}
    if isinstance(value, tuple | list):
        return [_plain(each, arrays) for each in value]
    return value


def _typed(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Undo `_plain`; lists become tuples."""
    if isinstance(value, list):
        return tuple(_typed(each, arrays) for each in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        name, place, shape = value["array"]
        part = arrays[name][place : place + math.prod(shape)]
        return part.reshape(shape)
    if "pairs" in value:
        return {key: _typed(each, arrays) for key, each in value["pairs"]}
    fields = {name: _typed(each, arrays) for name, each in value.items() if name != "is"}
    return _TYPES[value["is"]](**fields)
