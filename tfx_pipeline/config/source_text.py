"""What was written, where a field's type is a text: `no` is a word there, and not false.

YAML takes `no`, `on`, `1.0`, `010` and `null` for truth values, numbers and nothing, whoever reads
them. Here the type of the field decides. Texts are taken letter by letter; numbers as YAML 1.2 and
all people read them, so that `010` is ten and `12:30` is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tfx_pipeline.config.sections.section import (
    Named,
    alternatives,
    inside,
    is_section,
    sections_of,
)
from tfx_pipeline.config.yaml_source import KeyPath, YamlSource

_NULLS = ("", "~", "null", "Null", "NULL")
_EXACT = 2**53  # below which doubles have all whole numbers
_ONLY_YAML_1_1 = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)")


def as_written(source: YamlSource, section: type[BaseModel]) -> YamlSource:
    """Give a source with its values as the types of a section want them.

    A part that is left empty (`model:` with nothing below it) is as if it were not there; a name
    in place of a section becomes that section, so that overlays can add to it.
    """
    values = _Reader(source.texts).mapping(source.values, section, ())
    return YamlSource(values, source.places)


class _Reader:
    """Walks values and types side by side."""

    def __init__(self, texts: Mapping[KeyPath, str]) -> None:
        self._texts = texts

    def value(self, value: Any, annotation: Any, path: KeyPath) -> Any:
        """Give one value as its type wants it."""
        if isinstance(value, dict):
            return self.mapping(value, annotation, path)
        if isinstance(value, list):
            inner = inside(annotation, tuple)
            return [self.value(x, inner, (*path, index)) for index, x in enumerate(value)]
        if path in self._texts:
            wanted = [*_scalars(annotation), *_scalars_of_name(annotation)]
            value = _scalar(value, self._texts[path], wanted)
        if get_origin(annotation) is Annotated:
            for form in get_args(annotation)[1:]:
                value = form.section(value) if isinstance(form, Named) else value
        return value

    def mapping(self, values: dict[str, Any], annotation: Any, path: KeyPath) -> dict[str, Any]:
        """Give the entries of a mapping, or of a section of the configuration."""
        fields: dict[str, FieldInfo] = {}
        for each in sections_of(annotation):
            fields |= each.model_fields
        inner = inside(annotation, dict)
        read = {}
        for key, value in values.items():
            wanted = _of_field(fields[key]) if key in fields else inner
            if value is not None or not _is_container(wanted):
                read[key] = self.value(value, wanted, (*path, key))
        return read


def is_text(section: type[BaseModel], path: KeyPath) -> bool:
    """Tell whether the field at a path of a section is a text, and nothing else."""
    annotation: Any = section
    for key in path:
        holders = [each for each in sections_of(annotation) if key in each.model_fields]
        fields = [each.model_fields[str(key)] for each in holders]
        annotation = fields[0].annotation if fields else inside(annotation, dict)
    return {*alternatives(annotation)} - {type(None)} == {str}


def _of_field(field: FieldInfo) -> Any:
    """Give the type of a field with the annotations that pydantic took from it."""
    named = [each for each in field.metadata if isinstance(each, Named)]
    return Annotated[field.annotation, named[0]] if named else field.annotation


def _scalars(annotation: Any) -> Iterator[Any]:
    """List the types that a single value may have; for one in place of a list, its elements'."""
    for each in alternatives(annotation):
        if get_origin(each) is tuple:
            yield from _scalars(get_args(each)[0])
        elif get_origin(each) is Literal:
            yield from map(type, get_args(each))
        else:
            yield each


def _scalars_of_name(annotation: Any) -> Iterator[Any]:
    """List the types of the one field that a value in place of a section is for."""
    forms = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    for form in forms:
        if isinstance(form, Named):
            for section in sections_of(annotation):
                yield from _scalars(section.model_fields[form.field].annotation)


def _scalar(value: Any, text: str, wanted: list[Any]) -> Any:
    if str in wanted and type(value) not in wanted:
        nothing = text in _NULLS and (type(None) in wanted or not text)
        return None if nothing else text
    if isinstance(value, (int, float)) and _ONLY_YAML_1_1.fullmatch(text):
        return text
    if isinstance(value, float) and abs(value) >= _EXACT and float not in wanted:
        return text  # a whole number is wanted, and this may be another one already
    return value


def _is_container(annotation: Any) -> bool:
    each = [*alternatives(annotation)]
    return type(None) not in each and any(
        is_section(x) or get_origin(x) in (dict, tuple) for x in each
    )
