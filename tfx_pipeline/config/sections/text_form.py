"""Texts of a certain form, which every message says in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class TextForm:
    """An annotation of `str`: the whole text must match.

    Attributes:
        pattern: a regular expression, which nobody but editors is shown.
        words: what it means: what is allowed.
    """

    pattern: str
    words: str

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
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


EnvironmentVariable = Annotated[
    str,
    TextForm(
        r"[A-Za-z_][A-Za-z0-9_]*", "the name of a variable: letters, digits and `_`, no digit first"
    ),
]
KubernetesName = Annotated[
    str,
    TextForm(
        r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?",
        "lower-case letters, digits, `-` and `.`, with a letter or digit at both ends; 253 at most",
    ),
]
DottedFunction = Annotated[
    str,
    TextForm(
        r"[^\W\d]\w*(\.[^\W\d]\w*)+",
        "module.function, e.g. `my_module.run_fn`: names of Python with dots between them",
    ),
]
