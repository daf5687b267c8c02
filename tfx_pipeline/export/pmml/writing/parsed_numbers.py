"""Numbers out of texts, by the patterns of `features.number_style`, which Java reads alike."""

from __future__ import annotations

import re

from tfx_pipeline.export.pmml.writing.expressions import apply, given, looked_up, ref, text
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.modules.features.number_style import (
    CANONICAL,
    MAGNITUDE,
    MAGNITUDES,
    PARENTHESES,
    SIGN,
    NumberStyle,
    read_style,
)


def parsed_number(fields: Fields, name: str, cell: str, example: str) -> str:
    """Write what reads the texts of a cell as numbers; return its field, missing where none is."""
    style = read_style(example)
    bare = cell
    if style.is_accounting:
        without = apply("replace", ref(cell), text("[()]"), text(""))
        chosen = apply("if", _matches(cell, PARENTHESES), without, ref(cell))
        bare = fields.derived(f"{name} (bare)", given(cell, chosen), "string", "categorical")
    written = apply("if", _matches(bare, style.pattern), ref(bare))
    number = fields.derived(f"{name} (number)", given(bare, written), "string", "categorical")
    # A text becomes a number by the type of the field that it is the value of.
    size = fields.derived(f"{name} (digits)", given(number, _digits(number, style)))
    value = ref(size)
    if style.has_magnitudes:
        mark = _part(number, style, MAGNITUDE)
        marks = fields.derived(f"{name} (mark)", given(number, mark), "string", "categorical")
        pairs = [(key, repr(factor)) for key, factor in MAGNITUDES.items()]
        factors = looked_up(marks, pairs, "double", "1", "1")
        value = apply("*", value, ref(fields.derived(f"{name} (magnitude)", factors)))
    is_negative = apply("isNotIn", _part(number, style, SIGN), text("+"), text(""))
    if style.is_accounting:
        is_negative = apply("or", _matches(cell, PARENTHESES), is_negative)
    signed = apply("if", is_negative, apply("-", 0.0, value), value)
    return fields.derived(f"{name} (value)", given(number, signed))


def _digits(number: str, style: NumberStyle) -> str:
    plain = _part(number, style, CANONICAL)
    if style.thousands:
        plain = apply("replace", plain, text(style.mark_class), text(""))
    return apply("replace", plain, text(";"), text("."))


def _part(number: str, style: NumberStyle, rewrite: str) -> str:
    return apply("replace", ref(number), text(_whole(style.pattern)), text(rewritten(rewrite)))


def _matches(field: str, pattern: str) -> str:
    return apply("matches", ref(field), text(_whole(pattern)))


def _whole(pattern: str) -> str:
    """End a pattern of RE2 where the text ends: elsewhere `$` is before a line break too."""
    return pattern.removesuffix("$") + r"\z"


def rewritten(rewrite: str) -> str:
    """Turn a rewrite of RE2 into one of XPath."""
    return re.sub(r"\\(\d)", r"$\1", rewrite)
