"""What sections are made of: their base, texts of a form, short forms; and how to read types."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Section(BaseModel):
    """A frozen part of the configuration; a key that it does not know is an error.

    So is a number that is not finite, of whatever field: `.nan` compares with nothing.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


@dataclass(frozen=True)
class TextForm:
    """An annotation of `str`: the whole text must match.

    Attributes:
        pattern: a regular expression, which nobody but editors is shown.
        words: what it means: what is allowed.
    """

    pattern: str
    words: str

    def fits(self, text: str) -> bool:
        """Tell whether a text is of this form."""
        return re.fullmatch(self.pattern, text) is not None

    def _check(self, text: str) -> str:
        if not self.fits(text):
            raise PydanticCustomError("text_form", "{allowed}", {"allowed": self.words})
        return text

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Let editors check it as well, and say the same words."""
        pattern = f"^(?:{self.pattern})$"
        return {**handler(core), "pattern": pattern, "patternErrorMessage": self.words}


@dataclass(frozen=True)
class OneOrMore:
    """An annotation of a list: one value alone is a list of one.

    Attributes:
        separator: divides a text into several values, where no value can hold it: `auc,accuracy`.
        doubtful: what such a text could mean, when it can mean several things; it is refused.
    """

    separator: str | None = None
    doubtful: str | None = None

    def _listed(self, value: Any) -> Any:
        if value is None or isinstance(value, (list, tuple)):
            return value
        if isinstance(value, str) and "," in value and self.doubtful:
            raise PydanticCustomError("text_form", "{allowed}", {"allowed": self.doubtful})
        if isinstance(value, str) and self.separator:
            return [part for part in map(str.strip, value.split(self.separator)) if part]
        return [value]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Let editors accept both ways."""
        listed = handler(core)
        return {"anyOf": [listed, handler.resolve_ref_schema(listed)["items"]]}


@dataclass(frozen=True)
class Named:
    """An annotation of a section: a text alone is the value of one of its fields.

    Attributes:
        field: that field, the others of which have defaults.
    """

    field: str

    def section(self, value: Any) -> Any:
        """Give what a section is made of."""
        return {self.field: value} if isinstance(value, str) else value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.section, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Let editors accept both ways."""
        section = handler(core)
        resolved = handler.resolve_ref_schema(section)
        kinds = resolved.get("discriminator", {}).get("mapping")
        field = resolved.get("properties", {}).get(self.field, {})
        kept = ("type", "enum", "pattern", "patternErrorMessage")
        text = {"enum": sorted(kinds)} if kinds else {k: field[k] for k in kept if k in field}
        return {"anyOf": [section, text or {"type": "string"}]}


@dataclass(frozen=True)
class Switch:
    """An annotation of a section or nothing: `true` is all its defaults, `false` is nothing."""

    def _section(self, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._section, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Let editors accept both ways."""
        return {"anyOf": [handler(core), {"type": "boolean"}]}


ColumnName = Annotated[
    str,
    TextForm(
        r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+",
        "any text in one line: letters of any language, digits, blanks and signs, but no tab,"
        " line end or other control character",
    ),
]
"""A name as it stands in the header; `modules.model.input_names` says what becomes of it."""
Line = Annotated[
    str,
    TextForm(
        r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]+",
        "any text in one line, without a tab or another control character",
    ),
]
"""What people read as it stands, on a terminal too."""
Name = Annotated[
    str,
    TextForm(
        r"[a-z][a-z0-9_-]{0,62}",
        "lower-case letters of English, digits, `_` and `-`, with a letter first; 63 at most",
    ),
]
EnvironmentVariable = Annotated[
    str,
    TextForm(
        r"[A-Za-z_][A-Za-z0-9_]*", "the name of a variable: letters, digits and `_`, no digit first"
    ),
]
DottedFunction = Annotated[
    str,
    TextForm(
        r"[^\W\d]\w*(\.[^\W\d]\w*)+",
        "module.function, e.g. `my_module.run_fn`: names of Python with dots between them",
    ),
]


def alternatives(annotation: Any) -> Iterator[Any]:
    """List the types of which a value may be, without their annotations."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
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
