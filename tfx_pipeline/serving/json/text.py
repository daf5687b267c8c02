"""Pieces of JSON text as RapidJSON's PrettyWriter writes them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

INDENT = "    "
_SHOWN_BYTES = 256
_SPECIAL = re.compile(r'["\\\x00-\x1f]')
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def quoted(text: str) -> str:
    """Write a string; letters beyond ASCII stay as they are."""
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def pretty(value: Any) -> str:
    """Show a JSON value in an error: lists on one line, and cut after some 256 bytes of UTF-8.

    The cut comes after the piece that passes the limit, and before a number that is not finite,
    as in TensorFlow Serving.
    """
    pieces: list[str] = []
    size = 0
    for piece in _pieces(value, "", 0):
        if piece is None or size >= _SHOWN_BYTES:
            break
        pieces.append(piece)
        size += len(piece.encode("utf-8", "surrogateescape"))
    return "".join(pieces)


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}"


def _pieces(value: Any, before: str, level: int) -> Iterator[str | None]:
    """Yield what the writer writes at once; none: it cannot go on."""
    if type(value) is dict:
        yield before + "{"
        line = "\n" + INDENT * (level + 1)
        for index, (name, member) in enumerate(value.items()):
            yield ("," if index else "") + line + quoted(name)
            yield from _pieces(member, ": ", level + 1)
        yield ("\n" + INDENT * level if value else "") + "}"
    elif type(value) is list:
        yield before + "["
        for index, element in enumerate(value):
            yield from _pieces(element, ", " if index else "", level + 1)
        yield "]"
    elif type(value) is float and not math.isfinite(value):
        yield before
        yield None
    else:
        yield before + _scalar(value)


def _scalar(value: Any) -> str:
    if type(value) is str:
        return quoted(value)
    return _decimal(value) if type(value) is float else json.dumps(value)


def _decimal(value: float) -> str:
    """Write the shortest digits, with an exponent where the point is far from them."""
    if not value:
        return str(value)
    sign, numbers, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, numbers))
    point = len(digits) + int(exponent)  # digits before it; negative: zeros after it
    if len(digits) <= point <= 21:
        text = digits.ljust(point, "0") + ".0"
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = ".".join(filter(None, (digits[0], digits[1:]))) + f"e{point - 1}"
    return "-" * sign + text
