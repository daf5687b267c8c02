"""Names and values as YAML writes them: a text stays that text, whoever reads it.

Texts are plain where every reader takes them for themselves, else between double quotes, which
know an escape for whatever cannot stand there.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

WIDTH = 100
"""Characters of a line."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OTHERS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
"""Words that some reader of YAML takes for something else, in lower case."""
_FIRST = "_($<"
"""What a text without quotes may begin with, beside letters."""


def key_text(name: str) -> str:
    """Write the name of an entry."""
    return scalar_text(name)


def scalar_text(value: Any) -> str:
    """Write a text, a number, a truth value or nothing."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return text if _is_plain(text) else _quoted(text)


def flow_text(value: Any) -> str:
    """Write a value on one line: `{kind: numeric, parse: "$1,234.50"}`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_items(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_items(value)) + "]"
    return scalar_text(value)


def entry_lines(name: str, value: Any, indent: int) -> list[str]:
    """Write `name: value`; a list or a mapping that is too long for a line goes on below."""
    head = f"{' ' * indent}{key_text(name)}: "
    line = head + flow_text(value)
    if len(line) <= WIDTH or not isinstance(value, (Mapping, list, tuple)):
        return [line]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    *items, last = _items(value)
    lines = [head + opening]
    for item in [*(f"{item}," for item in items), last + closing]:
        is_first = lines[-1].endswith(opening) and len(lines) == 1
        joined = lines[-1] + ("" if is_first else " ") + item
        if len(joined) <= WIDTH or is_first:
            lines[-1] = joined
        else:
            lines.append(" " * (indent + 4) + item)
    return lines


def one_line(text: str) -> str:
    """Write a text so that it can stand in a comment: in one line, and printable."""
    return "".join(x if x.isprintable() else " " for x in " ".join(text.split()))


def _items(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{key_text(str(name))}: {flow_text(each)}" for name, each in value.items()]
    return [flow_text(each) for each in value]


def _number(value: float) -> str:
    if not math.isfinite(value):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}[str(value)]
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")  # `1e-05` is a text in YAML 1.1


def _is_plain(text: str) -> bool:
    """Tell whether a text can stand without quotes, also between brackets."""
    if text.lower() in _OTHERS:
        return False
    if _WORD.fullmatch(text):
        return True
    if not text.isprintable() or not (text[:1].isalpha() or text[:1] in {*_FIRST}):
        return False
    try:
        node: Any = yaml.compose(f"{{{text}: [{text}]}}", yaml.SafeLoader)
        ((key, values),) = node.value
        (value,) = values.value
    except (yaml.YAMLError, ValueError, AttributeError, TypeError):
        return False  # other than a name and a list with one value
    return all(
        isinstance(x, yaml.ScalarNode)
        and (x.value, x.style, x.tag) == (text, None, "tag:yaml.org,2002:str")
        for x in (key, value)
    )


def _quoted(text: str) -> str:
    return "".join(_escaped(x) for x in json.dumps(text, ensure_ascii=False))


def _escaped(character: str) -> str:
    """Escape what YAML does not allow in a text, and what nobody could see there."""
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
