"""Comments that belong to no entry, brought up to date line by line: the columns left out."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.tables.writing.text_edits import Edit, of_lines
from tfx_pipeline.tables.writing.yaml_entries import Entries, Path


def comment_edits(before: Entries, there: Entries, now: Entries, *, behind: Path) -> Iterator[Edit]:
    """Remove lines that are not written today, and add those that are new.

    Args:
        before: of the text that was written last time.
        there: of the file.
        now: of the text that would be written today.
        behind: the section at whose end new lines stand, where no line before them is there.
    """
    written, new = before.loose(), now.loose()
    places = {line: at for at, line in reversed([*enumerate(there.lines)])}
    old = set(written)
    for line in old.difference(new) & places.keys():
        yield of_lines(places[line], places[line] + 1, [])
    section = there.by_path.get(behind)
    if section is None or not section.is_section:
        return
    at = there.behind(behind)
    for line in new:
        if line in places:
            at = places[line] + 1
        elif line not in old:
            yield of_lines(at, at, [line])
