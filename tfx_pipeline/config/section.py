"""What every section of the configuration has in common."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A frozen part of the configuration; a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _without_control_characters(name: str) -> str:
    """Let anything be a name that a line of a table can hold and a person can read."""
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        raise ValueError(
            "a column's name is any text in one line: letters of any language, digits, blanks and"
            " signs, but no tab, line end or other control character"
        )
    return name


ColumnName = Annotated[str, Field(min_length=1), AfterValidator(_without_control_characters)]
"""A name as it stands in the table's header; see `modules.input_names` for what becomes of it."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
