r"""Backslashes in ML Metadata on PostgreSQL.

ML Metadata 1.16 and 1.17 take the quotes off what PostgreSQL's client made safe and put their own
around it. That is right until a text has a backslash: then the client begins it with ` E'`, and
the statement is wrong, or worse. JSON with `\"` in it, which Evaluator's properties are, is enough.
So backslashes are stored as another character, and are themselves again when they are read.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

BACKSLASH, STORED = "\\", "\ue05c"  # of the range that Unicode leaves to private use


def hide_backslashes(message: Message) -> None:
    """Replace them in all texts of a message, to be stored."""
    _replace(message, BACKSLASH, STORED)


def restore_backslashes(message: Message) -> None:
    """Put them back, in what was read."""
    _replace(message, STORED, BACKSLASH)


def _replace(message: Message, old: str, new: str) -> None:
    for field, value in message.ListFields():
        if isinstance(value, str):
            if old in value:
                setattr(message, field.name, value.replace(old, new))
        elif isinstance(value, Message):
            _replace(value, old, new)
        elif hasattr(value, "values"):  # a map
            _replace_each(value.values(), old, new)
        elif not isinstance(value, int | float | bytes):
            if value and isinstance(value[0], str):
                value[:] = [text.replace(old, new) for text in value]
            _replace_each(value, old, new)


def _replace_each(values: Any, old: str, new: str) -> None:
    for value in values:
        if isinstance(value, Message):
            _replace(value, old, new)
