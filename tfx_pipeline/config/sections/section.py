"""What every section of the configuration has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from tfx_pipeline.config.sections.text_form import TextForm


class Section(BaseModel):
    """A frozen part of the configuration; a key that it does not know is an error.

    So is a number that is not finite, of whatever field: `.nan` compares with nothing.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


ColumnName = Annotated[
    str,
    TextForm(
        r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+",
        "any text in one line: letters of any language, digits, blanks and signs, but no tab,"
        " line end or other control character",
    ),
]
"""A name as it stands in the table's header; see `modules.input_names` for what becomes of it."""
Name = Annotated[
    str,
    TextForm(
        r"[a-z][a-z0-9_-]{0,62}",
        "lower-case letters of English, digits, `_` and `-`, with a letter first; 63 at most",
    ),
]
