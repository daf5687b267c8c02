"""Texts that come from data, made fit to be drawn and written."""

from __future__ import annotations

import re
import unicodedata

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
"""What XML and HTML do not have, and what turns the direction of the text around it."""


def clean(text: str) -> str:
    """Put a mark in the place of characters that a page cannot have; line ends stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """Write a text on one line."""
    return " ".join(clean(text).split())


def label_width(text: str, size: float) -> float:
    """Estimate the width of a text in pixels, at most: without asking for a font."""
    return size * sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    if letter in "iljtfrI.,:;'|!()[] ":
        return 0.4
    if letter in "mwMW@%":
        return 0.98
    if letter.isascii():
        return 0.72 if letter.isupper() else 0.63
    return 1.1 if unicodedata.east_asian_width(letter) in "WF" else 0.8


def shown_label(text: str, most_width: float, size: float) -> str:
    """Cut a text to a width, in pixels: in its middle, since names often differ in their ends."""
    line = one_line(text)
    if label_width(line, size) <= most_width:
        return line
    kept = len(line) - 1
    while kept and label_width(_cut(line, kept), size) > most_width:
        kept -= 1
    return _cut(line, kept)


def _cut(line: str, kept: int) -> str:
    """Leave so many letters, two thirds of them at the beginning."""
    end = kept // 3
    return f"{line[: kept - end]}…{line[len(line) - end :]}"
