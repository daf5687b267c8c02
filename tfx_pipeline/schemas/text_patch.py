"""Write a changed schema into the text of the old one: comments, order and layout stay.

Of each message only the fields that differ are touched. What a value was written beside, such as a
comment at the end of its line, goes with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.schemas.text_spans import FieldSpan, field_spans

_KEYS = {"feature": "name", "string_domain": "name", "sparse_feature": "name"}
"""Repeated messages, and the field by which two of them are the same one."""

_FIRST = {
    name: place
    for place, name in enumerate(
        (
            *("default_environment", "feature", "sparse_feature", "string_domain"),
            *("name", "type", "domain", "string_domain", "bool_domain", "int_domain"),
            *("float_domain", "min", "max", "true_value", "false_value", "value_count"),
            *("min_fraction", "min_count", "presence"),
        )
    )
}
"""The first fields of a message that is written anew; the others follow as protobuf has them."""


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


def patched_text(text: str, changed: schema_pb2.Schema) -> str:
    """Give the text of the changed schema.

    A text that is written as `text_spans` does not know is written anew, without its comments.
    """
    old = text_format.Parse(text, schema_pb2.Schema())
    if old == changed:
        return text
    try:
        edits = list(_Patch(text).message(field_spans(text), old, changed, None))
        patched = text
        for edit in sorted(edits, key=lambda x: (x.start, x.end), reverse=True):
            patched = patched[: edit.start] + edit.text + patched[edit.end :]
        if text_format.Parse(patched, schema_pb2.Schema()) == changed:
            return patched
    except (ValueError, text_format.ParseError):
        pass
    return _written(changed)


def _written(message: Message) -> str:
    return text_format.MessageToString(message, as_utf8=True)


class _Patch:
    """Edits of one text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def message(
        self, spans: list[FieldSpan], old: Message, new: Message, around: FieldSpan | None
    ) -> Iterator[_Edit]:
        """Edit a message whose fields are `spans`; `around` is its own field, none at the top."""
        for descriptor in _ordered(new):
            name = descriptor.name
            of_field = [span for span in spans if span.name == name]
            before, after = _values(old, descriptor), _values(new, descriptor)
            if before == after:
                continue
            added: list[str] = []
            if descriptor.message_type is None:
                yield from self._scalars(of_field, before, after, descriptor, added)
            else:
                yield from self._messages(of_field, before, after, name, added)
            if added:
                yield self._insert(of_field or spans, around, added)

    def _scalars(
        self,
        spans: list[FieldSpan],
        before: list[Any],
        after: list[Any],
        descriptor: Any,
        added: list[str],
    ) -> Iterator[_Edit]:
        if len(before) == len(after) == len(spans) == 1:
            start, end = spans[0].value
            yield _Edit(start, end, _scalar(descriptor, after[0]))
            return
        if spans and all(span.is_listed for span in spans):
            known = {
                value: self._text[slice(*span.value)]
                for span, value in zip(spans, before, strict=True)
            }
            texts = [known.get(value) or _scalar(descriptor, value) for value in after]
            yield _Edit(spans[0].value[0], spans[-1].value[1], ", ".join(texts))
            return
        left = list(after)
        for span, value in zip(spans, before, strict=True):
            if value in left:
                left.remove(value)
            else:
                yield self._removal(span)
        added += [f"{descriptor.name}: {_scalar(descriptor, value)}" for value in left]

    def _messages(
        self,
        spans: list[FieldSpan],
        before: list[Any],
        after: list[Any],
        name: str,
        added: list[str],
    ) -> Iterator[_Edit]:
        key = _KEYS.get(name)
        new = {getattr(each, key) if key else i: each for i, each in enumerate(after)}
        for i, (span, old) in enumerate(zip(spans, before, strict=True)):
            changed = new.pop(getattr(old, key) if key else i, None)
            if changed is None:
                yield self._removal(span)
            elif changed != old:
                yield from self.message(span.fields or [], old, changed, span)
        added += [_block(name, each, is_top=bool(key)) for each in new.values()]

    def _removal(self, span: FieldSpan) -> _Edit:
        """Remove a field, and its line if nothing else stands there but a comment."""
        begin = self._text.rfind("\n", 0, span.start) + 1
        end = self._text.find("\n", span.end)
        end = len(self._text) if end < 0 else end + 1
        rest = self._text[span.end : end].strip()
        if not self._text[begin : span.start].strip() and (not rest or rest.startswith("#")):
            return _Edit(begin, end, "")
        stop = span.end
        while self._text[stop : stop + 1] in (" ", ",", ";"):
            stop += 1
        return _Edit(span.start, stop, "")

    def _insert(self, spans: list[FieldSpan], around: FieldSpan | None, added: list[str]) -> _Edit:
        """Put fields behind the last one of a message, written as its others are."""
        last = max(spans, key=lambda span: span.end) if spans else None
        if around is None:
            at = self._end_of_line(last.end) if last else len(self._text.rstrip())
            return _Edit(at, at, "".join(f"\n{each}" for each in added))
        start, end = around.value
        if "\n" not in self._text[start:end]:
            inside = self._text[start:end].rstrip()
            return _Edit(start, end, f"{inside} {' '.join(added)} ")
        at = self._end_of_line(last.end) if last else start
        begin = self._text.rfind("\n", 0, last.start if last else around.start) + 1
        line = self._text[begin:]
        indent = line[: len(line) - len(line.lstrip(" \t"))] + ("" if last else "  ")
        return _Edit(at, at, "".join(f"\n{indent}{each}" for each in added))

    def _end_of_line(self, at: int) -> int:
        end = self._text.find("\n", at)
        end = len(self._text) if end < 0 else end
        rest = self._text[at:end].strip()
        return end if not rest or rest.startswith("#") else at


def _values(message: Message, descriptor: Any) -> list[Any]:
    if _is_repeated(descriptor):
        return list(getattr(message, descriptor.name))
    has_value = message.HasField(descriptor.name)
    return [getattr(message, descriptor.name)] if has_value else []


def _is_repeated(descriptor: Any) -> bool:
    """Ask by what both protobuf 4 and protobuf 6 have."""
    known = getattr(descriptor, "is_repeated", None)
    return bool(known) if known is not None else descriptor.label == descriptor.LABEL_REPEATED


def _scalar(descriptor: Any, value: Any) -> str:
    if descriptor.enum_type is not None:
        return str(descriptor.enum_type.values_by_number[value].name)
    if descriptor.cpp_type == descriptor.CPPTYPE_BOOL:
        return "true" if value else "false"
    if descriptor.cpp_type == descriptor.CPPTYPE_STRING:
        domain = schema_pb2.StringDomain(name=value)
        return text_format.MessageToString(domain, as_utf8=True, as_one_line=True)[len("name: ") :]
    if descriptor.cpp_type == descriptor.CPPTYPE_FLOAT:
        return f"{value:.9g}" if float(f"{value:.7g}") != value else f"{value:.7g}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _ordered(message: Message) -> list[Any]:
    """Give the fields of a message in the order in which they are best read."""
    fields = {descriptor.name: descriptor for descriptor in message.DESCRIPTOR.fields}
    return sorted(fields.values(), key=lambda x: _FIRST.get(x.name, len(_FIRST)))


def _block(name: str, message: Message, *, is_top: bool) -> str:
    """Write a message: a feature or a domain with a line a field, any other one on one line."""
    lines = [
        _block(field.name, value, is_top=False)
        if field.message_type
        else f"{field.name}: {_scalar(field, value)}"
        for field in _ordered(message)
        for value in _values(message, field)
    ]
    if is_top:
        return "\n  ".join([f"{name} {{", *lines]) + "\n}"
    return f"{name} {{ {' '.join(lines)} }}" if lines else f"{name} {{}}"
