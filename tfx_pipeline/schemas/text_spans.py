"""Where the fields of a text proto stand in its text, so that a change can leave the rest alone.

Terms:
    field: a name with a value, or with a message in braces; a list `[a, b]` is one field a value.
    span: begin and end of a piece of text, as offsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<word>[A-Za-z0-9_.+-]+)|(?P<mark>[{}<>:;,\[\]])""",
    re.DOTALL,
)


@dataclass
class FieldSpan:
    """One field.

    Attributes:
        name: of the field.
        start: offset of its name.
        end: offset behind its value or its closing brace.
        value: span of the value; of a message, of what stands between the braces.
        fields: of a message; None: it is a value.
        is_listed: it stands in a list, beside others.
    """

    name: str
    start: int
    end: int
    value: tuple[int, int]
    fields: list[FieldSpan] | None = None
    is_listed: bool = False


@dataclass
class _Token:
    kind: str
    text: str
    start: int
    end: int


def field_spans(text: str) -> list[FieldSpan]:
    """Find the fields of a text that protobuf has parsed already.

    Raises:
        ValueError: it is written as this module does not know.
    """
    tokens = _Tokens(list(_tokens(text)))
    fields = list(_fields(tokens, ""))
    if tokens.peek():
        raise ValueError(f"`{tokens.peek()}` at {tokens.next().start}")
    return fields


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"{text[position]!r} at {position}")
        position = match.end()
        if match.lastgroup != "blank":
            yield _Token(str(match.lastgroup), match.group(), match.start(), match.end())


@dataclass
class _Tokens:
    """What is left to read."""

    tokens: list[_Token]
    position: int = field(default=0)

    def peek(self) -> str:
        """Give the next token's text; empty at the end."""
        return self.tokens[self.position].text if self.position < len(self.tokens) else ""

    def next(self) -> _Token:
        """Take the next token."""
        if self.position >= len(self.tokens):
            raise ValueError("the text ends within a field")
        self.position += 1
        return self.tokens[self.position - 1]


def _fields(tokens: _Tokens, until: str) -> Iterator[FieldSpan]:
    while tokens.peek() and tokens.peek() != until:
        name = tokens.next()
        if name.kind != "word":
            raise ValueError(f"`{name.text}` at {name.start} is no name of a field")
        if tokens.peek() == ":":
            tokens.next()
        if tokens.peek() in ("{", "<"):
            yield _message(tokens, name)
        elif tokens.peek() == "[":
            yield from _list(tokens, name)
        else:
            start, end = _value(tokens)
            yield FieldSpan(name.text, name.start, end, (start, end))
        while tokens.peek() in (",", ";"):
            tokens.next()


def _message(tokens: _Tokens, name: _Token) -> FieldSpan:
    opening = tokens.next()
    closing = "}" if opening.text == "{" else ">"
    fields = list(_fields(tokens, closing))
    end = tokens.next()
    return FieldSpan(name.text, name.start, end.end, (opening.end, end.start), fields)


def _list(tokens: _Tokens, name: _Token) -> Iterator[FieldSpan]:
    tokens.next()
    while tokens.peek() != "]":
        if tokens.peek() in ("{", "<"):
            raise ValueError(f"a list of messages at {name.start}")
        start, end = _value(tokens)
        yield FieldSpan(name.text, name.start, end, (start, end), is_listed=True)
        if tokens.peek() == ",":
            tokens.next()
    tokens.next()


def _value(tokens: _Tokens) -> tuple[int, int]:
    """Take a value; successive strings are one."""
    first = tokens.next()
    if first.kind == "mark":
        raise ValueError(f"`{first.text}` at {first.start} is no value")
    end = first.end
    while first.kind == "string" and tokens.peek()[:1] in ('"', "'") and tokens.peek():
        end = tokens.next().end
    return first.start, end
