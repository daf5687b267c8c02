"""What every section of the configuration has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from tfx_pipeline.config.text_form import TextForm


class Section(BaseModel):
    """A frozen part of the configuration; a key that it does not know is an error.

    So is a number that is not finite, of whatever field: `.nan` compares with nothing.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


ColumnName = Annotated[
    str,
    TextForm(r"[A-Za-z_][A-Za-z0-9_]*", "letters of English, digits and `_`, with no digit first"),
]
Name = Annotated[
    str,
    TextForm(
        r"[a-z][a-z0-9_-]{0,62}",
        "lower-case letters of English, digits, `_` and `-`, with a letter first; 63 at most",
    ),
]
