"""Reading a request's body: JSON as RapidJSON takes it, with RapidJSON's words for what is wrong.

Terms:
    document: the body as Python values. A whole number is an int, one with a decimal point or an
        exponent a float; a byte of a string that is not UTF-8 is a lone surrogate, as
        `surrogateescape` makes them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import orjson
import rapidjson

from tfx_pipeline.serving.errors import ServingError, invalid_argument
from tfx_pipeline.serving.json.text import pretty

_NUMBERS = rapidjson.NM_NATIVE | rapidjson.NM_NAN
_ERROR = re.compile(r"Parse error at offset (\d+): (.*)", re.DOTALL)
_AFTER_ROOT = "The document root must not be followed by other values."
# RapidJSON 1.1.0, which TensorFlow Serving is built with, words one error differently.
_OLDER_WORDS = {"Invalid encoding in string.": "Invalid escape character in string."}
_EMPTY = "The document is empty"
_CLOSERS = (b"}", b"]", b",", b":")

_LONG = 8192  # bytes; NumPy then counts faster than bytes.count
_NESTING = 500  # both libraries can do more
_BRACKETS_AND_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)

_RAW_BYTE = re.compile("[\udc80-\udcff]")
_STAND_IN = re.compile("[\U0010fe80-\U0010feff]")
_TO_STAND_IN = 0x10FE80 - 0xDC80


def parse_document(body: bytes) -> dict[str, Any]:
    """Parse a body whose root is an object; text after it does not count.

    Of several members with one name the first counts. INVALID_ARGUMENT: it is no such JSON.
    """
    document = _load(body)
    if type(document) is not dict:
        raise invalid_argument(f"JSON Value: {pretty(document)} Is not object")
    return document


def _load(body: bytes) -> Any:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _load_tolerantly(body)
    if _is_one_row(document, body):
        return document
    return _load_exactly(body) if _may_repeat_names(document, body) else document


def _load_tolerantly(body: bytes) -> Any:
    """Load what only RapidJSON takes (NaN, text after the root…), or raise what it says."""
    if not body:
        raise _parse_error(_EMPTY)
    if body.startswith(codecs.BOM_UTF8):
        return _shifted(body.removeprefix(codecs.BOM_UTF8), len(codecs.BOM_UTF8))
    try:
        document = rapidjson.loads(body, number_mode=_NUMBERS)
    except UnicodeDecodeError:
        return _load_exactly(body)
    except RecursionError:
        return _load(_without_depths(body))
    except rapidjson.JSONDecodeError as error:
        offset, words = _offset_and_words(error)
        if words == _AFTER_ROOT:
            return _load(body[:offset])
        raise _worded(body, offset, words) from error
    return _load_exactly(body) if _may_repeat_names(document, body) else document


class _FirstCounts(rapidjson.Decoder):
    """Keeps the first of several members with one name."""

    def start_object(self) -> list[tuple[str, Any]]:
        return []

    def end_object(self, members: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in members:
            found.setdefault(name, value)
        return found


class _RawBytes(_FirstCounts):
    """Puts back the bytes that letters of private use stand in for."""

    def end_object(self, members: list[tuple[str, Any]]) -> dict[str, Any]:
        return super().end_object([(self.string(name), value) for name, value in members])

    def string(self, text: str) -> str:
        return _STAND_IN.sub(lambda match: chr(ord(match[0]) - _TO_STAND_IN), text)


def _load_exactly(body: bytes) -> Any:
    try:
        body.decode()
    except UnicodeDecodeError:
        return _load_with_raw_bytes(body)
    return _decode(_FirstCounts, body, body)


def _load_with_raw_bytes(body: bytes) -> Any:
    text = body.decode("utf-8", "surrogateescape")
    text = _RAW_BYTE.sub(lambda match: chr(ord(match[0]) + _TO_STAND_IN), text)
    return _decode(_RawBytes, body, text.encode())


def _decode(decoder: Callable[..., Any], body: bytes, encoded: bytes) -> Any:
    """Decode `encoded`, which is `body` with perhaps a stand-in of four bytes for some byte."""
    try:
        return decoder(number_mode=_NUMBERS)(encoded)
    except RecursionError:
        return _load_exactly(_without_depths(body))
    except rapidjson.JSONDecodeError as error:
        offset, words = _offset_and_words(error)
        if encoded is not body:
            before = encoded[:offset].decode("utf-8", "ignore")
            offset -= 3 * len(_STAND_IN.findall(before))
        if words == _AFTER_ROOT:
            return _load(body[:offset])
        raise _worded(body, offset, words) from error


def _is_one_row(document: Any, body: bytes) -> bool:
    """Tell quickly that a document is a list of one flat row, and no name in it is there twice."""
    if type(document) is not dict or len(document) != 1:
        return False
    [rows] = document.values()
    if type(rows) is not list or len(rows) != 1 or type(rows[0]) is not dict:
        return False
    return body.count(b"{") == 2 and body.count(b":") == 1 + len(rows[0])


def _may_repeat_names(document: Any, body: bytes) -> bool:
    """Tell whether an object may have two members with one name, of which `document` shows one.

    A member has a colon, which follows a quote or white space. If the body has no more of those
    than `document` has members, no member is missing.
    """
    braces = _count(b"{", body)
    members = _count_in_few_rows(document, braces) if len(body) < _LONG else None
    if members is None:
        members = _count_members(document, braces)
    if _count(b":", body) == members:
        return False
    letters = np.frombuffer(body, np.uint8)
    before, after = letters[:-1], letters[1:]
    may_be_member = (after == ord(":")) & ((before == ord('"')) | (before <= ord(" ")))
    return bool(np.count_nonzero(may_be_member) != members)


def _count(letter: bytes, body: bytes) -> int:
    if len(body) < _LONG:
        return body.count(letter)
    return int(np.count_nonzero(np.frombuffer(body, np.uint8) == ord(letter)))


def _count_in_few_rows(document: Any, braces: int) -> int | None:
    """Count the members of a document that is a list of flat rows; none if it holds more."""
    if type(document) is not dict:
        return None
    members = len(document)
    for value in document.values():
        if type(value) is list:
            for row in value:
                if type(row) is dict:
                    members += len(row)
                    braces -= 1
    return members if braces == 1 else None


def _count_members(document: Any, braces: int) -> int:
    """Count the members of all objects; no more objects than opening braces are looked for."""
    members = 0
    level = [document]
    while level:
        kinds = set(map(type, level))
        objects, lists = (
            level if kinds == {kind} else [value for value in level if type(value) is kind]
            for kind in (dict, list)
        )
        members += sum(map(len, objects))
        braces -= len(objects)
        if braces <= 0 or not kinds & {dict, list}:
            break
        level = list(chain(*map(dict.values, objects), *lists))
    return members


def _without_depths(body: bytes) -> bytes:
    """Empty the lists and objects that are nested too deep for either library."""
    parts = []
    depth = kept_to = 0
    for match in _BRACKETS_AND_STRINGS.finditer(body):
        bracket = match[0]
        if bracket in (b"[", b"{"):
            depth += 1
            if depth == _NESTING + 1:
                parts.append(body[kept_to : match.end()])
        elif bracket in (b"]", b"}"):
            if depth == _NESTING + 1:
                kept_to = match.start()
            depth -= 1
    if depth <= _NESTING:
        parts.append(body[kept_to:])
    return b"".join(parts)


def _shifted(body: bytes, skipped: int) -> Any:
    """Load a body from which leading bytes were taken off, which count in an error's offset."""
    try:
        return _load(body)
    except ServingError as error:
        words, found, offset = error.message.rpartition(" at offset: ")
        if not found:
            raise _parse_error(f"{_EMPTY}. at offset: {skipped}") from error
        raise invalid_argument(f"{words}{found}{int(offset) + skipped}") from error


def _offset_and_words(error: Exception) -> tuple[int, str]:
    match = _ERROR.match(str(error))
    if match is None:
        raise _parse_error(str(error)) from error
    return int(match[1]), match[2]


def _worded(body: bytes, offset: int, words: str) -> ServingError:
    words = _OLDER_WORDS.get(words, words)
    if body[:offset].isspace() or not offset:  # its iterative parser: such a root is none
        words = f"{_EMPTY}." if body[offset : offset + 1] in _CLOSERS else words
    return _parse_error(f"{words} at offset: {offset}")


def _parse_error(words: str) -> ServingError:
    return invalid_argument(f"JSON Parse error: {words}")
