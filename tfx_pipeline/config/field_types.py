"""What a field of the configuration may hold, read from its type."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

_UNIONS = (Union, types.UnionType)


def alternatives(annotation: Any) -> Iterator[Any]:
    """List the types of which a value may be, without their annotations."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in _UNIONS:
        for each in get_args(annotation):
            yield from alternatives(each)
    else:
        yield annotation


def is_section(annotation: Any) -> bool:
    """Tell a section of the configuration from other types."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def sections_of(annotation: Any) -> list[type[BaseModel]]:
    """List the sections that a value may be."""
    return [each for each in alternatives(annotation) if is_section(each)]


def inside(annotation: Any, kind: type) -> Any:
    """Give the type of the elements of a list (`tuple`), or of the values of a mapping (`dict`)."""
    for each in alternatives(annotation):
        if get_origin(each) is kind:
            return get_args(each)[0 if kind is tuple else 1]
    return Any
