"""How Go writes values as text."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

_INT64 = range(-(2**63), 2**63)
_FIRST_WITH_EXPONENT = 6


def plain(value: float) -> str:
    """Write all digits, as strconv.FormatFloat(value, 'f', -1, 64)."""
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent_g(value: float) -> str:
    """Write a float as fmt's %g: the shortest, with an exponent below 1e-4 and from 1e+6 on."""
    number = Decimal(repr(float(value)))
    exponent = number.adjusted()
    if value == 0 or -4 <= exponent < _FIRST_WITH_EXPONENT:
        return plain(value)
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    sign, tail = "-" if value < 0 else "", f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def by_driver(value: Any) -> str:
    """Write a value as 2.17's driver does (driver/util.go, pbValueToString)."""
    if isinstance(value, (bool, str, list, dict)) or value is None:
        return by_launcher(value)
    if float(value).is_integer() and int(value) in _INT64:
        return str(int(value))
    return percent_g(value)


def by_launcher(value: Any) -> str:
    """Write a value as the launcher does (component/launcher_v2.go, getPlaceholders).

    metadata.PbValueToText (metadata/converter.go), by which a value becomes the input of a
    parameter that is a text, does alike.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return as_json(value)
    return plain(value)


def as_json(value: Any) -> str:
    """Write JSON as Go's json.Marshal: keys in order, no spaces, <, > and & escaped."""
    text = json.dumps(_whole(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value
