"""Cells as numbers and as names: what means missing, what rounds, what is read out of texts.

Terms are those of `modules.description.columns`. What means missing by itself, NaN, an infinite
number and "", the data dictionary says; so here it is missing already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from tfx_pipeline.export.pmml.writing.expressions import (
    apply,
    clipped,
    given,
    looked_up,
    ref,
    text,
)
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.moments import moment
from tfx_pipeline.export.pmml.writing.parsed_numbers import parsed_number
from tfx_pipeline.modules.description.columns import (
    AMBIGUOUS,
    LARGEST_WHOLE,
    Column,
    MomentParse,
    NumberParse,
    Ranks,
)
from tfx_pipeline.modules.description.number_names import float_named, whole_named
from tfx_pipeline.modules.features.missing_marks import read_marks

BLANK = r"(?:\x20|\x09|\x0a|\x0b|\x0c|\x0d)"
"""A pattern of ASCII's white space, which is left out around a text that is compared with marks."""


def number_of(fields: Fields, name: str) -> str:
    """Give the field of a column's number, missing where it is."""
    column = fields.columns[name]
    if column.parse is None:
        return _cell(fields, column)
    return fields.field(("number", name), lambda: _parsed(fields, column))


def key_of(fields: Fields, name: str) -> str:
    """Give the field that names are looked up by: a text, or the number that is written so."""
    column = fields.columns[name]
    if column.type != "float32":
        return _cell(fields, column)
    # A zero has a sign, which its name has not.
    plain = given(_cell(fields, column), apply("+", ref(_cell(fields, column)), 0.0))
    return fields.field(("key", name), lambda: fields.derived(f"{name} (key)", plain, "float"))


def key_text(column: Column, name: str) -> str | None:
    """Write a name as it stands in a table of `key_of`; None: no cell has this name."""
    if column.type == "string":
        return name
    if column.type == "float32":
        number = float_named(name)
        return None if number is None else str(np.float32(number))
    whole = whole_named(name)
    if whole is None or whole != float(whole) or (column.is_name and abs(whole) >= AMBIGUOUS):
        return None
    return str(whole)


def _cell(fields: Fields, column: Column) -> str:
    """Give the field of a cell that is no mark, whole where the column's numbers are."""
    write = {"float32": _float, "int64": _whole, "string": _text}[column.type]
    return fields.field(("cell", column.name), lambda: write(fields, column))


def _float(fields: Fields, column: Column) -> str:
    return column.name  # the data dictionary says which are missing


def _whole(fields: Fields, column: Column) -> str:
    """Round, half to even, and keep what int64 does; of names, a fraction stays unknown."""
    name, marks = column.name, read_marks(column.marks).whole
    value = apply("+", ref(name), 0.0) if column.is_name else _rounded(name)
    whole = fields.derived(f"{name} (whole)", given(name, value))
    if not marks:
        return whole
    is_mark = apply("isIn", ref(whole), *(float(mark) for mark in marks))
    unmarked = given(whole, apply("if", apply("not", is_mark), ref(whole)))
    return fields.derived(f"{name} (unmarked)", unmarked)


def _rounded(name: str) -> str:
    """Round a number; a zero loses its sign, by which it would be another key."""
    whole = apply("rint", ref(name))
    return apply("+", clipped(whole, -LARGEST_WHOLE, LARGEST_WHOLE), 0.0)


def _text(fields: Fields, column: Column) -> str:
    marks = read_marks(column.marks).texts
    if not marks:
        return column.name
    pattern = rf"^{BLANK}*(?:{'|'.join(map(quoted, marks))}){BLANK}*\z"
    unmarked = apply("if", apply("not", matches(ref(column.name), pattern)), ref(column.name))
    return fields.derived(
        f"{column.name} (unmarked)", given(column.name, unmarked), "string", "categorical"
    )


def _parsed(fields: Fields, column: Column) -> str:
    cell, name = _cell(fields, column), column.name
    if isinstance(column.parse, Ranks):
        keys = [key_text(column, value) for value in column.parse.values]
        pairs = _first((key, str(place)) for place, key in enumerate(keys) if key is not None)
        ranks = looked_up(key_of(fields, name), pairs, "double", None, None)
        return fields.derived(f"{name} (rank)", ranks)
    if isinstance(column.parse, MomentParse):
        return moment(fields, name, cell, column.parse)
    if isinstance(column.parse, NumberParse):
        parsed = parsed_number(fields, name, cell, column.parse.example)
        marks = read_marks(column.marks).numbers
        if not marks:
            return parsed
        is_mark = apply("isIn", ref(parsed), *marks)
        unmarked = given(parsed, apply("if", apply("not", is_mark), ref(parsed)))
        return fields.derived(f"{name} (number, unmarked)", unmarked)
    raise ValueError(f"column {name!r} holds text where a number is needed")


def _first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Keep the first value of each key."""
    found: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return list(found.items())


def matches(value: str, pattern: str) -> str:
    """Ask whether a regular expression is found in a text."""
    return apply("matches", value, text(pattern))


def quoted(words: str) -> str:
    """Write a text as a regular expression of any dialect.

    Without `]`, `&` and `<`: pypmml takes a constant to begin behind the last of them.
    """
    return re.sub(r"[^\w\s]", _escaped, words)


def _escaped(found: re.Match[str]) -> str:
    return rf"\x{ord(found[0]):02x}" if found[0] < "\x7f" else found[0]
