"""Edits of a text by lines and columns, all made at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Mark = tuple[int, int]
"""Line and column, both from 0."""


@dataclass(frozen=True)
class Edit:
    """Put `text` in the place of what stands from `start` up to `end`."""

    start: Mark
    end: Mark
    text: str


def of_lines(first: int, below: int, lines: Sequence[str]) -> Edit:
    """Put lines in the place of those from `first` up to, but not with, `below`."""
    return Edit((first, 0), (below, 0), "".join(f"{line}\n" for line in lines))


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Make the edits; of two at one place the first stands first.

    Of two that overlap, the one that begins later replaces only what the other one left.
    """
    if not text.endswith("\n"):
        text += "\n"
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda x: (x.start, x.end)):
        start, end = (starts[line] + column for line, column in (edit.start, edit.end))
        pieces += [text[at:start], edit.text]
        at = max(at, end)
    return "".join([*pieces, text[at:]])


def indented(lines: Iterable[str], by: int) -> list[str]:
    """Move lines to the right, or to the left where `by` is negative."""
    if by >= 0:
        return [" " * by + line if line else line for line in lines]
    return [line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in lines]
