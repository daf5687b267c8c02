"""XML as text: elements, and numbers and texts in them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.wording import shortened

_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        # A reader makes blanks of these where they stand as they are.
        "\t": "&#9;",
        "\n": "&#10;",
        "\r": "&#13;",
    }
)
# https://www.w3.org/TR/xml/#charsets
_UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, *content: str, **attributes: object) -> str:
    """Write an element; `content` is XML; attributes that are None are left out.

    Raises:
        NotExportableError: an attribute has a character that XML does not.
    """
    given = "".join(
        f' {name}="{escaped(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    inside = "".join(content)
    return f"<{tag}{given}>{inside}</{tag}>" if inside else f"<{tag}{given}/>"


def is_sayable(text: str) -> bool:
    """Tell whether XML has all characters of a text."""
    return _UNSAYABLE.search(text) is None


def escaped(text: str) -> str:
    """Write a text inside an element or an attribute.

    Raises:
        NotExportableError: XML does not have one of its characters.
    """
    if not is_sayable(text):
        raise NotExportableError(
            [
                Problem(
                    what="the model knows a text that XML, and so PMML, cannot hold",
                    received=repr(shortened(text, 200)),
                    allowed="all of Unicode but control characters other than tab and line breaks",
                    next_step="name it among `missing` of the column, clean the table, or export"
                    " to another format",
                )
            ]
        )
    return text.translate(_ESCAPES)


def unescaped(text: str) -> str:
    """Undo `escaped`."""
    return html.unescape(text)


def number(value: float | np.floating[Any]) -> str:
    """Write a number so that its reader gets the same: a float32 with fewer digits."""
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "INF" if value > 0 else "-INF"
    return numbers(np.array([value]))[0]


def numbers(values: NDArray[Any]) -> list[str]:
    """Write finite numbers, of float32 or float64 as their type is, row by row."""
    is_short = values.dtype == np.float32
    texts: list[str] = (
        values.ravel().astype(np.float32 if is_short else float).astype("U32").tolist()
    )
    return [text.removesuffix(".0") for text in texts]


def mining_schema(names: Iterable[str], target: str | None = None) -> str:
    """List the raw fields that a model reads; what the dictionary does not list is the model's."""
    fields = [element("MiningField", name=name, invalidValueTreatment="asIs") for name in names]
    if target is not None:
        fields.append(element("MiningField", name=target, usageType="target"))
    return element("MiningSchema", *fields) + "\n"
