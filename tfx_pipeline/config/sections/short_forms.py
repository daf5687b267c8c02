"""Short ways to write a value: one in place of a list of one, a name in place of a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


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
