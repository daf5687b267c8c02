"""Bring a README up to date that a person may have completed since it was written.

Lines, and cells of the table, that are as they were written are written anew; all others are a
person's and stay.
"""

from __future__ import annotations

_CELL = " | "
"""Between two cells of a line; in a cell the bar has a backslash before it."""


def merge_readme(before: str, there: str, now: str) -> str:
    """Give the text of the file, brought up to date.

    Args:
        before: text that was written last time.
        there: text of the file.
        now: text that would be written today.
    """
    if there == before:
        return now
    old, new, own = _keyed(before), _keyed(now), _keyed(there)
    merged: list[str] = []
    for line in there.splitlines():
        key = _key(line)
        is_ours = line and key in old
        text = _merged_line(old[key], line, new.get(key)) if is_ours else line
        if text is not None:
            merged.append(text)
    keys = [key for key, line in new.items() if line]
    for place, key in enumerate(keys):
        if key not in old and key not in own:
            earlier = {*keys[:place]}
            at = [i + 1 for i, line in enumerate(merged) if line and _key(line) in earlier]
            merged.insert(max(at, default=len(merged)), new[key])
    return "\n".join(merged) + "\n"


def _merged_line(before: str, there: str, now: str | None) -> str | None:
    """Give a line of the file, brought up to date; none: it goes."""
    if there == before:
        return now
    cells = [line.split(_CELL) for line in (before, there, now or "")]
    if not _is_row(there) or len({len(each) for each in cells}) > 1:
        return there
    return _CELL.join(new if own == old else own for old, own, new in zip(*cells, strict=True))


def _keyed(text: str) -> dict[str, str]:
    """Give the lines by what they are about: of a table the first cell, else their first words."""
    keyed: dict[str, str] = {}
    for line in text.splitlines():
        keyed.setdefault(_key(line), line)
    return keyed


def _key(line: str) -> str:
    if _is_row(line):
        return line.split(_CELL, 1)[0]
    words = {"#": 2, "*": 1}.get(line[:1])  # of a heading, and of what begins in bold
    return " ".join(line.split(" ")[:words])


def _is_row(line: str) -> bool:
    return line.startswith("| ")
